"""How long a failure that passes is waited out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.agents.reply import Failure

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 120.0
MOST_PAUSES = 8
FIRST_QUOTA_PAUSE = 15 * 60.0
LONGEST_QUOTA_PAUSE = 2 * 3600.0
MOST_QUOTA_PAUSES = 12
SPREAD = 10.0
"""Seconds over which those that wait for the same moment are spread."""


def wait_after(failure: Failure, waits: int, now: float, random: Callable[[], float]) -> float | None:
    """Return when to try again, in seconds since the epoch; None if there is no point in it.

    `waits` is how often this call has been waited for already; `random` gives numbers from 0 up to 1.
    """
    match failure.kind:
        case "rate_limit" | "overloaded" if waits < MOST_PAUSES:
            pause = random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**waits)
            return now + (failure.retry_after or 0.0) + pause
        case "quota" if waits < MOST_QUOTA_PAUSES:
            if failure.resets_at is None:
                return now + min(LONGEST_QUOTA_PAUSE, FIRST_QUOTA_PAUSE * 2.0**waits) + random() * SPREAD
            return max(now, failure.resets_at) + random() * SPREAD
        case _:
            return None
