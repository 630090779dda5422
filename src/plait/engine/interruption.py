"""What to do with a step that began and did not end: run it again, unless its author says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.model.outcome import StepResult
from plait.model.status import StepStatus
from plait.model.step_type import Question

if TYPE_CHECKING:
    from plait.engine.context import RunContext
    from plait.journal import StepRecord
    from plait.model.workflow import Step

_CHOICES = ("rerun", "skip", "fail")


def settle_interrupted(step: Step, context: RunContext, record: StepRecord) -> StepResult | None:
    """Return the result of an interrupted step that must not simply run again; None to execute it.

    Applies to `on_interrupt: fail` and `ask` of a step that holds no others: those that do only walk again. A step
    that only waited for a limit to pass was not at work.
    """
    policy = step.settings.on_interrupt
    if policy == "rerun" or step.children or record.waiting_until is not None:
        return None
    asked = record.status is StepStatus.PAUSED and record.output.get("interrupted") is True
    if record.status not in (StepStatus.RUNNING, StepStatus.PENDING) and not asked:
        return None
    if policy == "fail":
        return StepResult.failed("it was interrupted, and `on_interrupt: fail` keeps it from running twice")
    return _ask(context, record)


def _ask(context: RunContext, record: StepRecord) -> StepResult | None:
    message = f"Step {record.id} was interrupted and may have done some of its work. Run it again?"
    answer = context.answer(Question(record.id, message, _CHOICES))
    if answer is None:
        output: dict[str, object] = {"interrupted": True, "message": message, "options": list(_CHOICES)}
        return StepResult(StepStatus.PAUSED, output)
    match answer.choice:
        case "rerun":
            return None
        case "skip":
            return StepResult(StepStatus.SKIPPED)
        case _:
            return StepResult.failed("it was interrupted, and the answer was not to run it again")
