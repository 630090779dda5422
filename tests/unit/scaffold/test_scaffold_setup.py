"""Setting up a folder: nothing of the user's is lost, and nothing is written elsewhere."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from plait import WorkflowEngine
from plait.agents.agent import Agent, CommandFiles
from plait.agents.catalogue import agents_of
from plait.agents.default_agent import default_agent
from plait.errors import StorageError, UsageError
from plait.scaffold import for_folder, scaffold
from plait.scaffold.tree import Tree

SKILLS = Agent("tess", "Tess", "tess", commands=CommandFiles(".tess/skills", "speckit-{dashed}/SKILL.md"))
OTHER = Agent("otto", "Otto", "otto", commands=CommandFiles(".otto", "{name}.toml", "toml", "{{args}}"))
PLAN = ".tess/skills/speckit-plan/SKILL.md"
WORKFLOW = ".specify/workflows/speckit/workflow.yml"


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(folder, path):
    return json.loads((folder / path).read_text())


def test_a_folder_is_made_and_filled(tmp_path):
    done = scaffold(tmp_path / "a" / "b", SKILLS)

    assert set(done.written) >= {PLAN, WORKFLOW, ".specify/memory/constitution.md", ".specify/integration.json"}
    assert done.kept == done.unchanged == ()
    assert all((done.root / path).is_file() for path in done.written)
    assert default_agent(done.root) == "tess"


@pytest.mark.parametrize("key", [key for key, agent in agents_of(Path("/nonexistent"), {}).items() if agent.commands])
def test_every_agent_gets_its_eight_commands(key, tmp_path):
    agent = agents_of(tmp_path, {})[key]

    done = scaffold(tmp_path / "p", agent, home=tmp_path / "home")

    folder = agent.commands.folder
    assert len([path for path in done.written if path.startswith(folder + "/")]) == 8
    root = tmp_path / "home" if folder.startswith("~/") else done.root
    assert len([path for path in (root / folder.removeprefix("~/")).rglob("*") if path.is_file()]) == 8


def test_the_second_time_nothing_is_written(tmp_path):
    scaffold(tmp_path, SKILLS)
    before = content(tmp_path)

    done = scaffold(tmp_path, SKILLS)

    assert done.written == done.kept == ()
    assert content(tmp_path) == before


def test_what_somebody_has_changed_is_kept(tmp_path):
    scaffold(tmp_path, SKILLS)
    (tmp_path / PLAN).write_text("mine")
    (tmp_path / WORKFLOW).write_text("mine too")

    done = scaffold(tmp_path, SKILLS)

    assert done.kept == (PLAN, WORKFLOW)
    assert done.written == ()
    assert (tmp_path / PLAN).read_text() == "mine"


def test_with_force_it_is_overwritten_but_never_the_constitution(tmp_path):
    scaffold(tmp_path, SKILLS)
    (tmp_path / PLAN).write_text("mine")
    (tmp_path / ".specify/memory/constitution.md").write_text("ours")

    done = scaffold(tmp_path, SKILLS, force=True)

    assert done.written == (PLAN,)
    assert (tmp_path / PLAN).read_text() != "mine"
    assert (tmp_path / ".specify/memory/constitution.md").read_text() == "ours"


def test_a_file_as_plait_wrote_it_earlier_is_brought_up_to_date(tmp_path):
    scaffold(tmp_path, SKILLS)
    tree = Tree(tmp_path)
    tree.put(PLAN + ".old", "as it was written by an earlier version")
    (tmp_path / (PLAN + ".old")).replace(tmp_path / PLAN)
    known = read(tmp_path, ".specify/plait-files.json")
    known["files"][PLAN] = tree.digests[PLAN + ".old"]
    (tmp_path / ".specify/plait-files.json").write_text(json.dumps(known))

    done = scaffold(tmp_path, SKILLS)

    assert PLAN in done.written
    assert done.kept == ()


def test_files_that_were_there_before_are_kept(tmp_path):
    (tmp_path / PLAN).parent.mkdir(parents=True)
    (tmp_path / PLAN).write_text("from elsewhere")

    assert scaffold(tmp_path, SKILLS).kept == (PLAN,)
    assert scaffold(tmp_path, SKILLS).kept == (PLAN,)


def test_a_second_agent_stands_beside_the_first(tmp_path):
    scaffold(tmp_path, SKILLS, script="py")
    scaffold(tmp_path, OTHER)

    state = read(tmp_path, ".specify/integration.json")
    assert state["installed_integrations"] == ["tess", "otto"]
    assert state["default_integration"] == state["integration"] == "otto"
    assert state["integration_settings"]["tess"] == {"script": "py", "invoke_separator": "."}
    assert (tmp_path / PLAN).is_file()


def test_what_others_wrote_into_the_records_stays(tmp_path):
    folder = tmp_path / ".specify"
    (folder / "workflows").mkdir(parents=True)
    (folder / "integration.json").write_text(
        json.dumps({"version": "9.9.9", "integration_state_schema": 1, "installed_integrations": ["x"], "more": 1})
    )
    mine = {"schema_version": "1.0", "workflows": {"mine": {"name": "Mine"}}}
    (folder / "workflows/workflow-registry.json").write_text(json.dumps(mine))

    scaffold(tmp_path, SKILLS)

    state = read(tmp_path, ".specify/integration.json")
    assert state["version"] == "9.9.9"
    assert state["more"] == 1
    assert state["installed_integrations"] == ["x", "tess"]
    workflows = read(tmp_path, ".specify/workflows/workflow-registry.json")["workflows"]
    assert workflows["mine"] == {"name": "Mine"}
    assert workflows["speckit"]["source"] == "bundled"
    assert {"installed_at", "updated_at", "version", "description"} <= workflows["speckit"].keys()


def test_a_disabled_workflow_stays_disabled(tmp_path):
    scaffold(tmp_path, SKILLS)
    path = tmp_path / ".specify/workflows/workflow-registry.json"
    registry = json.loads(path.read_text())
    registry["workflows"]["speckit"] |= {"enabled": False, "version": "0.0.1"}
    path.write_text(json.dumps(registry))

    scaffold(tmp_path, SKILLS)

    entry = read(tmp_path, path)["workflows"]["speckit"]
    assert entry["enabled"] is False
    assert entry["version"] != "0.0.1"


def test_a_new_registry_is_its_owners_alone(tmp_path):
    scaffold(tmp_path, SKILLS)

    mode = (tmp_path / ".specify/workflows/workflow-registry.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, "\udcff", ""])
@pytest.mark.parametrize("name", ["integration.json", "workflows/workflow-registry.json", "init-options.json"])
def test_a_damaged_record_is_an_error_and_stays_as_it_is(name, text, tmp_path):
    path = tmp_path / ".specify" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(UsageError, match="is damaged"):
        scaffold(tmp_path, SKILLS)
    assert path.read_bytes() == text.encode("utf-8", "surrogateescape")


def test_the_state_of_a_newer_spec_kit_is_left_alone(tmp_path):
    path = tmp_path / ".specify/integration.json"
    path.parent.mkdir()
    path.write_text('{"integration_state_schema": 2}')

    with pytest.raises(UsageError, match="newer Spec Kit"):
        scaffold(tmp_path, SKILLS)
    assert path.read_text() == '{"integration_state_schema": 2}'


@pytest.mark.parametrize("link", [".specify", ".tess", ".tess/skills/speckit-plan", PLAN])
def test_no_link_is_followed_out_of_the_folder(link, tmp_path):
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    (project / link).parent.mkdir(parents=True)
    (project / link).symlink_to(outside / "file" if link == PLAN else outside)

    with pytest.raises(UsageError, match="leads out of"):
        scaffold(project, SKILLS, force=True)
    assert list(outside.iterdir()) == []


def test_a_link_inside_the_folder_is_followed(tmp_path):
    (tmp_path / "skills").mkdir()
    (tmp_path / ".tess").mkdir()
    (tmp_path / ".tess/skills").symlink_to(tmp_path / "skills")

    scaffold(tmp_path, SKILLS)

    assert (tmp_path / "skills/speckit-plan/SKILL.md").is_file()


def test_a_link_in_a_circle_is_an_error(tmp_path):
    (tmp_path / ".tess").symlink_to(tmp_path / ".tess")

    with pytest.raises((UsageError, StorageError)):
        scaffold(tmp_path, SKILLS)


@pytest.mark.parametrize("folder", ["../out", "/tmp/out-of-it", "a/../../out", "."])
def test_commands_stay_inside_the_folder(folder, tmp_path):
    agent = for_folder(OTHER, folder)
    if folder == ".":
        assert "speckit.plan.toml" in scaffold(tmp_path / "p", agent).written
        return
    with pytest.raises(UsageError, match="leads out of"):
        scaffold(tmp_path / "p", agent)
    assert not (tmp_path / "out").exists()


def test_an_agent_without_a_place_for_commands_is_refused(tmp_path):
    with pytest.raises(UsageError, match="where Nix keeps its commands"):
        scaffold(tmp_path, Agent("nix", "Nix"))


@pytest.mark.parametrize("name", ["a b", "-x", "--force", "$(touch x)", "ü\n", "*"])
def test_any_name_of_a_folder_is_just_a_name(name, tmp_path):
    scaffold(tmp_path / name, SKILLS)

    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "f").write_text("x")

    with pytest.raises(UsageError, match="is not a folder"):
        scaffold(tmp_path / "f", SKILLS)
    with pytest.raises(UsageError, match="is not a folder"):
        scaffold(tmp_path / "f" / "g", SKILLS)
    with pytest.raises(StorageError, match="cannot be made"):
        scaffold(tmp_path / "x\0y", SKILLS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError):
        scaffold(tmp_path, SKILLS)
    tmp_path.chmod(0o700)


def test_no_half_written_file_is_left(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    with pytest.raises(StorageError, match="No space left"):
        scaffold(tmp_path, SKILLS)
    assert content(tmp_path) == {}


def test_several_at_once_leave_a_whole_project(tmp_path):
    agents = [Agent(f"a{n}", f"A{n}", commands=CommandFiles(f".a{n}", "{name}.md")) for n in range(6)]
    threads = [threading.Thread(target=scaffold, args=(tmp_path / agent.key, agent)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for agent in agents:
        assert scaffold(tmp_path / agent.key, agent).written == ()


def test_the_workflow_has_no_errors(tmp_path):
    scaffold(tmp_path, SKILLS)
    engine = WorkflowEngine(tmp_path)

    assert engine.validate(engine.load_workflow("speckit")) == []
