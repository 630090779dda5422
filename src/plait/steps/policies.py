"""What `fan-out` and `parallel` have in common: how many at once, and what a halted item means for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from plait.model.fields import StepConfig, Value
from plait.model.outcome import StepResult
from plait.model.step_type import OnItemFailure, OnItemPause

if TYPE_CHECKING:
    from plait.model.step_type import ItemsOutcome

_SHOWN = 5


class PolicyConfig(StepConfig):
    """`max_concurrency` is a number or an expression; the policies say what one halted item means for the others."""

    max_concurrency: Value = Field(None, description="How many run at once: a number, or an expression.")
    on_item_failure: OnItemFailure = Field(
        "stop",
        description="What the failure of one means for the others: `stop` starts no more of them, `continue` runs them "
        "all and fails in the end, `cancel` also ends those that run.",
    )
    on_item_pause: OnItemPause = Field(
        "stop",
        description="What it means for the others that one waits for a person: `stop` starts no more of them, "
        "`continue` lets them go on.",
    )


def width_of(value: object, default: int = 1) -> int:
    """Return how many run at once: the whole part of a number, and 1 for whatever is none (FAN-06)."""
    if value is None:
        return default
    try:
        number: int = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return 1
    return max(number, 1)


def conclude(outcome: ItemsOutcome, output: dict[str, object], what: str, count: int) -> StepResult:
    """Build the result of a step whose items, or branches, have ended."""
    if outcome.failures:
        output["failures"] = [{"step_id": halt.step_id, "error": halt.error} for halt in outcome.failures]
    if outcome.halt is not None or not outcome.failures:
        return StepResult.after(outcome.halt, output)
    named = "; ".join(f"{halt.step_id}: {halt.error}" for halt in outcome.failures[:_SHOWN])
    more = len(outcome.failures) - _SHOWN
    rest = f"; and {more} more" if more > 0 else ""
    return StepResult.failed(f"{len(outcome.failures)} of {count} {what} failed: {named}{rest}", output)
