"""What Spec Kit does with a workflow file, Plait does too.

Every `compatibility/<name>.yml` is a workflow file; `<name>.json` has what it is called with (`given`), the rules it
is about (`rows`) and what Spec Kit 1.2.3 made of it (`peer`, written by `record_compatibility.py`). Where Plait
differs on purpose, `differs` names the row, and its `plait` has the parts that are different here.
"""

import json
import runpy
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.cli.inputs import parse_inputs
from plait.errors import InputError, InvalidWorkflowError, RunNotResumableError, UsageError
from plait.views.payload import run_payload

RECORDER = runpy.run_path(str(Path(__file__).with_name("record_compatibility.py")))
HERE = RECORDER["HERE"]
NAMES = sorted(path.stem for path in HERE.glob("*.yml"))
PEER_EVENTS = {
    "step_started",
    "step_completed",
    "step_failed",
    "step_continue_on_error",
    "workflow_aborted",
    "workflow_failed",
    "workflow_finished",
}
STATE_KEYS = [
    "run_id",
    "workflow_id",
    "installed_workflow_id",
    "installed_registry_root",
    "status",
    "current_step_index",
    "current_step_id",
    "step_results",
    "workflow_dir",
    "created_at",
    "updated_at",
    "error",
]
RECORD_KEYS = ["type", "integration", "model", "options", "input", "output", "status", "error"]
OWN_FIELDS = {"started_at", "ended_at", "attempt"}
OWN_OUTPUT = {"iterations", "ended_by", "failures", "step_template"}
OWN_AGENT_OUTPUT = {"agent", "text", "session", "usage", "changes", "diffstat", "denied", "attempts"}


def case_of(name):
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def expected(case):
    """Return the peer's outcome with the parts that differ; of two outcomes, one a refusal, Plait's alone counts."""
    peer, here = case["peer"], case.get("differs", {}).get("plait", {})
    return here if here and "refused" in (peer["outcome"], here.get("outcome")) else {**peer, **here}


def outcome_of(folder, name, given):
    """Run a case in a folder of its own, and return what the recorder returns of it."""
    shutil.copy(HERE / f"{name}.yml", folder)
    engine = WorkflowEngine(folder, signals=())
    try:
        definition = WorkflowDefinition.from_yaml(folder / f"{name}.yml")
        if problems := [problem for problem in engine.validate(definition) if problem.is_error]:
            raise InvalidWorkflowError(problems)
        state = engine.execute(definition, parse_inputs(given), RECORDER["RUN_ID"])
    except InvalidWorkflowError:
        return {"outcome": "refused", "because": "workflow"}
    except (InputError, UsageError):
        return {"outcome": "refused", "because": "inputs"}
    return without_additions(RECORDER["summary"](folder, run_payload(state)))


def without_additions(summary):
    """Leave out what Plait records beyond the peer: times, attempts, how often a loop went round, more events."""
    summary["steps"] = {step_id: without(record, OWN_FIELDS) for step_id, record in summary["steps"].items()}
    summary["events"] = [event for event in summary["events"] if event.split()[0] in PEER_EVENTS]
    return summary


def without(value, names):
    if isinstance(value, list):
        return [without(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    own = names | OWN_AGENT_OUTPUT if "dispatched" in value else names
    return {key: without(inner, OWN_OUTPUT) for key, inner in value.items() if key not in own}


def in_order(summary, case):
    """Make the order of keys count where the peer's is the same every time."""
    if case.get("unordered"):
        return {**summary, "events": sorted(summary.get("events", ()))}
    return {key: list(value.items()) if key == "steps" else value for key, value in summary.items()}


@pytest.mark.parametrize("name", NAMES)
def test_does_what_the_peer_does(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for variable, executable in RECORDER["AGENTS"].items():
        monkeypatch.setenv(variable, executable)
    case = case_of(name)
    assert in_order(outcome_of(tmp_path, name, case["given"]), case) == in_order(expected(case), case)


def test_differences_are_real_and_explained():
    cases = {name: case_of(name) for name in NAMES}
    differing = {name: case["differs"] for name, case in cases.items() if "differs" in case}
    assert all(differs["row"] and differs["why"] and differs["plait"] for differs in differing.values())
    assert [name for name in differing if expected(cases[name]) == cases[name]["peer"]] == []
    assert len(NAMES) - len(differing) >= 150


@pytest.fixture
def run_folder(tmp_path, monkeypatch):
    """The folder of a run that has failed inside a branch."""
    monkeypatch.chdir(tmp_path)
    assert outcome_of(tmp_path, "ifs-nested-failure", [])["outcome"] == "failed"
    return RECORDER["runs_folder"](tmp_path)


def test_state_file_has_the_keys_of_the_peers_in_its_order(run_folder):
    state = json.loads((run_folder / "state.json").read_text(encoding="utf-8"))
    assert [key for key in state if key in STATE_KEYS] == STATE_KEYS
    for record in state["step_results"].values():
        assert list(record)[: len(RECORD_KEYS)] == RECORD_KEYS
    assert datetime.fromisoformat(state["created_at"]).utcoffset() == timedelta(0)
    assert state["created_at"] < state["updated_at"]


def test_log_has_what_viewers_read(run_folder):
    lines = [json.loads(line) for line in (run_folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    by_event = {line["event"]: line for line in lines}
    assert all(datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0) for line in lines)
    assert by_event["step_started"].items() >= {"step_id": "a", "type": "shell"}.items()
    assert by_event["step_failed"]["step_id"] == "a"
    assert "4" in by_event["step_failed"]["error"]
    assert by_event["workflow_finished"]["status"] == "failed"


def test_folder_holds_the_files_of_the_peers(run_folder):
    assert {"state.json", "inputs.json", "log.jsonl", "workflow.yml"} <= {path.name for path in run_folder.iterdir()}


def test_run_of_the_peer_is_not_resumed(tmp_path):
    """Its log has no outputs, so steps that read them would silently see nothing."""
    folder = RECORDER["runs_folder"](tmp_path)
    folder.mkdir(parents=True)
    shutil.copy(HERE / "gat-pauses.yml", folder / "workflow.yml")
    (folder / "inputs.json").write_text('{"inputs": {}}')
    times = {"timestamp": "2026-10-01T10:00:00+00:00"}
    events = [
        {"event": "step_started", "step_id": "one", "type": "shell", **times},
        {"event": "step_completed", "step_id": "one", "status": "completed", **times},
        {"event": "step_started", "step_id": "ask", "type": "gate", **times},
        {"event": "step_completed", "step_id": "ask", "status": "paused", **times},
        {"event": "workflow_finished", "status": "paused", **times},
    ]
    (folder / "log.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    engine = WorkflowEngine(tmp_path, signals=())
    for resume in (engine.resume, engine.plan_resume):
        with pytest.raises(RunNotResumableError, match="was not recorded by plait"):
            resume(RECORDER["RUN_ID"])
    assert len((folder / "log.jsonl").read_text().splitlines()) == len(events)
