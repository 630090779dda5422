"""The walk: a block runs its steps in order; a step is reused if it is settled, and executed otherwise.

`run` and `resume` are this same walk from the root. It knows no step type by name.
"""

from __future__ import annotations

import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from plait.engine.context import RunContext
from plait.engine.interruption import settle_interrupted
from plait.engine.waiting import wait_out, waits_on
from plait.errors import PlaitError, StorageError
from plait.journal.values import LONGEST_TEXT, StoredText, as_json
from plait.model.outcome import Halt, HaltKind, StepResult
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from plait.cancellation import Cancellation
    from plait.engine.run import Run
    from plait.engine.scope import Place
    from plait.journal import StepRecord
    from plait.model.workflow import Block, Retry, Step


def run_block(run: Run, block: Block, around: Place, iteration: int = 0) -> Halt | None:
    """Run the steps of a block of the step at `around`; return the halt that stopped it, or None."""
    for step in block:
        halt = run_step(run, step, around.of_child(step, iteration))
        if halt is not None:
            return halt
    return None


def run_step(run: Run, step: Step, place: Place) -> Halt | None:
    """Bring one occurrence of a step to its end, unless it is settled; return the halt it stopped with, or None."""
    record = run.state.records.get(place.id)
    if record is not None and record.settled:
        return None
    if place.cancellation.cancelled:
        return Halt(HaltKind.INTERRUPTED, place.id)
    if place.cancellation.expired:
        return Halt(HaltKind.FAILED, place.id, "the time limit of a step around this one has passed")
    context = RunContext(run, step, place)
    context.former = None if record is None else record.status
    if step.settings.condition is not None and (record is None or record.attempt == 0):
        try:
            wanted = context.condition(step.settings.condition)
        except PlaitError as error:
            return _settle(run, step, context, StepResult.failed(f"`if`: {error}"), started=False)
        if not wanted:
            return _settle(run, step, context, StepResult(StepStatus.SKIPPED), started=False)
    try:
        result = _attempts(run, step, context, record)
    except StorageError:
        raise
    except Exception as error:
        _record_bug(run, context, error)
        raise
    return _settle(run, step, context, result)


def _attempts(run: Run, step: Step, context: RunContext, record: StepRecord | None) -> StepResult:
    """Execute a step until it succeeds or `retry` gives up; every try is journaled."""
    retry = step.settings.retry
    failures = 0
    goes_on = False
    if record is not None:
        # Of a step around one that waited, no try has ended: it is walked again to get there.
        goes_on = record.extra is not None and record.waiting_until is not None and not record.extra.holds_back
        context.attempt = record.attempt if goes_on else record.attempt + 1
        if record.status in (StepStatus.RUNNING, StepStatus.PENDING):
            failures = record.failures
        settled = waits_on(context, record) or settle_interrupted(step, context, record)
        if settled is not None:
            return settled
    while True:
        _announce(run, step, context, goes_on=goes_on)
        goes_on = False
        result = _execute(run, step, context)
        waiting = wait_out(run, context, result)
        if waiting is not None:
            return waiting
        failures += 1
        if retry is None or failures >= retry.attempts or not _worth_another(retry, result, context):
            return result
        delay = _delay(retry, failures)
        code = result.output.get("exit_code")
        run.journal.append(
            "attempt_failed",
            step_id=context.step_id,
            attempt=context.attempt,
            error=result.error,
            failure=result.failure,
            **({} if code is None else {"exit_code": code}),
            delay=delay,
        )
        if not _pause(context.place.cancellation, 0.0 if run.is_rehearsal else delay):
            return result
        context.attempt += 1


def _announce(run: Run, step: Step, context: RunContext, *, goes_on: bool) -> None:
    fields = _position(step, context.place)
    if context.attempt > 1:
        fields["attempt"] = context.attempt
    defaults = context.place.scope.call.defaults
    if step.settings.overrides or defaults:
        fields["overrides"] = {**defaults, **{key: step.written[key] for key in step.settings.overrides}}
    run.journal.append("step_started", **fields)
    if run.on_step_start is not None and not goes_on:
        with run.journal.lock, suppress(OSError):  # a closed pipe or terminal: the run goes on unseen
            run.on_step_start(context.step_id, context.label)


def _position(step: Step, place: Place) -> dict[str, Any]:
    """Return where an occurrence hangs in the run's tree, as its first event says it."""
    fields: dict[str, Any] = {"step_id": place.id, "type": step.type.type_key, "order": step.order}
    if place.parent is not None:
        fields["parent"] = place.parent
    if place.index is not None:
        fields["index"] = place.index
    if place.iteration > 1:
        fields["iteration"] = place.iteration
    if place.alias is not None:
        fields["as"] = place.alias
    if place.top is not None:
        fields["top"] = place.top
    if step.settings.name is not None:
        fields["name"] = step.settings.name
    return fields


def _execute(run: Run, step: Step, context: RunContext) -> StepResult:
    """Execute one try; what a user can cause becomes a failure, a bug escapes."""
    try:
        with context.place.scope.call.slot(), context.time_limit():
            try:
                result = _perform(run, step, context)
            finally:
                context.fall_silent()
        if context.overtime is not None and _ran_out_of_time(step, result):
            # The time that was over is this step's own, whichever step inside it noticed first.
            result = StepResult.failed(f"timed out after {context.overtime:g} s", result.output, failure="timeout")
        if step.settings.outputs and result.status is StepStatus.COMPLETED:
            result = _with_outputs(step, context, result)
        if result.status is StepStatus.PAUSED and context.shortage is not None:
            result.output = {**result.output, "budget": context.shortage._asdict()}
        _make_keepable(run, context, result)
    except StorageError:
        raise
    except PlaitError as error:
        return StepResult.failed(str(error))
    return result


def _ran_out_of_time(step: Step, result: StepResult) -> bool:
    if result.halt is not None:
        return result.halt.kind is HaltKind.FAILED
    return step.type.own_clock and result.status is StepStatus.FAILED and result.failure == "timeout"


def _perform(run: Run, step: Step, context: RunContext) -> StepResult:
    """Execute a step and, in its place, the steps that it returned; those of an earlier try are not asked for again."""
    expanded = run.state.expanded.get(context.step_id)
    if expanded is not None:
        block = run.build_block(expanded["next_steps"], step)
        return _run_returned(context, block, expanded["output"])
    result = step.type.execute(step.config, context)
    if not isinstance(result, StepResult):
        raise TypeError(f"{type(step.type).__name__}.execute returned {result!r}, not a StepResult")
    if result.status is not StepStatus.COMPLETED or not result.next_steps:
        return result
    _make_keepable(run, context, result)
    return _expand(run, step, context, result)


def _with_outputs(step: Step, context: RunContext, result: StepResult) -> StepResult:
    context.publish(result.output)
    outputs = {name: context.evaluate_lazily(value) for name, value in step.settings.outputs.items()}
    return StepResult(output={**result.output, **outputs})


def _expand(run: Run, step: Step, context: RunContext, result: StepResult) -> StepResult:
    """Run the steps that a step returned; mappings are journaled first, so that a resume runs these same ones."""
    from plait.model.workflow import Step as StepNode  # noqa: PLC0415 - needed at run time here alone

    ready = tuple(step for step in result.next_steps if isinstance(step, StepNode))
    if len(ready) == len(result.next_steps):
        return _run_returned(context, ready, result.output)
    raw = [run.redactor.redact_value(as_json(each)) for each in result.next_steps]
    try:
        block = run.build_block(raw, step)
    except PlaitError as error:
        return StepResult.failed(f"the steps it returned are not valid: {error}", result.output)
    run.journal.append("steps_expanded", step_id=context.step_id, output=result.output, next_steps=raw)
    return _run_returned(context, block, result.output)


def _run_returned(context: RunContext, block: Block, output: dict[str, object]) -> StepResult:
    context.publish(output)
    return StepResult.after(context.run_block(block), output)


def _make_keepable(run: Run, context: RunContext, result: StepResult) -> None:
    """Give an output the form that a journal gives back; texts that a record does not keep whole go into files."""
    if not result.output:
        return
    result.output = as_json(result.output)
    for key, value in result.output.items():
        if type(value) is str and len(value) > LONGEST_TEXT:
            file = context.files_folder() / f"attempt-{context.attempt}.{key.replace('/', '_')[:60]}.txt"
            result.output[key] = StoredText.store(run.redactor.redact_text(value), run.state.folder.path, file)


def _worth_another(retry: Retry, result: StepResult, context: RunContext) -> bool:
    if result.status is not StepStatus.FAILED or result.output.get("aborted") or context.place.cancellation.cancelled:
        return False
    if result.halt is not None and result.halt.kind is not HaltKind.FAILED:
        return False
    if not retry.on or result.failure in retry.on or result.output.get("exit_code") in retry.on:
        return True
    return ("timeout" if result.failure in ("timeout", "idle") else "error") in retry.on


def _delay(retry: Retry, failures: int) -> float:
    delay = min(retry.delay * retry.backoff ** (failures - 1), retry.max_delay)
    return delay * (1 + random.uniform(-retry.jitter, retry.jitter)) if retry.jitter else delay  # noqa: S311


def _pause(cancellation: Cancellation, seconds: float) -> bool:
    """Wait before another try; return whether there still is time for it."""
    deadline = cancellation.deadline
    left = seconds if deadline is None else min(seconds, deadline - time.monotonic())
    return not (cancellation.wait(left) or cancellation.expired)


def _settle(run: Run, step: Step, context: RunContext, result: StepResult, *, started: bool = True) -> Halt | None:
    """Journal what came of a step and return the halt it stops its block with, or None."""
    place = context.place
    halt = _halt_of(place, result)
    run.published.pop(place.id, None)
    if halt is not None and halt.kind in (HaltKind.INTERRUPTED, HaltKind.WAITING):
        _leave(run, context, halt)
        return halt
    is_own = result.halt is None or step.type.owns_failures
    continued = halt is not None and halt.kind is HaltKind.FAILED and is_own and step.settings.continue_on_error
    fields: dict[str, Any] = {"step_id": place.id, "status": result.status.value}
    if result.output:
        fields["output"] = result.output
    if result.error is not None:
        fields["error"] = result.error
    if halt is not None and halt.kind is HaltKind.FAILED and result.failure != "error":
        fields["failure"] = result.failure
    if continued:
        fields["continued"] = True
    if result.status is StepStatus.PAUSED and context.answered:
        fields["answered"] = True
    if not started:
        fields |= {"unstarted": True, **_position(step, place)}
    try:
        run.journal.append("step_completed", **fields)
    except TypeError as error:
        return _settle(run, step, context, StepResult.failed(f"its output cannot be kept as JSON: {error}"))
    if continued:
        run.journal.append("step_continue_on_error", step_id=place.id, error=result.error)
        return None
    if halt is not None and result.halt is None and halt.kind is HaltKind.FAILED:
        run.journal.append("step_failed", step_id=place.id, error=result.error)
    return halt


def _leave(run: Run, context: RunContext, halt: Halt) -> None:
    """Journal that a step is left before its end, to be walked again; what waits itself has said so already."""
    place = context.place
    if halt.kind is HaltKind.INTERRUPTED:
        run.journal.append("step_interrupted", step_id=place.id)
    elif halt.step_id != place.id:
        run.journal.append("step_waiting", step_id=place.id, until=halt.until)
        if context.deadline is not None:
            run.deadlines[place.id] = context.deadline


def _halt_of(place: Place, result: StepResult) -> Halt | None:
    if result.halt is not None:
        return result.halt
    if result.status is StepStatus.PAUSED:
        return Halt(HaltKind.PAUSED, place.id, waiting=(place.id,))
    if result.status is not StepStatus.FAILED:
        return None
    if result.output.get("aborted"):
        return Halt(HaltKind.ABORTED, place.id, result.error)
    if place.cancellation.cancelled:
        return Halt(HaltKind.INTERRUPTED, place.id)
    return Halt(HaltKind.FAILED, place.id, result.error)


def _record_bug(run: Run, context: RunContext, error: Exception) -> None:
    """Keep what is known of a step whose type raised; if even that fails, the error itself matters more."""
    text = f"{type(error).__name__}: {error}"
    run.published.pop(context.step_id, None)
    run.journal.append("step_completed", step_id=context.step_id, status=StepStatus.FAILED.value, error=text)
