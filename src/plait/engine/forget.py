"""Which records a resume with `--from` or `--step` forgets, so that their steps run again."""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from plait.engine.written import calling_steps, way_of, ways_to
from plait.errors import UsageError
from plait.model.status import RunStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plait.journal import RunState, StepRecord
    from plait.model.workflow import Workflow


class Forgotten(NamedTuple):
    """Occurrences whose records and decisions go, those whose end alone is undone, and single decisions that go."""

    step_ids: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    decisions: tuple[tuple[str, str], ...] = ()


def forget_step(state: RunState, workflow: Workflow, step_id: str) -> Forgotten:
    """Forget one occurrence (or every occurrence of a step as written) with all inside it, and nothing else."""
    targets = _targets(state, workflow, step_id)
    ids = {target.id for target in targets}
    gone = set(inside(state, ids))
    return Forgotten(tuple(gone), tuple(_holders(state, targets) - gone))


def forget_from(state: RunState, workflow: Workflow, step_id: str) -> Forgotten:
    """Forget a step and all that comes after it.

    What comes after is what follows in the document and the later passes of the loops around it. Other items and
    branches stand beside it, not after it.
    """
    targets = _targets(state, workflow, step_id)
    gone = set(_from_here_on(state, targets))
    return Forgotten(tuple(gone), tuple(_holders(state, targets) - gone), tuple(_later_decisions(state, targets)))


def forget_finally(state: RunState, workflow: Workflow) -> Forgotten:
    """Forget the steps of `finally`: they run once more, at the end that is still to come.

    A run that stopped among them, with all its other steps settled, is at that end: what is done of them is kept.
    """
    if not workflow.finally_steps:
        return Forgotten()
    if state.status is not RunStatus.FAILED and all(state.settled(step.id) for step in workflow.steps):
        return Forgotten()
    first = workflow.finally_steps[0].order
    return Forgotten(tuple(record.id for record in state.records.values() if _chain(state, record)[0].order >= first))


def inside(state: RunState, step_ids: Collection[str]) -> list[str]:
    """Return the ids of some occurrences and of all that is recorded inside them."""
    return [step_id for step_id, record in list(state.records.items()) if _is_inside(state, record, step_ids)]


def _is_inside(state: RunState, record: StepRecord, step_ids: Collection[str]) -> bool:
    return any(each.id in step_ids for each in _chain(state, record))


def _targets(state: RunState, workflow: Workflow, step_id: str) -> list[StepRecord]:
    """Return the records that an id names: one occurrence, or all of a step as written in the file."""
    record = state.records.get(step_id)
    if record is not None:
        return [record]
    ways, calling = ways_to(workflow, step_id), calling_steps(workflow)
    orders = {way[-1] for way in ways}
    alike = [record for record in state.records.values() if record.order in orders]
    found = [record for record in alike if way_of(_chain(state, record), calling) in ways]
    if not ways:
        known = [*state.records, *(step.id for step in workflow.walk())]
        near = difflib.get_close_matches(step_id, known, 1)
        raise UsageError(f"the run has no step {step_id!r}", hint=f"did you mean {near[0]!r}?" if near else "")
    return found


def _chain(state: RunState, record: StepRecord) -> list[StepRecord]:
    """Return a record and those around it, the outermost first."""
    chain = [record]
    while chain[-1].parent is not None and chain[-1].parent in state.records:
        chain.append(state.records[chain[-1].parent])
    return chain[::-1]


def _holders(state: RunState, targets: list[StepRecord]) -> set[str]:
    return {holder.id for target in targets for holder in _chain(state, target)[:-1]}


def _from_here_on(state: RunState, targets: list[StepRecord]) -> Iterator[str]:
    """Yield the targets, what is inside them and what comes after one of them, by their places in the run's tree."""
    ids = {target.id for target in targets}
    # The tree of the targets and what is around them alone: each record is compared with few of it, however many items
    # the targets are in.
    inside: dict[str | None, dict[str, StepRecord]] = {}
    for target in targets:
        holder = None
        for record in _chain(state, target):
            inside.setdefault(holder, {})[record.id] = record
            holder = record.id
    for record in state.records.values():
        holder = None
        for place in _chain(state, record):
            beside = inside.get(holder, {})
            if place.id in ids or _comes_after_one(place, beside):
                yield record.id
                break
            if place.id not in beside:
                break
            holder = place.id


def _comes_after_one(record: StepRecord, beside: dict[str, StepRecord]) -> bool:
    """Say whether a record comes after one of those in the same holder; items stand beside each other."""
    if record.index is not None:
        return False
    for other in beside.values():
        if record.iteration != other.iteration:
            if max(record.iteration, 1) > max(other.iteration, 1):
                return True
        elif other.index is None and record.order > other.order:
            return True
    return False


def _later_decisions(state: RunState, targets: list[StepRecord]) -> set[tuple[str, str]]:
    """Return the decisions of the loops around the targets that were made after them."""
    made: dict[str, list[tuple[str, int]]] = {}
    for (step_id, key), decision in state.decisions.items():
        if decision.iteration:
            made.setdefault(step_id, []).append((key, decision.iteration))
    return {
        (holder.id, key)
        for target in targets
        for holder, inner in pairwise(_chain(state, target))
        for key, iteration in made.get(holder.id, ())
        if iteration > max(inner.iteration, 1)
    }
