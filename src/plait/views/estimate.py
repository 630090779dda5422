"""What a plan is likely to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.preview.estimate import over_budget
from plait.views.spending import tokens_text, usd_text
from plait.views.text import duration, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plait.preview.estimate import Cost, Estimate, Interval, OverBudget
    from plait.preview.plan import Plan
    from plait.views.palette import Palette

_SHOWN = 8
_UNITS: dict[str, Callable[[float], str]] = {
    "usd": usd_text,
    "tokens": lambda amount: f"{tokens_text(round(amount))} tokens",
    "minutes": lambda amount: f"{amount:.1f} minutes",
}


def between(found: Interval, text: Callable[[float], str]) -> str:
    """Return an interval: `4.0s to 12s`, or one figure if both ends read the same."""
    low, high = text(found.low), text(found.high)
    return low if low == high else f"{low} to {high}"


def cost_text(cost: Cost) -> str:
    """Return what a step is likely to take: `2.0s to 4.1s, $0.10 to $0.30`."""
    parts = [between(cost.seconds, duration)] if cost.seconds.high else []
    if cost.usd.high:
        parts.append(between(cost.usd, usd_text))
    elif cost.tokens.high:
        parts.append(between(cost.tokens, _UNITS["tokens"]))
    return ", ".join(parts)


def estimate_lines(plan: Plan, estimate: Estimate | None, palette: Palette) -> Iterator[str]:
    """Yield the figures with what they are based on, what they leave out, and which budget they exceed."""
    if estimate is None:
        yield palette.paint(
            "No estimate: the project has no earlier run of this workflow that tells of its steps.", "dim"
        )
        return
    total = estimate.total
    yield f"Estimate from {_basis(estimate)}"
    yield f"  time    {between(total.seconds, duration)}"
    if total.tokens.high:
        yield f"  tokens  {between(total.tokens, lambda amount: tokens_text(round(amount)))}"
    if total.usd.high:
        yield f"  cost    {between(total.usd, usd_text)}"
    for text in _left_out(estimate):
        yield palette.paint(f"  {text}", "dim")
    for each in over_budget(plan, estimate):
        yield palette.paint(f"warning: {over_text(each)}", "yellow")


def _basis(estimate: Estimate) -> str:
    number = plural(len(estimate.runs), "earlier run")
    return f"the newest {number} of {len(estimate.runs) + estimate.others:,}" if estimate.others else number


def _left_out(estimate: Estimate) -> Iterator[str]:
    if estimate.unseen:
        yield f"not counted, as no run tells of them: {_listed(estimate.unseen)}"
    if estimate.unpriced:
        yield f"cost not counted, as their agents report none: {_listed(estimate.unpriced)}"
    if estimate.gates:
        yield f"not counted: the time in which {plural(estimate.gates, 'gate')} may wait for a person"


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(one_line(name) for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")


def over_text(found: OverBudget) -> str:
    """Return what is to be said of a budget that may not be enough."""
    text = _UNITS[found.unit]
    whose = "the run" if found.step_id is None else f"step {one_line(found.step_id)}"
    return f"the budget of {whose} is {text(found.limit)}, and the estimate goes up to {text(found.likely.high)}"


def estimate_payload(plan: Plan, estimate: Estimate | None) -> dict[str, Any] | None:
    """Return the same as an object; None without an estimate."""
    if estimate is None:
        return None
    return {
        **cost_payload(estimate.total),
        "based_on": {"runs": list(estimate.runs), "not_read": estimate.others},
        "without_history": list(estimate.unseen),
        "without_cost": list(estimate.unpriced),
        "gates": estimate.gates,
        "over_budget": [
            {"step_id": each.step_id, "unit": each.unit, "limit": each.limit, "high": round(each.likely.high, 6)}
            for each in over_budget(plan, estimate)
        ],
    }


def cost_payload(cost: Cost) -> dict[str, Any]:
    """Return what is taken as an object: `low` and `high` of seconds, tokens, dollars and minutes of agents' work."""
    return {
        name: {"low": round(part.low, 6), "high": round(part.high, 6)}
        for name, part in zip(("seconds", "tokens", "usd", "minutes"), cost, strict=True)
    }
