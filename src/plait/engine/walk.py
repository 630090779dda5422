"""The walk from the root of a workflow."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from plait.cancellation import Cancellation
from plait.engine.interpreter import run_step
from plait.engine.scope import Place, Scope, Terms
from plait.engine.waiting import wait_until
from plait.errors import EvaluationError, PlaitError, StorageError
from plait.expressions import Template, evaluate_value
from plait.expressions.values import to_text
from plait.model.outcome import Halt, HaltKind
from plait.secrets import Secret

if TYPE_CHECKING:
    from plait.engine.run import Run
    from plait.model.workflow import Block


def walk(run: Run) -> Halt | None:
    """Walk the steps of a workflow; return the halt that stopped it, or None at its end."""
    try:
        limit_slots(run, _main_scope(run))
    except EvaluationError as error:
        return Halt(HaltKind.FAILED, run.state.current_step_id or "", str(error))
    return _top_level(run, run.workflow.steps, 0)


def walk_finally(run: Run) -> Halt | None:
    """Walk the steps of `finally`, all of them, also after a cancel; return the first failure among them.

    An exception that escaped a step is raised again after the last one.
    """
    steps = run.workflow.finally_steps
    if not steps:
        return None
    run.cancellation = Cancellation()
    first: Halt | None = None
    bug: Exception | None = None
    for index, step in enumerate(steps):
        try:
            halt = _top_level(run, (step,), len(run.workflow.steps) + index)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again below
            bug = bug or error
            continue
        if halt is not None and halt.kind is HaltKind.INTERRUPTED:
            return halt
        first = first or halt
    if bug is not None:
        raise bug
    return first


def evaluate_outputs(run: Run) -> tuple[Halt | None, dict[str, object]]:
    """Evaluate the workflow's `outputs`; a mistake in one is a failure of the run."""
    try:
        values = _main_scope(run).values(run)
        return None, {name: evaluate_value(value, values) for name, value in run.workflow.outputs.items()}
    except EvaluationError as error:
        return Halt(HaltKind.FAILED, run.state.current_step_id or "", f"`outputs`: {error}"), {}


def _top_level(run: Run, block: Block, first: int) -> Halt | None:
    scope = _main_scope(run)
    try:
        env = variables_of(run, scope)
        for index, step in enumerate(block, first):
            place = Place(step.id, scope, Terms(run.cancellation, env or None), top=index)
            halt = run_step(run, step, place)
            while halt is not None and halt.kind is HaltKind.WAITING:
                wait_until(run.cancellation, halt.until or 0.0)
                halt = run_step(run, step, place)
            if halt is not None:
                return halt
    except StorageError:
        raise
    except PlaitError as error:
        return Halt(HaltKind.FAILED, run.state.current_step_id or "", str(error))
    return None


def variables_of(run: Run, scope: Scope) -> dict[str, str]:
    """Return the variables that a workflow gives to its steps."""
    env = scope.call.workflow.env
    if not env:
        return {}
    values = scope.values(run)
    return {
        name: run.secrets.value(value) if isinstance(value, Secret) else to_text(evaluate_value(value, values))
        for name, value in env.items()
    }


def first_failure(main: Halt | None, last: Halt | None) -> Halt | None:
    """Return how a workflow ends: as its steps did, unless only `finally` failed."""
    if last is not None and last.kind is HaltKind.INTERRUPTED:
        return last
    return main if main is not None else last


def _main_scope(run: Run) -> Scope:
    return Scope(run.main, ("",))


def limit_slots(run: Run, scope: Scope) -> None:
    """Add the slots of a workflow's `max_parallel` to those around it."""
    limit = scope.call.workflow.max_parallel
    if limit is None:
        return
    value = limit.evaluate(scope.values(run)) if isinstance(limit, Template) else limit
    try:
        slots = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        slots = 0
    if slots < 1 or isinstance(value, bool):
        raise EvaluationError(f"`max_parallel` must be a whole number of at least 1, not {value!r}")
    scope.call.slots = (threading.BoundedSemaphore(slots), *scope.call.slots)
