"""The state of a run: the fold of its journal, and the one function that folds an event in.

Events, each with `v`, `timestamp` and `event` (the names of Spec Kit's log are kept, LOG-01..09):

    run_created {run_id, workflow_id, workflow_dir, installed_workflow_id, installed_registry_root, inputs,
        integration, model}
    run_started, run_resumed {pid, host}
    inputs_resolved {inputs, given}
    step_started {step_id, type, order, attempt, parent, index, iteration, as, name, top}
    child_started {step_id, pid, start}
    decided {step_id, key, value, iteration}
    attempt_failed {step_id, attempt, error, delay}
    step_completed {step_id, status, output, refs, error, continued, answered,
                    and if it never began: unstarted and what step_started says}
    step_failed, step_continue_on_error {step_id, error}
    step_interrupted {step_id}
    steps_expanded {step_id, output, next_steps}
    gate_answered {step_id, choice, comment, by, request}
    verdict_consumed {input, step_id}, input_reset {input}
    stop_requested {kind, by, request}
    records_forgotten {step_ids, unsettled, decisions}
    workflow_aborted {step_id}, workflow_failed, resume_failed {error}, workflow_interrupted {reason}
    workflow_finished {status, step_id, error, outputs}
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.journal.folder import RunFolder
from plait.journal.record import StepRecord
from plait.journal.values import join_output
from plait.model.status import RunStatus, StepStatus
from plait.model.step_type import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Event = dict[str, Any]


class Child(NamedTuple):
    """A child process: `start` tells it from another that got the same pid later."""

    pid: int
    start: float
    step_id: str


@dataclass(slots=True)
class Decision:
    """What a step decided, once for all walks; `iteration` is the pass of a loop it belongs to, or 0."""

    value: object
    iteration: int = 0


class RunState:
    """Everything known of a run, folded from its journal.

    `records` has one entry an occurrence of a step, in the order in which they began. `current_step_id` is the last
    step that began or, once the run has stopped, the one that stopped it. Times are ISO 8601 in UTC.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.run_id = folder.run_id
        self.workflow_id = ""
        self.installed_workflow_id: str | None = None
        self.installed_registry_root: str | None = None
        self.workflow_dir: str | None = None
        self.status = RunStatus.CREATED
        self.error: str | None = None
        self.current_step_id: str | None = None
        self.current_step_index = 0
        self.created_at = ""
        self.updated_at = ""
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.records: dict[str, StepRecord] = {}
        self.latest: dict[str, str] = {}
        self.decisions: dict[tuple[str, str], Decision] = {}
        self.children: dict[str, Child] = {}
        self.answers: dict[str, Answer] = {}
        self.asked: set[str] = set()
        """The steps whose question stands on the terminal of the run's owner."""
        self.expanded: dict[str, Event] = {}
        self.consumed_verdicts: dict[str, str] = {}
        self.requests: set[str] = set()
        self.stop_request: str | None = None
        self.owner: dict[str, Any] | None = None
        self.interruption: str | None = None
        self.recorded: Mapping[str, object] = {}
        """The default agent and model, which every record shows that has none of its own (ENG-06)."""
        self.tally: dict[str, dict[StepStatus, int]] = {}
        """For each step that holds others directly, how many of those are in which status."""

    @classmethod
    def load(cls, run_id: str, project_root: Path | str) -> RunState:
        """Read the state of a recorded run from its journal.

        Raises `UsageError` for a malformed id, `RunNotFoundError`, or `JournalDamagedError` naming the line.
        """
        from pathlib import Path  # noqa: PLC0415 - only needed for callers that pass text

        from plait.journal.reader import read_state  # noqa: PLC0415 - the reader folds into this class

        return read_state(RunFolder.existing(run_id, Path(project_root)))

    @property
    def step_results(self) -> dict[str, dict[str, Any]]:
        """The records as Spec Kit's state shows them: plain ids answer with the latest pass of a loop (WHI-04)."""
        results = {step_id: dict(record) for step_id, record in self.records.items()}
        for alias, step_id in self.latest.items():
            results[alias] = dict(self.records[step_id])
        return results

    @property
    def waiting(self) -> list[StepRecord]:
        """The innermost steps that wait for a person, in the order in which they began to; none if aborted."""
        if self.status is RunStatus.ABORTED:
            return []
        asked = self.asked
        paused = [
            record for record in self.records.values() if record.status is StepStatus.PAUSED or record.id in asked
        ]
        holders = {record.parent for record in paused}
        return [record for record in paused if record.id not in holders]

    def settled(self, step_id: str) -> StepRecord | None:
        """Return the record of an occurrence that never runs again, or None."""
        record = self.records.get(step_id)
        return record if record is not None and record.settled else None

    def decided_values(self) -> Mapping[tuple[str, str], object]:
        """Return the values of all decisions."""
        return {key: decision.value for key, decision in self.decisions.items()}


def fold(state: RunState, event: Event) -> None:
    """Take one event into the state; events of unknown names only advance the time."""
    state.updated_at = event["timestamp"]
    folder = _FOLDS.get(event["event"])
    if folder is not None:
        folder(state, event)


def _run_created(state: RunState, event: Event) -> None:
    state.created_at = event["timestamp"]
    state.workflow_id = event["workflow_id"]
    state.workflow_dir = event.get("workflow_dir")
    state.installed_workflow_id = event.get("installed_workflow_id")
    state.installed_registry_root = event.get("installed_registry_root")
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
    for name in event.get("given", ()):
        state.consumed_verdicts.pop(name, None)


def _step_started(state: RunState, event: Event) -> None:
    step_id = event["step_id"]
    record = state.records.get(step_id)
    if record is None:
        record = StepRecord(step_id, sys.intern(event["type"]), event.get("order", -1))
        record.started = datetime.fromisoformat(event["timestamp"]).timestamp()
        record.recorded = state.recorded
        state.records[step_id] = record
        if len(event) > _PLAIN_START:
            _place(state, record, event)
        _count(state, record, None, StepStatus.RUNNING)
    else:
        _count(state, record, record.status, StepStatus.RUNNING)
        record.status = StepStatus.RUNNING
        record.error = None
        record.ended = None
        record.attempt = event.get("attempt", 1)
    state.current_step_id = step_id
    top = event.get("top")
    if top is not None:
        state.current_step_index = top


_STATUSES = {status.value: status for status in StepStatus}
_PLAIN_START = 6  # v, timestamp, event, step_id, type, order
_PLAIN_ITEM = 8  # and parent, index


def _place(state: RunState, record: StepRecord, event: Event) -> None:
    parent = event.get("parent")
    if parent is not None:
        holder = state.records.get(parent)
        record.parent = parent if holder is None else holder.id
    record.index = event.get("index")
    if len(event) == _PLAIN_ITEM and record.index is not None:
        return
    record.attempt = event.get("attempt", 1)
    record.iteration = event.get("iteration", 0)
    record.alias = event.get("as")
    record.name = event.get("name")
    overrides = event.get("overrides")
    if overrides:
        record.recorded = {**state.recorded, **overrides}


def _count(state: RunState, record: StepRecord, before: StepStatus | None, after: StepStatus) -> None:
    if record.parent is None:
        return
    tally = state.tally.get(record.parent)
    if tally is None:
        tally = state.tally[record.parent] = dict.fromkeys(StepStatus, 0)
    if before is not None:
        tally[before] -= 1
    tally[after] += 1


def _child_started(state: RunState, event: Event) -> None:
    step_id = event["step_id"]
    state.children[step_id] = Child(event["pid"], event["start"], step_id)


def _decided(state: RunState, event: Event) -> None:
    state.decisions[event["step_id"], event["key"]] = Decision(event["value"], event.get("iteration", 0))


def _attempt_failed(state: RunState, event: Event) -> None:
    record = state.records[event["step_id"]]
    record.failures += 1
    record.error = event.get("error")


def _step_completed(state: RunState, event: Event) -> None:
    step_id = event["step_id"]
    record = state.records.get(step_id)
    status = _STATUSES[event["status"]]
    if record is None:
        record = StepRecord(step_id, sys.intern(event["type"]), event.get("order", -1))
        record.started = datetime.fromisoformat(event["timestamp"]).timestamp()
        record.recorded = state.recorded
        state.records[step_id] = record
        _place(state, record, event)
        if event.get("unstarted"):
            record.attempt = 0
        _count(state, record, None, status)
    else:
        _count(state, record, record.status, status)
    record.status = status
    record.output = _output(state, event)
    record.error = event.get("error")
    record.continued = event.get("continued", False)
    record.ended = datetime.fromisoformat(event["timestamp"]).timestamp()
    record.failures = 0
    if record.alias is not None:
        state.latest[record.alias] = step_id
    if event.get("answered"):
        # A gate that goes on waiting wants a new answer, not the one that made it wait.
        state.answers.pop(step_id, None)
    state.children.pop(step_id, None)
    state.asked.discard(step_id)


def _output(state: RunState, event: Event) -> dict[str, Any]:
    output: dict[str, Any] = event.get("output") or {}
    references = event.get("refs")
    if references:
        return join_output(output, references, state.folder.path, state.records, state.decided_values())
    return output


def _step_interrupted(state: RunState, event: Event) -> None:
    record = state.records[event["step_id"]]
    _count(state, record, record.status, StepStatus.PENDING)
    record.status = StepStatus.PENDING
    record.ended = datetime.fromisoformat(event["timestamp"]).timestamp()
    state.children.pop(record.id, None)
    state.asked.discard(record.id)


def _steps_expanded(state: RunState, event: Event) -> None:
    state.expanded[event["step_id"]] = {"output": _output(state, event), "next_steps": event["next_steps"]}


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
    state.inputs = {**state.inputs, event["input"]: ""}
    state.consumed_verdicts.pop(event["input"], None)


def _stop_requested(state: RunState, event: Event) -> None:
    state.stop_request = event["kind"]
    if event.get("request"):
        state.requests.add(event["request"])


def _records_forgotten(state: RunState, event: Event) -> None:
    for step_id in event["step_ids"]:
        record = state.records.pop(step_id, None)
        state.answers.pop(step_id, None)
        state.expanded.pop(step_id, None)
        if record is not None and record.parent is not None:
            state.tally[record.parent][record.status] -= 1
    forgotten = set(event["step_ids"])
    for key in [key for key in state.decisions if key[0] in forgotten]:
        del state.decisions[key]
    for step_id, key in event.get("decisions", ()):
        state.decisions.pop((step_id, key), None)
    for step_id in event.get("unsettled", ()):
        record = state.records[step_id]
        _count(state, record, record.status, StepStatus.PENDING)
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


_FOLDS: dict[str, Callable[[RunState, Event], None]] = {
    "run_created": _run_created,
    "run_started": _run_started,
    "run_resumed": _run_started,
    "inputs_resolved": _inputs_resolved,
    "step_started": _step_started,
    "child_started": _child_started,
    "decided": _decided,
    "attempt_failed": _attempt_failed,
    "step_completed": _step_completed,
    "step_interrupted": _step_interrupted,
    "steps_expanded": _steps_expanded,
    "gate_asked": _gate_asked,
    "gate_answered": _gate_answered,
    "verdict_consumed": _verdict_consumed,
    "input_reset": _input_reset,
    "stop_requested": _stop_requested,
    "records_forgotten": _records_forgotten,
    "workflow_aborted": _workflow_aborted,
    "workflow_failed": _workflow_failed,
    "resume_failed": _workflow_failed,
    "workflow_interrupted": _workflow_interrupted,
    "workflow_finished": _workflow_finished,
}
