"""What Spec Kit does with a workflow file, Plait does too.

Every `compatibility/<name>.yml` is a workflow file; `<name>.json` has what it is called with (`given`), the rules it
is about (`rows`) and what Spec Kit 1.2.3 made of it (`peer`, written by `record_compatibility.py`). Where Plait
differs on purpose, `differs` names the row, and its `plait` has the parts that are different here.
"""

import json
import runpy
import shutil
from pathlib import Path

import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.cli.inputs import parse_inputs
from plait.errors import InputError, InvalidWorkflowError, UsageError
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
OWN_FIELDS = {"started_at", "ended_at", "attempt"}
OWN_OUTPUT = {"iterations", "ended_by", "failures", "step_template"}


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
    return {key: without(inner, OWN_OUTPUT) for key, inner in value.items() if key not in names}


def in_order(summary, case):
    """Make the order of keys count where the peer's is the same every time."""
    if case.get("unordered"):
        return {**summary, "events": sorted(summary.get("events", ()))}
    return {key: list(value.items()) if key == "steps" else value for key, value in summary.items()}


@pytest.mark.parametrize("name", NAMES)
def test_does_what_the_peer_does(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = case_of(name)
    assert in_order(outcome_of(tmp_path, name, case["given"]), case) == in_order(expected(case), case)
