"""Which records a resume with `--from` or `--step` forgets, so that their steps run again."""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import UsageError
from plait.model.status import RunStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.journal import RunState, StepRecord
    from plait.model.workflow import Step, Workflow


class Forgotten(NamedTuple):
    """Occurrences whose records and decisions go, those whose end alone is undone, and single decisions that go."""

    step_ids: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    decisions: tuple[tuple[str, str], ...] = ()


def forget_step(state: RunState, workflow: Workflow, step_id: str) -> Forgotten:
    """Forget one occurrence (or every occurrence of a step as written) with all inside it, and nothing else."""
    targets = _targets(state, workflow, step_id)
    gone = {record.id for target in targets for record in _with_descendants(state, target)}
    unsettled = {holder.id for target in targets for holder in _holders(state, target)} - gone
    return Forgotten(tuple(gone), tuple(unsettled))


def forget_from(state: RunState, workflow: Workflow, step_id: str) -> Forgotten:
    """Forget a step and all that comes after it.

    What comes after is what follows in the document and the later passes of the loops around it. Other items and
    branches stand beside it, not after it.
    """
    targets = _targets(state, workflow, step_id)
    gone: set[str] = set()
    unsettled: set[str] = set()
    decisions: set[tuple[str, str]] = set()
    for target in targets:
        later = [record for record in state.records.values() if _comes_after(state, record, target)]
        gone |= {record.id for record in later}
        unsettled |= {holder.id for holder in _holders(state, target)}
        decisions |= set(_later_decisions(state, target))
    return Forgotten(tuple(gone), tuple(unsettled - gone), tuple(decisions))


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


def _targets(state: RunState, workflow: Workflow, step_id: str) -> list[StepRecord]:
    """Return the records that an id names: one occurrence, or all of a step as written in the file."""
    record = state.records.get(step_id)
    written = {step.order: step for step in workflow.walk() if step.id == step_id}
    if record is not None and (record.order not in written or _is_plain(written[record.order], record)):
        return [record]
    found = [record for record in state.records.values() if record.order in written]
    if not found and not written:
        known = [*state.records, *(step.id for step in workflow.walk())]
        near = difflib.get_close_matches(step_id, known, 1)
        raise UsageError(f"the run has no step {step_id!r}", hint=f"did you mean {near[0]!r}?" if near else "")
    return found


def _is_plain(step: Step, record: StepRecord) -> bool:
    return record.id == step.id


def _chain(state: RunState, record: StepRecord) -> list[StepRecord]:
    """Return a record and those around it, the outermost first."""
    chain = [record]
    while chain[-1].parent is not None and chain[-1].parent in state.records:
        chain.append(state.records[chain[-1].parent])
    return chain[::-1]


def _holders(state: RunState, record: StepRecord) -> Iterator[StepRecord]:
    yield from _chain(state, record)[:-1]


def _with_descendants(state: RunState, target: StepRecord) -> Iterator[StepRecord]:
    for record in state.records.values():
        if any(holder is target for holder in _chain(state, record)):
            yield record


def _comes_after(state: RunState, record: StepRecord, target: StepRecord) -> bool:
    """Compare two occurrences by their place in the run's tree; the target itself comes after."""
    for mine, its in zip(_chain(state, record), _chain(state, target), strict=False):
        if mine is its:
            continue
        if mine.iteration != its.iteration:
            return max(mine.iteration, 1) > max(its.iteration, 1)
        if mine.index != its.index:
            return False
        return mine.order > its.order
    return len(_chain(state, record)) >= len(_chain(state, target))


def _later_decisions(state: RunState, target: StepRecord) -> Iterator[tuple[str, str]]:
    """Yield the decisions of the loops around the target that were made after it."""
    chain = _chain(state, target)
    for holder, inner in pairwise(chain):
        for (step_id, key), decision in state.decisions.items():
            if step_id == holder.id and decision.iteration > max(inner.iteration, 1):
                yield step_id, key
