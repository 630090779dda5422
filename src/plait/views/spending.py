"""What agents cost, as a person reads it and as `--json` shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.model.spending import Budget, Spending

_THOUSAND, _MILLION = 1_000, 1_000_000
_SHORT = 100_000
_CENT = 0.01


def spent_text(spent: Spending) -> str:
    """Return tokens and dollars, as far as there are any: `12.3k tokens, $0.42`; empty for nothing."""
    parts = []
    if spent.tokens:
        parts.append(tokens_text(spent.tokens) + " tokens")
    if spent.usd:
        parts.append(usd_text(spent.usd))
    return ", ".join(parts)


def tokens_text(count: int) -> str:
    """Return a number of tokens: `950`, `12.3k`, `480k`, `2.5M`."""
    if count < _THOUSAND:
        return str(count)
    if count < _SHORT:
        return f"{count / _THOUSAND:.1f}k"
    return f"{count / _THOUSAND:.0f}k" if count < _MILLION - _THOUSAND // 2 else f"{count / _MILLION:.1f}M"


def usd_text(amount: float) -> str:
    """Return an amount of dollars: `$0.42`, `$1,203.00`, less than a cent as `$0.0031`."""
    return f"${amount:,.2f}" if amount >= _CENT else f"${amount:.4f}"


def budget_text(budget: Budget) -> str:
    """Return the limits of a budget: `$20.00, 3.0M tokens, 90 minutes`."""
    parts = []
    if budget.usd is not None:
        parts.append(usd_text(budget.usd))
    if budget.tokens is not None:
        parts.append(f"{tokens_text(budget.tokens)} tokens")
    if budget.minutes is not None:
        parts.append(f"{budget.minutes:g} minutes")
    return ", ".join(parts)


def spending_payload(spent: Spending) -> dict[str, Any]:
    """Return what has been spent as an object: `usd`, `tokens`, `minutes`."""
    return {"usd": round(spent.usd, 6), "tokens": spent.tokens, "minutes": round(spent.minutes, 4)}
