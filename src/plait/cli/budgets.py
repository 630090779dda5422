"""Budgets given on the command line."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from plait.errors import UsageError
from plait.model.spending import Budget
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_UNITS = Budget._fields
_FORM = "such as usd=20, tokens=3000000, minutes=60 or usd=20,minutes=60; STEP:usd=5 for one step"
_WHOLE = re.compile(r"[0-9]+(_[0-9]+)*")
_MOST_DIGITS = 30


def parse_budgets(texts: Iterable[str]) -> Mapping[str | None, Budget]:
    """Return `[STEP:]UNIT=AMOUNT[,UNIT=AMOUNT…]` texts as budgets by step id; the run's own stands under None.

    The last amount of a unit wins. Raises `UsageError` for a text of another form.
    """
    budgets: dict[str | None, Budget] = {}
    for text in texts:
        step_id, limits = _parse(text)
        budgets[step_id] = budgets.get(step_id, Budget()).raised(limits)
    return budgets


def _parse(text: str) -> tuple[str | None, Budget]:
    place, found = "", Budget()
    for number, part in enumerate(text.split(",")):
        name, equals, amount = part.partition("=")
        before, _, unit = name.strip().rpartition(":")
        if not equals or (number and before) or name.strip().startswith(":"):
            raise UsageError(f"--budget {text!r} is not of the form [STEP:]UNIT=AMOUNT,…", hint=_FORM)
        place = place or before
        found = found.raised(_limit(text, unit.strip(), amount.strip()))
    return place or None, found


def _limit(text: str, unit: str, amount: str) -> Budget:
    match unit:
        case "usd":
            return Budget(usd=_amount(text, unit, amount))
        case "tokens":
            return Budget(tokens=_count(text, unit, amount))
        case "minutes":
            return Budget(minutes=_amount(text, unit, amount))
        case _:
            hint = suggestion(unit, _UNITS) or "the units are usd, tokens and minutes"
            raise UsageError(f"--budget {text!r}: {unit!r} is no unit of a budget", hint=hint)


def _amount(text: str, unit: str, amount: str) -> float:
    try:
        value = float(amount)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value <= 0:
        raise UsageError(f"--budget {text!r}: {unit} must be a positive, finite number, not {amount!r}", hint=_FORM)
    return value


def _count(text: str, unit: str, amount: str) -> int:
    value = int(amount.replace("_", "")) if _WHOLE.fullmatch(amount) and len(amount) < _MOST_DIGITS else 0
    if value < 1:
        raise UsageError(f"--budget {text!r}: {unit} must be a positive whole number, not {amount!r}", hint=_FORM)
    return value
