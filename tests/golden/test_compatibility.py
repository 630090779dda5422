"""What Spec Kit does with a workflow file, Plait does too.

Every `compatibility/<name>.yml` is a workflow file; the key `peer` of `<name>.json` is what Spec Kit 1.2.3 made of it
(written by `record_compatibility.py`), `given` what it was called with and `rows` the rules it is about. Where Plait
differs on purpose, `differs` names the row and the parts that do: their values here replace the peer's.
"""

import json
import shutil
from pathlib import Path

import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.cli.inputs import parse_inputs
from plait.errors import InputError, InvalidWorkflowError, UsageError
from plait.views.payload import run_payload

HERE = Path(__file__).parent / "compatibility"
NAMES = sorted(path.stem for path in HERE.glob("*.yml"))
RUN_ID = "golden"
LOGGED = ("step_id", "type", "status")
PEER_EVENTS = {
    "step_started",
    "step_completed",
    "step_failed",
    "step_continue_on_error",
    "workflow_aborted",
    "workflow_failed",
    "workflow_finished",
}
RECORD_KEYS = ["type", "integration", "model", "options", "input", "output", "status", "error"]


def case_of(name):
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def run(folder, name, given):
    """Run a case in a folder of its own, and return what can be seen of it, as the recorder does."""
    shutil.copy(HERE / f"{name}.yml", folder)
    engine = WorkflowEngine(folder, durability="none", signals=())
    try:
        definition = WorkflowDefinition.from_yaml(folder / f"{name}.yml")
        if problems := [problem for problem in engine.validate(definition) if problem.severity == "error"]:
            raise InvalidWorkflowError(problems)
        state = engine.execute(definition, parse_inputs(given), RUN_ID)
    except InvalidWorkflowError:
        return {"outcome": "refused", "refused": "workflow"}
    except (InputError, UsageError):
        return {"outcome": "refused", "refused": "inputs"}
    return json.loads(json.dumps(seen(state)).replace(json.dumps(str(folder))[1:-1], "<folder>"))


def seen(state):
    folder = state.folder.path
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return {
        "outcome": state.status.value,
        "payload": run_payload(state),
        "inputs": json.loads((folder / "inputs.json").read_text(encoding="utf-8"))["inputs"],
        "state": json.loads((folder / "state.json").read_text(encoding="utf-8")),
        "log": [
            [line["event"], *(line[key] for key in LOGGED if key in line)]
            for line in log
            if line["event"] in PEER_EVENTS
        ],
    }
