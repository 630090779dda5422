"""A budget as an author writes it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, model_validator
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


Amount = Annotated[float, BeforeValidator(parse_amount)]
Count = Annotated[int, BeforeValidator(parse_count)]


class BudgetFields(StepConfig):
    """`budget:` as written: at least one of dollars, tokens and minutes of agents' work."""

    usd: Amount | None = None
    tokens: Count | None = None
    minutes: Amount | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.as_budget() == Budget():
            raise PydanticCustomError("budget", "needs at least one of `usd`, `tokens` and `minutes`")
        return self

    def as_budget(self) -> Budget:
        """Return the values the engine reads."""
        return Budget(self.usd, self.tokens, self.minutes)
