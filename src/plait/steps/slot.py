"""`slot`: a named place where overlays put steps; it does nothing itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from plait.model.fields import StepConfig
from plait.model.outcome import StepResult
from plait.model.status import StepStatus
from plait.model.step_type import StepBase, StepContext


def _filled(name: str) -> str:
    if not name.strip():
        raise PydanticCustomError("name", "must be text that is not blank")
    return name


class SlotConfig(StepConfig):
    """`name` is what the place is called (ADD-C); it is no template."""

    name: Annotated[StrictStr, AfterValidator(_filled), WithJsonSchema({"type": "string", "pattern": r"\S"})] = Field(
        description="What the place is called, for people who write overlays.", examples=["Checks of your own"]
    )


class SlotStep(StepBase):
    """Is skipped; the steps that overlays have put beside it are not."""

    type_key = "slot"
    Config = SlotConfig
    acts = False

    def execute(self, config: SlotConfig, context: StepContext) -> StepResult:
        """Do nothing."""
        del context
        return StepResult(StepStatus.SKIPPED, {"slot": config.name})
