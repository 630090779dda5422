"""A step that stopped because a budget was used up, and the command that raises it."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.model.status import StepStatus
from plait.views.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.journal import StepRecord

_ROUNDING = 1e-9
"""So much above a round number still counts as that number."""


class Shortage(NamedTuple):
    """A budget that was used up: the run's if `step_id` is None. `enough` is an amount worth going on with."""

    step_id: str | None
    unit: str
    limit: float
    enough: float


def shortage_of(record: StepRecord) -> Shortage | None:
    """Return the budget that a step waits for, if it does."""
    found = record.output.get("budget")
    if record.status is not StepStatus.PAUSED or not isinstance(found, dict):
        return None
    limit, spent, expected = (float(found.get(name) or 0) for name in ("limit", "spent", "expected"))
    step_id = found.get("step_id")
    enough = max(2 * limit, spent + 2 * expected)
    return Shortage(None if step_id is None else str(step_id), str(found.get("unit")), limit, enough)


def raising_command(run_id: str, records: Iterable[StepRecord]) -> str | None:
    """Return the command that goes on with a run by raising every budget that these steps wait for, if any does.

    Budgets of several items of one fan-out are raised by one name.
    """
    found = [shortage for shortage in map(shortage_of, records) if shortage is not None]
    items = Counter(group for group in {each.step_id: _group_of(each) for each in found}.values() if group)
    amounts: dict[str, float] = {}
    for shortage in found:
        group = _group_of(shortage)
        name = group if group and items[group] > 1 else shortage.step_id
        key = shortage.unit if name is None else f"{one_line(name)}:{shortage.unit}"
        amounts[key] = max(amounts.get(key, 0.0), _rounded(shortage))
    if not amounts:
        return None
    options = "".join(f" --budget {shlex.quote(f'{key}={amount:.12g}')}" for key, amount in amounts.items())
    return f"plait resume {run_id}{options}"


def _group_of(shortage: Shortage) -> str | None:
    """Return what names all items beside the one whose budget it is; None if it is not an item's."""
    group, _, number = (shortage.step_id or "").rpartition(":")
    return group if number.isdecimal() and group else None


def _rounded(shortage: Shortage) -> float:
    """Return the amount as a person would say it: above 1 a whole number, below it two digits that matter."""
    amount = shortage.enough
    if shortage.unit == "tokens" or amount > 1:
        return math.ceil(amount)
    step = 10.0 ** (math.floor(math.log10(amount)) - 1)
    return math.ceil(amount / step - _ROUNDING) * step


def shortage_payload(record: StepRecord) -> dict[str, Any]:
    """Return what a waiting step's block says of a budget; empty if it waits for none."""
    shortage = shortage_of(record)
    return {} if shortage is None else {"budget": record.output["budget"]}
