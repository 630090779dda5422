"""`if`: one of two blocks."""

from __future__ import annotations

from pydantic import Field

from plait.model.fields import ConditionField, StepConfig, Steps
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext


class IfConfig(StepConfig):
    """`condition` decides between `then` and `else` (IFS-01)."""

    condition: ConditionField
    then: Steps
    otherwise: Steps | None = Field(None, alias="else")


class IfStep(StepBase):
    """Runs `then` if its condition holds, else `else`."""

    type_key = "if"
    Config = IfConfig

    def execute(self, config: IfConfig, context: StepContext) -> StepResult:
        """Decide once, run the block."""
        holds = context.decide("condition", lambda: context.condition(config.condition))
        output: dict[str, object] = {"condition_result": holds}
        context.publish(output)
        block = config.then if holds else config.otherwise or ()
        return StepResult.after(context.run_block(block), output)
