"""When an agent that waits for a limit by itself is better ended, so that nothing is held while time passes."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from plait.agents.failures import COLOURS, LOOKED_AT, announcement_of, failure_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.agents.reply import Activity

MOST_TRIES = 3
"""Tries that may fail in a row, with nothing done between them."""

LONGEST_PAUSE = 30.0
"""Seconds; an agent that announces a longer pause is not waited for."""

LONGEST_SILENCE = 300.0
"""Seconds that an agent may say nothing behind a failure of which it does not tell when it tries again."""

PARTING = 3.0
"""Seconds in which an agent that has given up itself ends."""

_HOPELESS = frozenset({"quota", "authentication"})
_COUNTED = _HOPELESS | {"rate_limit", "overloaded"}


class Retries:
    """Counts the failures that one call tells of while it goes on; `leaves_at` says when it is to be ended.

    `reason` is what the agent said of the failure that decides; None while all is well.
    """

    def __init__(self, agent_key: str) -> None:
        self._key = agent_key
        self._announcement = announcement_of(agent_key)
        self._stderr = ""
        self._failed = 0
        self.leaves_at = math.inf
        self.reason: str | None = None

    def hear(self, activities: Iterable[Activity]) -> None:
        """Take in what the agent has done: an error that is told while it works counts, anything else is progress."""
        for activity in activities:
            if activity.kind == "error":
                self._count(activity.text)
            elif activity.kind != "usage":
                self._failed, self.leaves_at, self.reason = 0, math.inf, None

    def overhear(self, data: bytes) -> None:
        """Take in what the agent wrote to stderr."""
        if self._announcement is None:
            return
        self._stderr = (self._stderr + COLOURS.sub("", data.decode("utf-8", "replace")))[-LOOKED_AT:]
        end = 0
        for found in self._announcement.finditer(self._stderr):
            self._count(found[0])
            end = found.end()
        self._stderr = self._stderr[end:]

    def _count(self, told: str) -> None:
        failure = failure_in(self._key, told, time.time())
        if failure is None or failure.kind not in _COUNTED:
            return
        self._failed += 1
        self.reason = told
        pause = failure.retry_after or 0.0
        enough = failure.kind in _HOPELESS or self._failed >= MOST_TRIES or pause > LONGEST_PAUSE
        patience = PARTING if enough else LONGEST_SILENCE
        self.leaves_at = min(self.leaves_at, time.monotonic() + patience)
