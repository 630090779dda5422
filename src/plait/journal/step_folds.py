"""What the events of steps do to the state of a run; `folds.py` describes them."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plait.journal.facts import Child, Decision, Expense
from plait.journal.record import StepRecord
from plait.journal.values import join_output
from plait.model.spending import Spending
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from plait.journal.facts import Event
    from plait.journal.state import RunState


def step_started(state: RunState, event: Event) -> None:
    """A try begins, or a step is walked again because of one inside it."""
    step_id = event["step_id"]
    record = state.records.get(step_id)
    if record is None:
        record = StepRecord(step_id, sys.intern(event["type"]), event.get("order", -1))
        record.started = datetime.fromisoformat(event["timestamp"]).timestamp()
        record.recorded = state.recorded
        state.records[step_id] = record
        if len(event) > _PLAIN_START:
            _place(state, record, event)
        count(state, record, None, StepStatus.RUNNING)
    else:
        count(state, record, record.status, StepStatus.RUNNING)
        record.status = StepStatus.RUNNING
        record.error = None
        record.ended = None
        record.attempt = event.get("attempt", 1)
        if record.extra is not None:
            record.extra.waiting_until = None
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


def count(state: RunState, record: StepRecord, before: StepStatus | None, after: StepStatus) -> None:
    """Keep the holder's count of the steps in it, by status."""
    if record.parent is None:
        return
    tally = state.tally.get(record.parent)
    if tally is None:
        tally = state.tally[record.parent] = dict.fromkeys(StepStatus, 0)
    if before is not None:
        tally[before] -= 1
    tally[after] += 1


def child_started(state: RunState, event: Event) -> None:
    """A command runs."""
    step_id = event["step_id"]
    state.children[step_id] = Child(event["pid"], event["start"], step_id)


def decided(state: RunState, event: Event) -> None:
    """Something is decided for all later walks."""
    state.decisions[event["step_id"], event["key"]] = Decision(event["value"], event.get("iteration", 0))


def attempt_failed(state: RunState, event: Event) -> None:
    """A try failed, and another follows: after a pause, or when a limit has passed."""
    record = state.records[event["step_id"]]
    record.error = event.get("error")
    if "until" not in event:
        record.failures += 1
        return
    _wait(state, record, event["until"])
    extra = record.more()
    extra.waits += 1
    extra.holds_back = True


def step_waiting(state: RunState, event: Event) -> None:
    """All that is left of a step waits for a limit to pass."""
    record = state.records[event["step_id"]]
    _wait(state, record, event["until"])
    record.more().holds_back = False


def _wait(state: RunState, record: StepRecord, until: float) -> None:
    count(state, record, record.status, StepStatus.PENDING)
    record.status = StepStatus.PENDING
    record.more().waiting_until = until
    state.children.pop(record.id, None)


def remembered(state: RunState, event: Event) -> None:
    """A try left something for the later ones."""
    state.records[event["step_id"]].more().memory[event["key"]] = event["value"]


def spent(state: RunState, event: Event) -> None:
    """A call to an agent has cost something, of the step, all around it, and the run."""
    spending = Spending(event["usd"], event["tokens"], event["minutes"])
    record = state.records[event["step_id"]]
    for key in (None, record.order):
        state.expenses[key] = state.expenses.get(key, Expense()).and_one(spending)
    holder: StepRecord | None = record
    while holder is not None:
        extra = holder.more()
        extra.spent = spending if extra.spent is None else extra.spent.plus(spending)
        holder = None if holder.parent is None else state.records.get(holder.parent)


def step_completed(state: RunState, event: Event) -> None:
    """A step has ended, however it did."""
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
        count(state, record, None, status)
    else:
        count(state, record, record.status, status)
    record.status = status
    record.output = _output(state, event)
    record.error = event.get("error")
    record.continued = event.get("continued", False)
    record.ended = datetime.fromisoformat(event["timestamp"]).timestamp()
    record.failures = 0
    if record.extra is not None:
        record.extra.waiting_until = None
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


def step_interrupted(state: RunState, event: Event) -> None:
    """A step was told to stop."""
    record = state.records[event["step_id"]]
    count(state, record, record.status, StepStatus.PENDING)
    record.status = StepStatus.PENDING
    record.ended = datetime.fromisoformat(event["timestamp"]).timestamp()
    if record.extra is not None:
        record.extra.waiting_until = None
    state.children.pop(record.id, None)
    state.asked.discard(record.id)


def steps_expanded(state: RunState, event: Event) -> None:
    """A step returned steps to be run in its place."""
    state.expanded[event["step_id"]] = {"output": _output(state, event), "next_steps": event["next_steps"]}
