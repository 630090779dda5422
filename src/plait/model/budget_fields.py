"""A budget as an author writes it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from plait.model.fields import StepConfig
from plait.model.spending import Budget

if TYPE_CHECKING:
    from typing import Self

_GROUPED = re.compile(r"[0-9]+(_[0-9]+)+")


def parse_amount(value: object) -> float:
    """Accept a positive, finite number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            amount = float(value)
        except OverflowError:
            amount = math.inf
        if math.isfinite(amount) and amount > 0:
            return amount
    raise PydanticCustomError("amount", "must be a positive, finite number")


def parse_count(value: object) -> int:
    """Accept a positive whole number, its digits in groups or not: `2_000_000` is text to YAML."""
    if isinstance(value, str) and _GROUPED.fullmatch(value):
        value = int(value.replace("_", "")[:30])
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise PydanticCustomError("count", "must be a positive whole number")
    return value


Amount = Annotated[float, BeforeValidator(parse_amount), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
Count = Annotated[
    int,
    BeforeValidator(parse_count),
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "minimum": 1,
            "pattern": f"^{_GROUPED.pattern}$",
            "errorMessage": "must be a positive whole number, such as 2_000_000",
        }
    ),
]


class BudgetFields(StepConfig):
    """`budget:` as written: at least one of dollars, tokens and minutes of agents' work."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    usd: Amount | None = Field(
        None,
        description="The most to spend, in US dollars, as far as the agents tell what they cost.",
        examples=[5],
    )
    tokens: Count | None = Field(
        None,
        description="The most tokens, in and out together, cached ones included.",
        examples=["2_000_000"],
    )
    minutes: Amount | None = Field(
        None,
        description="The most minutes that agents are at work; those of agents side by side add up.",
        examples=[90],
    )

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.as_budget() == Budget():
            raise PydanticCustomError("budget", "needs at least one of `usd`, `tokens` and `minutes`")
        return self

    def as_budget(self) -> Budget:
        """Return the values the engine reads."""
        return Budget(self.usd, self.tokens, self.minutes)
