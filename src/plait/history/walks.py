"""The processes that have walked a run, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.journal.facts import Event


class Walk(NamedTuple):
    """A process at work on a run, from `start` to `end` in seconds since the epoch; `resumed`: not the first one.

    `ended_as` is the status the run had then; `lost` if the process was gone without a word, `running` if it is not.
    """

    start: float
    end: float
    pid: int | None
    resumed: bool
    ended_as: str


def walks_of(events: Iterable[Event], now: float | None = None) -> tuple[Walk, ...]:
    """Return the times in which a process walked a run; between them nothing happened.

    The last one, if it has not ended, lasts until `now`; without one, until the last event: it is `lost` then.
    """
    walks: list[Walk] = []
    latest: Event | None = None
    for event in events:
        name = event["event"]
        if name in ("run_started", "run_resumed"):
            _end_walk(walks, latest, "lost")
            at = seconds_of(event)
            walks.append(Walk(at, at, event.get("pid"), name == "run_resumed", "running"))
            latest = event
        elif latest is not None and name in WALK_ENDS:
            _end_walk(walks, event, event.get("status") or WALK_ENDS[name])
            latest = None
        elif latest is not None and name not in FROM_OUTSIDE:
            latest = event
    if now is None:
        _end_walk(walks, latest, "lost")
    elif latest is not None:
        walks[-1] = walks[-1]._replace(end=max(now, seconds_of(latest)))
    return tuple(walks)


def _end_walk(walks: list[Walk], last: Event | None, ended_as: str) -> None:
    if last is not None:
        walks[-1] = walks[-1]._replace(end=seconds_of(last), ended_as=ended_as)


WALK_ENDS = {
    "workflow_interrupted": "interrupted",
    "workflow_failed": "failed",
    "resume_failed": "failed",
    "workflow_finished": "completed",
}
"""The events after which a process walks a run no more, and what became of the run if they do not say."""
FROM_OUTSIDE = frozenset(
    ("records_forgotten", "inputs_resolved", "budget_raised", "stop_requested", "run_created", *WALK_ENDS)
)
"""What may be written by another process than the one that walked the run, or at a resume before it is walked."""


def seconds_of(event: Event) -> float:
    """Return the time of an event in seconds since the epoch."""
    return datetime.fromisoformat(event["timestamp"]).timestamp()
