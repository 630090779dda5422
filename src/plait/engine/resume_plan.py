"""What a resume would reuse and what it would run, and why: read off the journal, nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from plait.engine.written import called_by, calling_steps
from plait.journal.record import timestamp
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.engine.forget import Forgotten
    from plait.journal import RunState, StepRecord
    from plait.model.workflow import Step, Workflow


class PlannedStep(NamedTuple):
    """What a resume would do with one step or item. `maybe`: whether it runs is not decided yet."""

    step_id: str
    action: Literal["reuse", "run", "maybe"]
    reason: str


_WHY = {
    StepStatus.RUNNING: "it began and did not end",
    StepStatus.PENDING: "it was stopped before its end",
    StepStatus.FAILED: "it failed",
    StepStatus.PAUSED: "it waits for a person",
}


def plan_resume(workflow: Workflow, state: RunState, forgotten: Forgotten) -> list[PlannedStep]:
    """Return every step and item in the order of the document, with what would happen to it."""
    planner = _Planner(workflow, state, set(forgotten.step_ids), set(forgotten.unsettled))
    return list(planner.plan(workflow))


class _Within(NamedTuple):
    """A workflow, and the occurrence of the step that calls it; None for the run's own."""

    workflow: Workflow
    step_id: str | None = None

    @property
    def prefix(self) -> str:
        """What the ids of its steps begin with."""
        return "" if self.step_id is None else f"{self.step_id}:"


class _Planner:
    def __init__(self, workflow: Workflow, state: RunState, gone: set[str], unsettled: set[str]) -> None:
        self._state = state
        self._gone = gone
        self._unsettled = unsettled
        self._by_order: dict[tuple[str | None, int], list[StepRecord]] = {}
        """The occurrences of each step: by the call that it is in, and its order."""
        self._items: dict[str, list[StepRecord]] = {}
        """For each fan-out whose body is a list, its items: they stand for no step of the document."""
        calling = calling_steps(workflow)
        for record in state.records.values():
            self._by_order.setdefault((self._call_around(record, calling), record.order), []).append(record)
            if record.order < 0 and record.parent is not None:
                self._items.setdefault(record.parent, []).append(record)

    def _call_around(self, record: StepRecord, calling: frozenset[int]) -> str | None:
        if not calling:
            return None
        holder = self._state.records.get(record.parent or "")
        while holder is not None and holder.order not in calling:
            holder = self._state.records.get(holder.parent or "")
        return None if holder is None else holder.id

    def plan(self, workflow: Workflow) -> Iterator[PlannedStep]:
        for step in workflow.steps:
            yield from self._step(step, _Within(workflow), certain=True)
        for step in workflow.finally_steps:
            yield PlannedStep(step.id, "run", "`finally` runs at the end of every run")

    def _step(self, step: Step, within: _Within, *, certain: bool) -> Iterator[PlannedStep]:
        records = self._by_order.get((within.step_id, step.order), [])
        if not records:
            yield PlannedStep(within.prefix + step.id, "run" if certain else "maybe", _not_begun(certain=certain))
        for record in records:
            yield self._record(record)
        if any(self._reused(record) for record in records) and all(self._reused(record) for record in records):
            yield from self._below(step, within)
            return
        yield from self._unbegun_items(step, records)
        for child in step.children:
            yield from self._step(child, within, certain=False)
        called = called_by(step, within.workflow)
        if called is not None:
            for record in records:
                yield from self._called(_Within(called, record.id), certain=not record.settled)

    def _called(self, within: _Within, *, certain: bool) -> Iterator[PlannedStep]:
        for step in within.workflow.steps:
            yield from self._step(step, within, certain=certain)
        for step in within.workflow.finally_steps:
            yield PlannedStep(within.prefix + step.id, "run", "`finally` runs at the end of every call")

    def _below(self, step: Step, within: _Within) -> Iterator[PlannedStep]:
        records = self._by_order.get((within.step_id, step.order), [])
        for holder in records:
            yield from self._recorded_items(holder)
        yield from self._those(step.children, within)
        called = called_by(step, within.workflow)
        if called is not None:
            for record in records:
                yield from self._those((*called.steps, *called.finally_steps), _Within(called, record.id))

    def _those(self, steps: Sequence[Step], within: _Within) -> Iterator[PlannedStep]:
        for step in steps:
            for record in self._by_order.get((within.step_id, step.order), []):
                yield self._record(record)
            yield from self._below(step, within)

    def _reused(self, record: StepRecord) -> bool:
        return record.settled and record.id not in self._gone and record.id not in self._unsettled

    def _record(self, record: StepRecord) -> PlannedStep:
        if record.id in self._gone:
            return PlannedStep(record.id, "run", "its record is forgotten")
        if record.id in self._unsettled:
            return PlannedStep(record.id, "run", "a step inside it runs again")
        if record.settled:
            how = "failed and was continued past" if record.status is StepStatus.FAILED else record.status.value
            return PlannedStep(record.id, "reuse", f"it is settled: {how}")
        if record.waiting_until is not None:
            return PlannedStep(record.id, "run", f"it waits until {timestamp(record.waiting_until)}")
        if record.output.get("waits_for") == "budget" and record.status is StepStatus.PAUSED:
            return PlannedStep(record.id, "run", "it waits for a larger budget")
        return PlannedStep(record.id, "run", _WHY[record.status])

    def _unbegun_items(self, step: Step, records: list[StepRecord]) -> Iterator[PlannedStep]:
        for record in records:
            items = self._state.decisions.get((record.id, "items"))
            if items is None or record.id in self._gone or not isinstance(items.value, list):
                yield from self._recorded_items(record)
                continue
            body_id = step.children[0].id if "step" in step.written else "item"
            for index in range(len(items.value)):
                item_id = f"{record.id}:{body_id}:{index}"
                item = self._state.records.get(item_id)
                if item is None:
                    yield PlannedStep(item_id, "run", "this item has not begun")
                elif item.order < 0:
                    yield self._record(item)

    def _recorded_items(self, holder: StepRecord) -> Iterator[PlannedStep]:
        for item in sorted(self._items.get(holder.id, []), key=lambda item: item.index or 0):
            yield self._record(item)


def _not_begun(*, certain: bool) -> str:
    return "it has not begun" if certain else "it has not begun; whether it runs is decided on the way"
