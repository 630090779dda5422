"""The skill is put where agents look, renewed, and never at the cost of what a person wrote."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from plait._version import __version__
from plait.agents.agent import SkillFolders
from plait.agents.catalogue import agents_of
from plait.errors import UsageError
from plait.skill import Place, install, place_of, places_for, remove, standing
from plait.skill.installing import RECORD

TEXTS = {"SKILL.md": "core\n", "references/steps.md": "steps\n"}
AGENTS = agents_of(Path("/nowhere"), {"HOME": "/nowhere"})


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path, ".agents/skills/plait", ("codex",))


def file_of(place, name="SKILL.md"):
    return place.root / place.path / name


def test_done_twice_it_changes_nothing(place):
    first = install(place, TEXTS)
    before = {path: path.stat().st_mtime_ns for path in place.root.rglob("*") if path.is_file()}
    second = install(place, TEXTS)

    assert [name.removeprefix(place.path + "/") for name in first.written] == list(TEXTS)
    assert (second.written, second.kept, len(second.unchanged)) == ((), (), 2)
    assert {path: path.stat().st_mtime_ns for path in place.root.rglob("*") if path.is_file()} == before


def test_a_changed_file_is_kept_however_often_and_force_overwrites_it(place):
    install(place, TEXTS)
    file_of(place).write_text("mine\n")

    for text in ("newer\n", "newest\n"):
        done = install(place, TEXTS | {"SKILL.md": text})
        assert done.kept == (f"{place.path}/SKILL.md",)
    assert standing(place, TEXTS).changed == ("SKILL.md",)
    assert file_of(place).read_text() == "mine\n"
    install(place, TEXTS, force=True)
    assert file_of(place).read_text() == "core\n"
    assert standing(place, TEXTS).state == "current"


def test_somebody_else_s_skill_of_that_name_is_kept(place):
    file_of(place).parent.mkdir(parents=True)
    file_of(place).write_text("theirs\n")

    assert install(place, TEXTS).kept == (f"{place.path}/SKILL.md",)
    assert remove(place).removed == (f"{place.path}/references/steps.md",)
    assert file_of(place).read_text() == "theirs\n"


def test_an_older_version_is_renewed_and_what_it_had_besides_goes(place):
    install(place, {"SKILL.md": "old\n", "references/gone.md": "old\n", "references/edited.md": "old\n"})
    pretend_version(place, "0.0.1")
    file_of(place, "references/edited.md").write_text("mine\n")
    assert standing(place, TEXTS).state == "outdated"

    done = install(place, TEXTS)

    assert done.before == "0.0.1"
    assert done.removed == (f"{place.path}/references/gone.md",)
    assert file_of(place).read_text() == "core\n"
    assert file_of(place, "references/edited.md").read_text() == "mine\n"
    assert json.loads(file_of(place, RECORD).read_text())["version"] == __version__


def test_what_a_newer_plait_wrote_is_left_alone(place):
    install(place, TEXTS)
    pretend_version(place, "99.0.0")

    with pytest.raises(UsageError, match=r"plait 99\.0\.0, which is newer"):
        install(place, {"SKILL.md": "older\n"})
    assert standing(place, TEXTS).state == "newer"
    install(place, {"SKILL.md": "older\n"}, force=True)
    assert file_of(place).read_text() == "older\n"


def test_removed_is_all_that_was_written_and_nothing_else(place):
    install(place, TEXTS)
    file_of(place, "notes.md").write_text("mine\n")
    assert len(remove(place).removed) == 2
    assert [path.name for path in place.root.rglob("*") if path.is_file()] == ["notes.md"]

    file_of(place, "notes.md").unlink()
    install(place, TEXTS)
    remove(place)
    assert not file_of(place).parent.exists()
    assert standing(place, TEXTS).state == "absent"


def test_a_changed_file_stays_when_the_skill_is_removed_until_force(place):
    install(place, TEXTS)
    file_of(place).write_text("mine\n")
    install(place, TEXTS)

    assert remove(place).kept == (f"{place.path}/SKILL.md",)
    assert file_of(place).read_text() == "mine\n"


@pytest.mark.parametrize("record", ["", "[]", "{", '{"version": "0", "files": {"../../outside": "x"}}', '{"files": 3}'])
def test_a_damaged_record_costs_nothing(place, record):
    outside = place.root / ".agents" / "outside"
    install(place, TEXTS)
    outside.write_text("theirs\n")
    file_of(place, RECORD).write_text(record)
    file_of(place).write_text("mine\n")

    assert install(place, TEXTS).kept == (f"{place.path}/SKILL.md",)
    remove(place, force=True)
    assert outside.read_text() == "theirs\n"


def test_a_link_out_of_the_project_is_not_followed(place, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (place.root / ".agents").symlink_to(elsewhere)

    with pytest.raises(UsageError, match="leads out of"):
        install(place, TEXTS)
    assert list(elsewhere.iterdir()) == []


def test_agents_that_look_in_the_same_folder_share_it(tmp_path):
    places = places_for([AGENTS["codex"], AGENTS["claude"], AGENTS["gemini"]], tmp_path)

    assert [(place.path, place.agents) for place in places] == [
        (".agents/skills/plait", ("codex", "gemini")),
        (".claude/skills/plait", ("claude",)),
    ]


def test_a_folder_in_the_home(tmp_path):
    place = place_of(AGENTS["claude"], tmp_path / "project", tmp_path)

    assert (place.root, place.path, place.shown) == (tmp_path, ".claude/skills/plait", "~/.claude/skills/plait")


def test_an_agent_of_which_no_folder_is_known_is_told(tmp_path):
    with pytest.raises(UsageError, match="not known where SHAI looks for skills"):
        place_of(AGENTS["shai"], tmp_path)


def test_a_folder_outside_of_the_project_is_refused(tmp_path):
    agent = replace(AGENTS["claude"], skills=SkillFolders("../elsewhere"))

    with pytest.raises(UsageError, match="leads out of"):
        install(place_of(agent, tmp_path / "project"), TEXTS)


def test_every_known_folder_can_be_written(tmp_path):
    known = [agent for agent in AGENTS.values() if agent.skills is not None]
    at_home = [agent for agent in known if agent.skills.user]
    project, home = tmp_path / "project", tmp_path / "home"
    for place in [*places_for(known, project), *places_for(at_home, project, home)]:
        assert install(place, TEXTS).written, place.agents


def pretend_version(place, version):
    path = file_of(place, RECORD)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version}))
