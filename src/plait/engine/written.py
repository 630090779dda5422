"""Steps as written, in a workflow and in those that it calls, and the occurrences of them in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.model.fields import StepConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.journal import StepRecord
    from plait.model.workflow import Step, Workflow

Way = tuple[int, ...]
"""The orders of the steps that call one workflow from within another, then that of a step in the last of them."""


def called_by(step: Step, workflow: Workflow) -> Workflow | None:
    """Return the workflow that a step of `workflow` calls, if it does."""
    named = step.config.calls() if isinstance(step.config, StepConfig) else None
    return None if named is None else workflow.calls.get(named[1])


def calling_steps(workflow: Workflow) -> frozenset[int]:
    """Return the orders of all steps that call a workflow, in a workflow and in those that it calls."""
    return frozenset(
        step.order for each in workflow.family() for step in each.walk() if called_by(step, each) is not None
    )


def ways_to(workflow: Workflow, step_id: str) -> set[Way]:
    """Return the steps that an id names: `deploy`, or `release:deploy` in the workflow that `release` calls."""
    return set(_ways(workflow, step_id.split(":")))


def _ways(workflow: Workflow, ids: Sequence[str]) -> Iterator[Way]:
    for step in workflow.walk():
        if step.id != ids[0]:
            continue
        called = called_by(step, workflow)
        if len(ids) == 1:
            yield (step.order,)
        elif called is not None:
            yield from ((step.order, *way) for way in _ways(called, ids[1:]))


def way_of(chain: Sequence[StepRecord], calling: frozenset[int]) -> Way:
    """Return which step an occurrence is one of; `chain` ends with it, after the occurrences around it."""
    return (*(record.order for record in chain[:-1] if record.order in calling), chain[-1].order)
