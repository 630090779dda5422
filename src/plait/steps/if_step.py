"""`if`: one of two blocks."""

from __future__ import annotations

from pydantic import Field

from plait.model.fields import ConditionField, StepConfig, Steps
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext


class IfConfig(StepConfig):
    """`condition` decides between `then` and `else` (IFS-01)."""

    condition: ConditionField = Field(
        description="What decides: one expression, or true or false.", examples=["{{ inputs.count > 3 }}"]
    )
    then: Steps = Field(description="The steps to run if the condition holds.")
    otherwise: Steps | None = Field(None, alias="else", description="The steps to run if the condition does not hold.")


class IfStep(StepBase):
    """Runs `then` if its condition holds, else `else`."""

    type_key = "if"
    Config = IfConfig
    acts = False
    chooses = True

    def execute(self, config: IfConfig, context: StepContext) -> StepResult:
        """Decide once, run the block."""
        holds = context.decide("condition", lambda: context.condition(config.condition))
        output: dict[str, object] = {"condition_result": holds}
        context.publish(output)
        block = config.then if holds else config.otherwise or ()
        return StepResult.after(context.run_block(block), output)
