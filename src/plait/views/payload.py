"""A run as `--json` shows it (RUN-17..19, STA-02, STA-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.journal.record import timestamp
from plait.views.agent_facts import agent_facts
from plait.views.exits import exit_code, was_interrupted
from plait.views.failure import failure_of
from plait.views.gates import gate_block, waiting_blocks
from plait.views.spending import spending_payload
from plait.views.waits import waits_payload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.journal import RunState, StepRecord

_WITH_ERROR = ("failed", "aborted")
_CALL = "workflow"
_WITH_GATE = ("paused", "aborted")


def run_payload(state: RunState, status: str | None = None) -> dict[str, Any]:
    """Return what `run` and `resume` report; `status` replaces the recorded one of a run whose owner is dead."""
    shown = status or state.status.value
    payload: dict[str, Any] = {
        "run_id": state.run_id,
        "workflow_id": state.workflow_id,
        "status": shown,
        "current_step_id": state.current_step_id,
        "current_step_index": state.current_step_index,
        "exit_code": exit_code(shown, interrupted=was_interrupted(state.interruption)),
        "outputs": state.outputs,
        "waiting": waiting_blocks(state),
        "waits": waits_payload(state),
        "spent": spending_payload(state.spent),
    }
    scopes = [_scope_payload(record) for record in state.records.values() if record.type == _CALL]
    if scopes:
        payload["workflow_scopes"] = scopes
    if shown in _WITH_GATE:
        gate = gate_block(state)
        if gate is not None:
            payload["gate"] = gate
    if shown in _WITH_ERROR and state.error:
        payload["error"] = state.error
    failure = failure_of(state)
    if failure is not None:
        payload["failure"] = failure
    if state.interruption is not None:
        payload["interruption"] = state.interruption
    return payload


def status_payload(state: RunState, status: str | None = None) -> dict[str, Any]:
    """Return what `status RUN` reports: the run payload, its times and the status of every step."""
    return {
        **run_payload(state, status),
        "created_at": state.created_at,
        "updated_at": state.updated_at,
        "steps": {step_id: record["status"] for step_id, record in _by_id(state)},
        "agents": {step_id: facts for step_id, record in _by_id(state) if (facts := agent_facts(record))},
    }


def details_payload(state: RunState, status: str | None = None) -> dict[str, Any]:
    """Return what `runs show RUN` reports: the status payload, the inputs, and each step's times and outputs."""
    return {
        **status_payload(state, status),
        "inputs": state.inputs,
        "folder": str(state.folder.path),
        "step_records": {step_id: record_payload(record) for step_id, record in _by_id(state)},
    }


def _scope_payload(record: StepRecord) -> dict[str, Any]:
    """Return one call of another workflow: the ids around it and its own, what it called, and how that ended."""
    status = record.output.get("status", record.status.value)
    return {"scope_path": record.id.split(":"), "workflow_id": record.output.get("workflow"), "status": status}


def _by_id(state: RunState) -> Iterable[tuple[str, StepRecord]]:
    """Yield the records; the plain id of a step in a loop answers with its latest pass (WHI-04)."""
    yield from state.records.items()
    for alias, step_id in state.latest.items():
        yield alias, state.records[step_id]


def record_payload(record: StepRecord) -> dict[str, Any]:
    """Return what is recorded of one step: the keys of Spec Kit's state, its place, times and what agents did."""
    return {
        **dict(record),
        "name": record.name,
        "parent": record.parent,
        "attempt": record.attempt,
        "started_at": timestamp(record.started) if record.started else None,
        "ended_at": None if record.ended is None else timestamp(record.ended),
        **agent_facts(record),
    }
