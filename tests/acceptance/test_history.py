"""Looking back on runs with the installed command: `show`, `explain`, `diff`."""

import json
import signal

import pytest

from plait import WorkflowDefinition, WorkflowEngine

TEXT = """
inputs: {bad: {type: string, default: "2"}}
steps:
  - {id: a, type: shell, run: "printf 'x\\\\033[2Jy'"}
  - id: fan
    type: fan-out
    items: [1, 2, 3]
    step: {id: leaf, type: shell, run: "test {{ item }} != {{ inputs.bad }}"}
"""


@pytest.fixture
def told(project):
    definition = WorkflowDefinition.from_yaml(project.workflow(TEXT))
    engine = WorkflowEngine(project.path, signals=())
    engine.execute(definition, run_id="one")
    engine.execute(definition, {"bad": "9"}, run_id="two")
    return project


def test_show(told):
    newest = told.plait("show").out
    assert newest.startswith("run       two\n")
    assert "✓ fan fan-out" in newest
    assert "3/3 items" in newest
    assert "\ntimeline of " in newest
    one = told.plait("show", "one").out
    assert "✗ fan:leaf:1 shell" in one
    assert told.plait("runs", "show", "one").out == one
    shown = json.loads(told.plait("runs", "show", "one", "--json").out)
    assert [each["step_id"] for each in shown["timeline"]] == ["a", "fan", "fan:leaf:0", "fan:leaf:1"]
    assert shown["step_records"]["fan:leaf:1"]["status"] == "failed"
    assert [each["ended_as"] for each in shown["processes"]] == ["failed"]


def test_show_on_a_narrow_terminal_and_one_that_knows_ascii_alone(told):
    narrow = told.plait("show", "one", env={"COLUMNS": "40"}).out
    bars = narrow.partition("\ntimeline of ")[2].splitlines()[1:]
    assert bars
    assert max(map(len, bars)) <= 40
    assert "timeline" not in told.plait("show", "one", env={"COLUMNS": "16"}).out
    plain = told.plait("show", "one", env={"PYTHONIOENCODING": "ascii"}).out
    assert plain.isascii()
    assert "\\u" not in plain
    assert "x fan:leaf:1 shell" in plain


def test_show_of_one_step(told):
    shown = told.plait("show", "one", "--step", "a").out
    assert "as written\n  id: a\n" in shown
    assert "stdout\n  xy\n" in shown
    assert "\x1b" not in shown
    found = json.loads(told.plait("show", "one", "--step", "fan:leaf:1", "--json").out)
    assert (found["step_id"], found["status"], found["written"]["id"]) == ("fan:leaf:1", "failed", "leaf")
    nothing = told.plait("show", "one", "--step", "fan:leaf:2")
    assert (nothing.code, "plait explain one fan:leaf:2" in nothing.err) == (2, True)


def test_explain(told):
    shown = told.plait("explain", "one", "fan:leaf:2", env={"COLUMNS": "200"})
    assert shown.code == 0
    assert "never began: fan:leaf:1 failed: the command exited with code 1" in shown.out
    found = json.loads(told.plait("explain", "one", "leaf", "--json").out)
    assert (found["step_id"], found["status"], found["others"]) == ("fan:leaf:1", "failed", ["fan:leaf:0"])
    assert [fact["kind"] for fact in found["facts"]] == ["in_item", "began", "failed"]
    assert all(fact["time"] and fact["text"] for fact in found["facts"])
    wrong = told.plait("explain", "one", "lef")
    assert (wrong.code, wrong.err) == (2, "error: run one has no step 'lef'\nhint: did you mean 'leaf'?\n")
    assert told.plait("explain", "none", "a").code == 2


def test_diff(told):
    differs = told.plait("diff", "one", "two", "--exit-code")
    assert differs.code == 1
    assert '  bad: "2" → "9"' in differs.out
    assert '      status: "failed" → "completed"' in differs.out
    assert told.plait("diff", "one", "two").code == 0
    same = told.plait("diff", "one", "one", "--exit-code")
    assert (same.code, "no difference" in same.out) == (0, True)
    assert json.loads(told.plait("diff", "one", "two", "--json").out)["equal"] is False


def test_a_run_whose_process_was_killed_and_whose_journal_is_torn(project):
    project.workflow("steps: [{id: a, type: shell, run: 'true'}, {id: b, type: shell, run: 'sleep 60'}]")
    process = project.start("run", "w.yml", "--run-id", "r", "-q")
    project.until(
        lambda: any(event["event"] == "child_started" and event["step_id"] == "b" for event in project.events())
    )
    assert "It is still running" in project.plait("explain", "r", "b").out
    assert "status    running" in project.plait("show", "r").out
    process.send_signal(signal.SIGKILL)
    process.wait()
    with (project.folder() / "log.jsonl").open("ab") as journal:
        journal.write(b'{"v": 1, "timesta')
    (project.folder() / "workflow.yml").unlink()
    assert "was gone after this" in project.plait("explain", "r", "b").out
    assert "status    interrupted" in project.plait("show", "r").out
    assert project.plait("diff", "r", "r", "--exit-code").code == 0


def test_a_journal_that_is_damaged(told):
    log = told.folder("one") / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"step_started"', b"step_started", 1))
    for command in (("show", "one"), ("explain", "one", "a"), ("diff", "one", "two")):
        shown = told.plait(*command)
        assert (shown.code, "the journal is damaged here" in shown.err) == (1, True)
