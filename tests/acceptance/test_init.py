"""`plait init` from outside, and the workflow that it installs with an agent that follows a script."""

import json
import os
import pty
import sys
import textwrap

import pytest

AGENTS = """\
[scripted]
name = "Scripted"
executable = "./agent"
run = ["{permission}", "{extra}"]
prompt_by = "stdin"
format = "text"

[scripted.permissions]
read = []
edit = []
full = []

[scripted.commands]
folder = ".scripted/commands"
file = "{name}.md"
"""
AGENT = """\
#!{python}
import json, pathlib, re, sys, time

prompt = sys.stdin.read()
command = re.search("^# (\\w+)", prompt, re.MULTILINE)[1]
folder = pathlib.Path("specs/001-export")
with open("calls", "a") as calls:
    calls.write(command + "\\n")

def task(number, group, *files):
    return dict(id=f"T{{number:03}}", title="t", files=files, depends_on=[], group=group, done=False)

def until(path):
    give_up = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < give_up, f"{{path}} never came"
        time.sleep(0.01)

if command == "Specify":
    assert "Export as CSV; \\"quoted\\" $HOME" in prompt
    folder.mkdir(parents=True)
    pathlib.Path(".specify/feature.json").write_text(json.dumps(dict(feature_directory=str(folder))))
    (folder / "spec.md").write_text("# Export\\n\\n- [ ] Q1: which separator? (recommended: comma)\\n")
elif command == "Clarify":
    assert "unattended use commas" in prompt
    (folder / "spec.md").write_text("# Export\\n\\n- [x] Q1: which separator? -> comma\\n")
elif command == "Plan":
    (folder / "plan.md").write_text("# Plan\\n")
elif command == "Tasks":
    tasks = [task(1, 1, "a"), task(2, 1, "b"), task(3, 2, "a", "b")]
    (folder / "tasks.json").write_text(json.dumps(dict(version=1, tasks=tasks)))
    (folder / "tasks.md").write_text("".join(f"- [ ] {{each['id']}} t\\n" for each in tasks))
elif command == "Analyze":
    (folder / "analysis.json").write_text(json.dumps(dict(findings=[dict(id="A1", severity="{severity}")])))
elif command == "Implement":
    name = re.search("^(T[0-9]+)$", prompt, re.MULTILINE)[1]
    pathlib.Path(name + ".started").write_text("")
    if name in ("T001", "T002"):
        # Neither ends before the other has begun: this is passed only if both run at once.
        until(pathlib.Path("T001.started"))
        until(pathlib.Path("T002.started"))
    if name == "T003":
        done = [each["done"] for each in json.loads((folder / "tasks.json").read_text())["tasks"]]
        assert done == [True, True, False], done
    pathlib.Path(name).write_text("made")
elif command == "Converge":
    gaps = []
    if not pathlib.Path("T004").exists():
        document = json.loads((folder / "tasks.json").read_text())
        document["tasks"].append(task(4, 3, "c"))
        (folder / "tasks.json").write_text(json.dumps(document))
        gaps = [dict(id="G1", requirement="FR-001", verdict="missing", evidence="none", task="T004")]
    (folder / "gaps.json").write_text(json.dumps(dict(met=[], gaps=gaps)))
print(command + " done")
"""
SPEC = 'spec=Export as CSV; "quoted" $HOME'


@pytest.fixture
def scripted(project):
    """A project set up for an agent that does what the commands ask for without thinking."""

    def make(severity="minor"):
        (project.path / ".specify").mkdir()
        (project.path / ".specify/agents.toml").write_text(AGENTS)
        agent = project.path / "agent"
        agent.write_text(AGENT.format(python=sys.executable, severity=severity))
        agent.chmod(0o755)
        assert project.plait("init", "--agent", "scripted").code == 0
        return project

    return make


def calls(project):
    return (project.path / "calls").read_text().split()


def report(project):
    return json.loads((project.folder() / "state.json").read_text())["outputs"]


def environment(**more):
    return {"SPECKIT_WORKFLOW_RUN_ID": "r", **more}


def test_the_workflow_goes_from_words_to_code(scripted):
    project = scripted()

    begun = project.plait("run", "speckit", "-i", SPEC, env=environment())
    assert begun.code == 3, begun
    assert "open questions: 1" in begun.out
    answered = project.plait("answer", "r", "-c", "clarify", "--comment", "use commas")
    assert answered.code == 0, answered
    planned = project.plait("resume", "r")
    assert planned.code == 3, planned
    assert calls(project) == ["Specify", "Clarify", "Plan"]
    project.plait("answer", "r", "-c", "approve")
    ended = project.plait("resume", "r")

    assert ended.code == 0, ended
    rest = ["Tasks", "Analyze", "Implement", "Implement", "Implement", "Converge", "Implement", "Converge"]
    assert calls(project)[3:] == rest
    assert report(project) == {"feature": "specs/001-export", "tasks": 4, "done": 4, "gaps": []}
    assert "[ ]" not in (project.path / "specs/001-export/tasks.md").read_text()


def test_gates_can_be_answered_by_inputs(scripted):
    project = scripted()

    verdicts = ["-i", "spec_verdict=approve", "-i", "plan_verdict=approve"]
    limits = ["-i", "rounds=1", "-i", "check=test -f T003"]
    ended = project.plait("run", "speckit", "-i", SPEC, *verdicts, *limits, env=environment())

    assert ended.code == 0, ended
    assert report(project)["done"] == 3
    assert [gap["task"] for gap in report(project)["gaps"]] == ["T004"]


def test_a_critical_finding_stops_before_anything_is_built(scripted):
    project = scripted("critical")

    verdicts = ["-i", "spec_verdict=approve", "-i", "plan_verdict=approve", "-i", "analysis_verdict=reject"]
    ended = project.plait("run", "speckit", "-i", SPEC, *verdicts, env=environment())

    assert ended.code == 4, ended
    assert calls(project)[-1] == "Analyze"


def test_a_rejected_specification_ends_the_run(scripted):
    project = scripted()

    ended = project.plait("run", "speckit", "-i", SPEC, "-i", "spec_verdict=reject", env=environment())

    assert ended.code == 4, ended
    assert calls(project) == ["Specify"]


@pytest.mark.parametrize(
    ("agent", "said"), [("goose", 'permissions = "full" in .specify/agents.toml'), ("generic", "open your agent, then")]
)
def test_what_an_agent_lacks_is_said(project, agent, said):
    """Nothing is known that holds goose to less than everything; the generic agent has no name to open."""
    shown = project.plait("init", "--agent", agent)
    assert shown.code == 0, shown
    assert said in shown.out


def test_a_new_folder_is_set_up_and_says_what_comes_next(project):
    shown = project.plait("init", "--agent", "claude", "new folder")

    assert shown.code == 0, shown
    lines = shown.out.splitlines()
    assert lines[0].startswith("set up for Claude Code: 21 files written")
    assert lines[1] == "1. cd 'new folder' && claude, then /speckit-constitution: what this project holds to"
    assert [line[:2] for line in lines[1:]] == ["1.", "2.", "3."]
    assert (project.path / "new folder/.claude/skills/speckit-plan/SKILL.md").is_file()


def test_as_json_it_is_one_object(project):
    assert project.plait("init", "--agent", "codex").code == 0
    (project.path / ".agents/skills/speckit-plan/SKILL.md").write_text("mine")

    shown = project.plait("init", "--agent", "codex", "--json")

    told = json.loads(shown.out)
    assert told["kept"] == [".agents/skills/speckit-plan/SKILL.md"]
    assert told["written"] == []
    assert (told["agent"], told["folder"], len(told["next"])) == ("codex", str(project.path), 3)
    assert "kept .agents" in project.plait("init", "--agent", "codex").out
    assert json.loads(project.plait("init", "--agent", "codex", "--json", "--force").out)["kept"] == []


def test_a_misspelt_agent_is_told_and_nothing_is_written(project):
    shown = project.plait("init", "--agent", "cladue", "new")

    assert shown.code == 2
    assert "did you mean `claude`" in shown.err
    assert list(project.path.iterdir()) == []


def test_without_a_terminal_the_agent_is_the_one_named_or_installed_or_copilot(project, tmp_path_factory):
    place = tmp_path_factory.mktemp("bin")
    only = {"PATH": str(place), "XDG_CONFIG_HOME": str(place)}

    def chosen(**more):
        return json.loads(project.plait("init", "--json", env={**only, **more}).out)["agent"]

    assert chosen() == "copilot"
    (place / "qwen").write_text("#!/bin/sh\n")
    (place / "qwen").chmod(0o755)
    assert chosen() == "qwen"
    assert chosen(SPECKIT_INTEGRATION_DEFAULT="goose") == "goose"
    (place / "codex").symlink_to(place / "qwen")
    assert chosen() == "copilot"


def test_on_a_terminal_it_is_asked_for_with_the_installed_ones_first(project, tmp_path_factory):
    place = tmp_path_factory.mktemp("bin")
    (place / "qwen").write_text("#!/bin/sh\n")
    (place / "qwen").chmod(0o755)
    ours, theirs = pty.openpty()
    started = project.start(
        "init", env={"PATH": str(place), "XDG_CONFIG_HOME": str(place)}, stdin=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, b"nothing\n1\n")

    ended = project.end(started)
    asked = os.read(ours, 65536).decode()
    os.close(ours)

    assert ended.code == 0, ended
    assert "1 qwen" in asked
    assert "(installed)" in asked
    assert "there is no agent" in asked
    assert (project.path / ".qwen/commands/speckit.plan.md").is_file()


def test_spec_kit_does_it_if_asked(project, tmp_path_factory):
    place = tmp_path_factory.mktemp("bin")
    specify = place / "specify"
    specify.write_text(
        textwrap.dedent("""\
        #!/bin/sh
        [ "$4" = gemini ] && { echo "Error: no" >&2; exit 3; }
        printf '%s\\n' "$*" > called
        """)
    )
    specify.chmod(0o755)
    path = {"PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}

    done = project.plait("init", "x", "--agent", "claude", "--spec-kit", "--force", "--json", env=path)
    refused = project.plait("init", "x", "--agent", "gemini", "--spec-kit", "--json", env=path)

    assert done.code == 0, done
    words = "init --here --integration claude --script sh --ignore-agent-tools --force\n"
    assert (project.path / "x/called").read_text() == words
    assert json.loads(done.out)["spec_kit"] is True
    assert refused.code == 1
    assert json.loads(refused.out)["error"]["message"] == "`specify init` exited with code 3: Error: no"


def test_spec_kit_that_is_missing_is_told(project, tmp_path_factory):
    shown = project.plait("init", "--agent", "claude", "--spec-kit", env={"PATH": str(tmp_path_factory.mktemp("bin"))})

    assert shown.code == 2
    assert "Spec Kit is not installed" in shown.err


@pytest.mark.parametrize("name", ["--force", "$(touch pwned)", "a\nb", "\x1b[31mred", "ü" * 80])
def test_any_folder_can_be_set_up(name, project):
    shown = project.plait("init", "--agent", "claude", "--", name)

    assert shown.code == 0, shown
    assert "\x1b" not in shown.out
    assert [path.name for path in project.path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["x" * 300, "file/x"])
def test_a_folder_that_cannot_be_is_told(name, project):
    (project.path / "file").write_text("")

    shown = project.plait("init", "--agent", "claude", name)

    assert shown.code in (1, 2)
    assert shown.err.startswith("error: ")
