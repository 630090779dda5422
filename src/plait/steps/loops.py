"""`while` and `do-while`: a block again and again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from plait.model.fields import EXPRESSION, ConditionField, StepConfig, Steps, parse_value
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext

if TYPE_CHECKING:
    from plait.model.outcome import Halt

_DEFAULT_LIMIT = 10


def _limit(value: object) -> object:
    if value is None or (isinstance(value, str) and "{{" in value):
        return parse_value(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise PydanticCustomError("limit", "must be a whole number of at least 1")
    return value


class LoopConfig(StepConfig):
    """`max_iterations` counts passes of the body in total (WHI-01, WHI-03); it may be an expression."""

    condition: ConditionField = Field(
        description="Whether there is another pass: one expression, or true or false. `while` tests it before each "
        "pass, `do-while` after each.",
        examples=["{{ steps.look.output.data.state != 'done' }}"],
    )
    steps: Steps = Field(description="The steps of one pass.")
    max_iterations: Annotated[
        Any,
        BeforeValidator(_limit),
        WithJsonSchema(
            {
                "type": ["integer", "string", "null"],
                "minimum": 1,
                "pattern": EXPRESSION,
                "errorMessage": "must be a whole number of at least 1, or an expression",
            }
        ),
    ] = Field(
        _DEFAULT_LIMIT,
        description="The most passes, the first included: a whole number, or an expression.",
        examples=[30],
    )


class WhileStep(StepBase):
    """Runs its body as long as the condition, tested before each pass, holds."""

    type_key = "while"
    Config = LoopConfig
    acts = False
    chooses = True

    def execute(self, config: LoopConfig, context: StepContext) -> StepResult:
        """Test, run, and again."""
        limit = most_passes(context.evaluate(config.max_iterations))
        output: dict[str, object] = {"condition_result": None, "max_iterations": limit, "loop_type": "while"}
        halt: Halt | None = None
        done, ended_by = 0, "max_iterations"
        while halt is None and done < limit:
            context.publish({**output, "iterations": done})
            holds = _test(config, context, done + 1)
            if done == 0:
                output["condition_result"] = holds
                context.publish({**output, "iterations": done})
            if not holds or not config.steps:
                ended_by = "condition"
                break
            done += 1
            halt = context.run_block(config.steps, iteration=done)
        return StepResult.after(halt, {**output, "iterations": done, "ended_by": "halt" if halt else ended_by})


class DoWhileStep(StepBase):
    """Runs its body once, and again as long as the condition, tested after each pass, holds."""

    type_key = "do-while"
    Config = LoopConfig
    acts = False

    def execute(self, config: LoopConfig, context: StepContext) -> StepResult:
        """Run, test, and again."""
        limit = most_passes(context.evaluate(config.max_iterations))
        written = config.condition.written
        output: dict[str, object] = {"condition": written, "max_iterations": limit, "loop_type": "do-while"}
        halt: Halt | None = None
        done, ended_by = 0, "max_iterations"
        while halt is None and done < limit:
            context.publish({**output, "iterations": done})
            done += 1
            halt = context.run_block(config.steps, iteration=done)
            context.publish({**output, "iterations": done})
            if halt is None and done < limit and not (config.steps and _test(config, context, done + 1)):
                ended_by = "condition"
                break
        return StepResult.after(halt, {**output, "iterations": done, "ended_by": "halt" if halt else ended_by})


def _test(config: LoopConfig, context: StepContext, number: int) -> bool:
    return context.decide(f"pass {number}", lambda: context.condition(config.condition), iteration=number)


def most_passes(value: object) -> int:
    """Return the limit that `max_iterations` sets; a value that is none means 10, as the peer has it (WHI-01)."""
    if isinstance(value, bool):
        return _DEFAULT_LIMIT
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return _DEFAULT_LIMIT
    return int(number) if math.isfinite(number) and number >= 1 else _DEFAULT_LIMIT
