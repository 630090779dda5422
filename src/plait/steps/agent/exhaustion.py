"""Accounts that are used up for the time being: one call finds out, and the others of the run do not try."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from plait.agents.reply import Failure
    from plait.model.step_type import StepContext


class Account(NamedTuple):
    """What limits are counted by, as far as can be told: the agent, its model, and the variables it is called with."""

    agent: str
    model: str | None
    variables: int

    @classmethod
    def of(cls, agent: str, model: str | None, context: StepContext) -> Account:
        """Return the account that a call of a step would use."""
        # Plait's own variables differ from step to step.
        variables = frozenset(pair for pair in context.environment().items() if not pair[0].startswith("PLAIT_"))
        return cls(agent, model, hash(variables))


class _Limit(NamedTuple):
    failure: Failure
    until: float
    in_a_row: int


class Exhaustion:
    """The limits that calls of a run have run into, each with the time from which another call is worth it.

    Times are seconds since the epoch. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits: dict[Account, _Limit] = {}

    def ahead(self, account: Account, now: float) -> Failure | None:
        """Return what a call that begins now would run into; None if nothing is known."""
        limit = self._limits.get(account)
        if limit is None or limit.until <= now:
            return None
        if limit.failure.kind == "quota":
            return limit.failure._replace(resets_at=limit.until)
        return limit.failure._replace(retry_after=limit.until - now)

    def waits(self, account: Account, now: float) -> int:
        """Return how often a limit has been waited for in a row: no call has come through in between."""
        limit = self._limits.get(account)
        if limit is None:
            return 0
        return limit.in_a_row if limit.until <= now else limit.in_a_row - 1

    def meet(self, account: Account, failure: Failure, until: float, now: float) -> None:
        """Note that a call has run into a limit; several that do so at the same time count once."""
        with self._lock:
            self._limits[account] = _Limit(failure, until, self.waits(account, now) + 1)

    def come_through(self, account: Account, now: float) -> None:
        """Note that a call came to its end; one that began before a limit was met says nothing of that."""
        with self._lock:
            if self.ahead(account, now) is None:
                self._limits.pop(account, None)
