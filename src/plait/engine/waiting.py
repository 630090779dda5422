"""Waiting for a limit to pass: which steps do, and until when."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from plait.model.outcome import Halt, HaltKind, StepResult
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from plait.cancellation import Cancellation
    from plait.engine.context import RunContext
    from plait.engine.run import Run
    from plait.journal import StepRecord

_LONGEST_GLANCE = 1.0
"""Seconds after which the wall clock is read again: it may be set, or the machine may have slept."""
_TOO_LATE = "not waited for: the time limit of a step around it passes first"


def wait_out(run: Run, context: RunContext, result: StepResult) -> StepResult | None:
    """Return the result of a try that asks to be repeated at a later time; None if it asks for nothing of the kind."""
    until = result.again_at
    if until is None or result.status is not StepStatus.FAILED or result.halt is not None:
        return None
    if not math.isfinite(until) or context.cancellation.cancelled or result.output.get("aborted"):
        return None
    if not _in_time(context, until):
        return replace(result, error=f"{result.error}; {_TOO_LATE}")
    run.journal.append(
        "attempt_failed",
        step_id=context.step_id,
        attempt=context.attempt,
        error=result.error,
        failure=result.failure,
        until=until,
    )
    return _waiting(context, result.error, until)


def waits_on(context: RunContext, record: StepRecord) -> StepResult | None:
    """Return the result of a step whose time has not come yet; None to execute it."""
    until = record.waiting_until
    if until is None or record.extra is None or not record.extra.holds_back or until <= time.time():
        return None
    if not _in_time(context, until):
        return StepResult.failed(f"{record.error}; {_TOO_LATE}")
    return _waiting(context, record.error, until)


def wait_until(cancellation: Cancellation, until: float) -> None:
    """Wait until a time in seconds since the epoch, or until cancelled."""
    while (left := until - time.time()) > 0 and not cancellation.wait(min(left, _LONGEST_GLANCE)):
        pass


def _waiting(context: RunContext, error: str | None, until: float) -> StepResult:
    halt = Halt(HaltKind.WAITING, context.step_id, error, until=until)
    return StepResult(StepStatus.PENDING, error=error, halt=halt)


def _in_time(context: RunContext, until: float) -> bool:
    deadline = context.cancellation.deadline
    return deadline is None or time.monotonic() + (until - time.time()) < deadline
