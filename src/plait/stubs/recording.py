"""A run as the stubs that repeat it: what every step that acts came to, and what was chosen at its gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.expressions import LazyText
from plait.journal.reader import read_events
from plait.load.yaml_text import to_yaml
from plait.model.status import StepStatus
from plait.stubs.checking import GATE, digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.journal.record import StepRecord
    from plait.journal.state import RunState
    from plait.model.workflow import Workflow

LONGEST_TEXT = 256 * 1024
"""Characters of one text that are kept; a recording as a whole stays smaller than what can be read back."""
_MOST = 4 * 1024 * 1024
_SHORT = 4 * 1024
_ENDED = (StepStatus.COMPLETED, StepStatus.FAILED)
_HEADER = """\
# Recorded by plait from the run {run} of {workflow} {version}, which ended as {status}.
# What was secret is replaced; texts of more than {longest:,} characters are cut, and say so.
# A dry run answers from it: plait run WORKFLOW --dry-run --stubs THIS_FILE
"""


def record_stubs(state: RunState, workflow: Workflow) -> tuple[str, int]:
    """Return a stub file with which a dry run does what a run has done, and how many stubs it has.

    Steps that have not ended are left out.

    Outputs, errors and inputs are those of the journal, in which secrets are replaced.
    """
    for longest in (LONGEST_TEXT, _SHORT):
        stubs = _stubs(state, workflow, longest)
        text = to_yaml({"recorded": _recorded(state, workflow), "stubs": stubs}, is_long=True)
        if len(text.encode()) <= _MOST:
            break
    header = _HEADER.format(
        run=state.run_id, workflow=workflow.id, version=workflow.version, status=state.status, longest=longest
    )
    return header + text, len(stubs)


def _stubs(state: RunState, workflow: Workflow, longest: int) -> dict[str, Any]:
    acting = {step.order for each in workflow.family() for step in each.walk() if step.type.acts}
    events = [event for _, event in read_events(state.folder.journal)]
    attempts, failures = _failed_attempts(events), _failures(events)
    stubs: dict[str, Any] = {}
    for record in state.records.values():
        if record.attempt < 1 or record.status not in _ENDED:
            continue
        if record.type == GATE:
            if record.output.get("answered_by") is not None or "comment" in record.output:
                stubs[record.id] = _choice(record)
        elif record.order in acting:
            stubs[record.id] = _stub(record, attempts.get(record.id, {}), failures.get(record.id), longest)
    return stubs


def _recorded(state: RunState, workflow: Workflow) -> dict[str, object]:
    return {
        "run": state.run_id,
        "workflow": workflow.id,
        "version": workflow.version,
        "digest": digest_of(workflow),
        "status": state.status.value,
        "inputs": state.inputs,
    }


def _choice(record: StepRecord) -> dict[str, object]:
    chosen: dict[str, object] = {"choice": record.output.get("choice")}
    if record.output.get("comment"):
        chosen["comment"] = record.output["comment"]
    return chosen


def _stub(
    record: StepRecord, failed: Mapping[int, dict[str, Any]], failure: str | None, longest: int
) -> dict[str, object]:
    """Return the stub of one occurrence: its last attempt, and the failed ones before that."""
    stub: dict[str, object] = {"output": _plain(record.output, longest)}
    if record.status is StepStatus.FAILED:
        stub["error"] = record.error or "failed"
        if failure is not None:
            stub["failure"] = failure
    if record.spent is not None:
        usd, tokens, minutes = record.spent
        stub["spent"] = {"usd": round(usd, 6), "tokens": tokens, "minutes": round(minutes, 3)}
    if failed:
        stub["on_attempt"] = dict(failed)
    return stub


def _failed_attempts(events: list[dict[str, Any]]) -> dict[str, dict[int, dict[str, Any]]]:
    """Return what attempts failed with that were followed by another one, by step and number."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for event in events:
        if event["event"] != "attempt_failed":
            continue
        stub: dict[str, Any] = {"error": event.get("error") or "failed"}
        if event.get("failure", "error") != "error":
            stub["failure"] = event["failure"]
        code = event.get("exit_code")
        if isinstance(code, int) and not isinstance(code, bool):
            stub["exit_code"] = code
        found.setdefault(event["step_id"], {})[int(event.get("attempt", 1))] = stub
    return found


def _failures(events: list[dict[str, Any]]) -> dict[str, str]:
    """Return the classes of the failures that steps ended with, where they are not just errors."""
    return {
        event["step_id"]: event["failure"]
        for event in events
        if event["event"] == "step_completed" and event.get("failure") is not None
    }


def _plain(value: object, longest: int) -> object:
    """Return a recorded value as plain data, long texts cut."""
    if isinstance(value, LazyText):
        value = value.read()
    if isinstance(value, str):
        if len(value) <= longest:
            return value
        return f"{value[:longest]}\n… ({len(value) - longest:,} more characters are not recorded)"
    if isinstance(value, dict):
        return {str(key): _plain(inner, longest) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, longest) for inner in value]
    return value
