"""What a run remembers besides the records of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from plait.model.spending import Spending

Event = dict[str, Any]


class Child(NamedTuple):
    """A child process: `start` tells it from another that got the same pid later."""

    pid: int
    start: float
    step_id: str


@dataclass(slots=True)
class Decision:
    """What a step decided, once for all walks; `iteration` is the pass of a loop it belongs to, or 0."""

    value: object
    iteration: int = 0


@dataclass(slots=True)
class CalledInputs:
    """The inputs of a workflow that a step calls: as `given` there, and the values they have.

    `generation` is that of the run's own inputs which they were worked out from.
    """

    given: dict[str, Any]
    inputs: dict[str, Any]
    generation: int


class Expense(NamedTuple):
    """What the calls to agents have cost so far, of one step or of the run."""

    calls: int = 0
    total: Spending = Spending()

    def and_one(self, spending: Spending) -> Expense:
        """Return this with one more call."""
        return Expense(self.calls + 1, self.total.plus(spending))

    @property
    def mean(self) -> Spending:
        """What a call has cost on average: tokens rounded up."""
        if not self.calls:
            return self.total
        usd, tokens, minutes = self.total
        return Spending(usd / self.calls, -(-tokens // self.calls), minutes / self.calls)
