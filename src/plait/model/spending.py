"""What agents cost, and what they may cost."""

from __future__ import annotations

from typing import NamedTuple


class Spending(NamedTuple):
    """What calls to agents have used: dollars as far as they are known, tokens in and out, minutes at work.

    Minutes of agents that work side by side add up.
    """

    usd: float = 0.0
    tokens: int = 0
    minutes: float = 0.0

    def plus(self, other: Spending) -> Spending:
        """Return the sum of both."""
        return Spending(self.usd + other.usd, self.tokens + other.tokens, self.minutes + other.minutes)


class AgentCall(NamedTuple):
    """One call to an agent, as far as it is known; `tokens_in` includes `tokens_cached`."""

    agent: str = ""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0


class Budget(NamedTuple):
    """The most that may be spent; None where nothing limits it."""

    usd: float | None = None
    tokens: int | None = None
    minutes: float | None = None

    def raised(self, other: Budget) -> Budget:
        """Return this budget with the limits that `other` sets in place of its own."""
        return Budget(
            self.usd if other.usd is None else other.usd,
            self.tokens if other.tokens is None else other.tokens,
            self.minutes if other.minutes is None else other.minutes,
        )
