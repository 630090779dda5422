"""What each event does to the state of a run; `events.py` says which events there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.journal import step_folds
from plait.journal.facts import CalledInputs
from plait.model.spending import Budget
from plait.model.status import RunStatus, StepStatus
from plait.model.step_type import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.journal.facts import Event
    from plait.journal.state import RunState


def _run_created(state: RunState, event: Event) -> None:
    state.created_at = event["timestamp"]
    state.workflow_id = event["workflow_id"]
    state.workflow_dir = event.get("workflow_dir")
    state.installed_workflow_id = event.get("installed_workflow_id")
    state.installed_registry_root = event.get("installed_registry_root")
    state.traceparent = event.get("traceparent")
    state.tracestate = event.get("tracestate") or ""
    state.inputs = event.get("inputs") or {}
    state.recorded = {key: event[key] for key in ("integration", "model") if key in event}


def _run_started(state: RunState, event: Event) -> None:
    state.status = RunStatus.RUNNING
    state.error = None
    state.stop_request = None
    state.interruption = None
    state.children.clear()
    state.asked.clear()
    state.owner = {"pid": event.get("pid"), "host": event.get("host")}


def _inputs_resolved(state: RunState, event: Event) -> None:
    state.inputs = event["inputs"]
    state.generation += 1
    for name in event.get("given", ()):
        state.consumed_verdicts.pop(name, None)


def _workflow_called(state: RunState, event: Event) -> None:
    step_id = event["step_id"]
    state.calls[step_id] = CalledInputs(event["given"], event["inputs"], state.generation)
    for name in event["changed"]:
        state.consumed_verdicts.pop(f"{step_id}:{name}", None)


def _budget_raised(state: RunState, event: Event) -> None:
    limits = Budget(event.get("usd"), event.get("tokens"), event.get("minutes"))
    state.budgets[event["step_id"]] = state.budgets.get(event["step_id"], Budget()).raised(limits)


def _gate_asked(state: RunState, event: Event) -> None:
    record = state.records[event["step_id"]]
    record.output = {**record.output, "message": event["message"], "options": event["options"]}
    state.asked.add(record.id)


def _gate_answered(state: RunState, event: Event) -> None:
    state.asked.discard(event["step_id"])
    state.answers[event["step_id"]] = Answer(event["choice"], event.get("comment"), event.get("by"))
    if event.get("request"):
        state.requests.add(event["request"])


def _verdict_consumed(state: RunState, event: Event) -> None:
    state.consumed_verdicts[event["input"]] = event["step_id"]


def _input_reset(state: RunState, event: Event) -> None:
    name, step_id = event["input"], event.get("step_id")
    if step_id is None:
        state.inputs = {**state.inputs, name: ""}
        state.consumed_verdicts.pop(name, None)
        return
    called = state.calls[step_id]
    called.inputs = {**called.inputs, name: ""}
    state.consumed_verdicts.pop(f"{step_id}:{name}", None)


def _stop_requested(state: RunState, event: Event) -> None:
    state.stop_request = event["kind"]
    if event.get("request"):
        state.requests.add(event["request"])


def _records_forgotten(state: RunState, event: Event) -> None:
    for step_id in event["step_ids"]:
        record = state.records.pop(step_id, None)
        state.answers.pop(step_id, None)
        state.expanded.pop(step_id, None)
        state.calls.pop(step_id, None)
        if record is not None and record.parent is not None:
            state.tally[record.parent][record.status] -= 1
    forgotten = set(event["step_ids"])
    for key in [key for key in state.decisions if key[0] in forgotten]:
        del state.decisions[key]
    for step_id, key in event.get("decisions", ()):
        state.decisions.pop((step_id, key), None)
    for step_id in event.get("unsettled", ()):
        record = state.records[step_id]
        step_folds.count(state, record, record.status, StepStatus.PENDING)
        record.status = StepStatus.PENDING
    for alias in [alias for alias, step_id in state.latest.items() if step_id in forgotten]:
        del state.latest[alias]
    for name in [name for name, step_id in state.consumed_verdicts.items() if step_id in forgotten]:
        del state.consumed_verdicts[name]


def _workflow_aborted(state: RunState, event: Event) -> None:
    state.current_step_id = event["step_id"]


def _workflow_failed(state: RunState, event: Event) -> None:
    state.status = RunStatus.FAILED
    state.error = event.get("error")
    if event.get("step_id"):
        state.current_step_id = event["step_id"]


def _workflow_interrupted(state: RunState, event: Event) -> None:
    state.status = RunStatus.PAUSED
    state.interruption = event.get("reason")
    state.owner = None


def _workflow_finished(state: RunState, event: Event) -> None:
    state.status = RunStatus(event["status"])
    state.error = event.get("error")
    state.outputs = event.get("outputs") or {}
    if event.get("step_id"):
        state.current_step_id = event["step_id"]
    state.owner = None


FOLDS: dict[str, Callable[[RunState, Event], None]] = {
    "run_created": _run_created,
    "run_started": _run_started,
    "run_resumed": _run_started,
    "inputs_resolved": _inputs_resolved,
    "step_started": step_folds.step_started,
    "child_started": step_folds.child_started,
    "decided": step_folds.decided,
    "remembered": step_folds.remembered,
    "spent": step_folds.spent,
    "attempt_failed": step_folds.attempt_failed,
    "step_waiting": step_folds.step_waiting,
    "step_completed": step_folds.step_completed,
    "step_interrupted": step_folds.step_interrupted,
    "steps_expanded": step_folds.steps_expanded,
    "gate_asked": _gate_asked,
    "gate_answered": _gate_answered,
    "verdict_consumed": _verdict_consumed,
    "input_reset": _input_reset,
    "stop_requested": _stop_requested,
    "workflow_called": _workflow_called,
    "budget_raised": _budget_raised,
    "records_forgotten": _records_forgotten,
    "workflow_aborted": _workflow_aborted,
    "workflow_failed": _workflow_failed,
    "resume_failed": _workflow_failed,
    "workflow_interrupted": _workflow_interrupted,
    "workflow_finished": _workflow_finished,
}
