"""When each step of a run worked, and when and for what it waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.history.spans import Attempt, Span, Wait
from plait.history.walks import FROM_OUTSIDE, WALK_ENDS, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plait.history.spans import AttemptEnd, WaitReason
    from plait.journal import RunState
    from plait.journal.facts import Event


def timeline_of(state: RunState, events: Iterable[Event], now: float | None = None) -> tuple[Span, ...]:
    """Return the spans of all occurrences, in the order in which they began.

    What has not ended lasts until `now`, in seconds since the epoch; without one, until the last event.
    """
    tracks: _Tracks = {}
    last = walked = 0.0
    for event in events:
        last = seconds_of(event)
        name = event["event"]
        take = _TAKE.get(name)
        if take is not None:
            take(tracks, event, last)
        elif name in _ENDS:
            by_signal = event.get("reason") == "SIGINT"
            _leave(tracks, last if by_signal else walked, "interrupted" if by_signal else "lost")
        if name not in FROM_OUTSIDE:
            walked = last
    if now is None:
        _leave(tracks, walked, "lost")
    end = last if now is None else max(now, last)
    return tuple(_span(state, step_id, track, end) for step_id, track in tracks.items())


_ENDS = frozenset((*WALK_ENDS, "run_resumed"))
"""After these, no try goes on."""


class _Track:
    """What is known of one occurrence so far: `began` is the start of the try that is under way."""

    __slots__ = (
        "asked",
        "attempts",
        "began",
        "forgotten",
        "inside",
        "number",
        "place",
        "queued",
        "start",
        "waiting",
        "waits",
    )

    def __init__(self, event: Event, at: float) -> None:
        self.place = event
        self.start = at
        self.began: float | None = None
        self.number = 0
        self.attempts: list[Attempt] = []
        self.waits: list[Wait] = []
        self.waiting: tuple[float, WaitReason] | None = None
        self.asked: float | None = None
        self.queued: float | None = None
        self.inside: WaitReason | None = None
        self.forgotten = False

    def begin(self, at: float, number: int) -> None:
        self.stop_waiting(at)
        self.end(at, "interrupted")
        self.began, self.number, self.forgotten, self.inside = at, number, False, None

    def end(self, at: float, ended_as: AttemptEnd) -> None:
        if self.began is not None:
            self.attempts.append(Attempt(self.number, self.began, at, ended_as))
        self.began = None
        self.answered(at)
        self.has_turn(at)

    def wait(self, at: float, reason: WaitReason) -> None:
        self.waiting = (at, reason)

    def stop_waiting(self, at: float) -> None:
        if self.waiting is not None:
            since, reason = self.waiting
            self.waits.append(Wait(since, at, reason))
            self.waiting = None

    def answered(self, at: float) -> None:
        if self.asked is not None:
            self.waits.append(Wait(self.asked, at, "person"))
            self.asked = None

    def has_turn(self, at: float) -> None:
        if self.queued is not None:
            self.waits.append(Wait(self.queued, at, "turn"))
            self.queued = None


_Tracks = dict[str, _Track]


def _started(tracks: _Tracks, event: Event, at: float) -> None:
    track = tracks.get(event["step_id"])
    if track is None:
        track = tracks[event["step_id"]] = _Track(event, at)
    track.begin(at, event.get("attempt", 1))


def _completed(tracks: _Tracks, event: Event, at: float) -> None:
    track = tracks.get(event["step_id"])
    if track is None:
        track = tracks[event["step_id"]] = _Track(event, at)
    status = event["status"]
    track.stop_waiting(at)
    track.forgotten = False
    track.end(at, status if status in ("completed", "skipped", "paused") else "failed")
    if status == "paused":
        _pause(tracks, track, event, at)
    elif status == "failed" and not event.get("continued"):
        track.wait(at, "stopped")


def _pause(tracks: _Tracks, track: _Track, event: Event, at: float) -> None:
    """Wait for what a step inside waits for, which has said so just before, or for what the step itself says."""
    short = (event.get("output") or {}).get("waits_for") == "budget"
    reason = track.inside or ("budget" if short else "person")
    track.wait(at, reason)
    holder = tracks.get(track.place.get("parent") or "")
    if holder is not None:
        holder.inside = reason


def _failed(tracks: _Tracks, event: Event, at: float) -> None:
    track = tracks[event["step_id"]]
    has_limit = "until" in event
    track.end(at, "waiting" if has_limit else "failed")
    track.wait(at, "limit" if has_limit else "retry")


def _waiting(tracks: _Tracks, event: Event, at: float) -> None:
    track = tracks[event["step_id"]]
    track.end(at, "waiting")
    track.wait(at, "limit")


def _interrupted(tracks: _Tracks, event: Event, at: float) -> None:
    track = tracks[event["step_id"]]
    track.stop_waiting(at)
    track.end(at, "interrupted")
    track.wait(at, "stopped")


def _asked(tracks: _Tracks, event: Event, at: float) -> None:
    tracks[event["step_id"]].asked = at


def _answered(tracks: _Tracks, event: Event, at: float) -> None:
    track = tracks.get(event["step_id"])
    if track is not None:
        track.answered(at)


def _queued(tracks: _Tracks, event: Event, at: float) -> None:
    tracks[event["step_id"]].queued = at


def _child(tracks: _Tracks, event: Event, at: float) -> None:
    tracks[event["step_id"]].has_turn(at)


def _forget(tracks: _Tracks, event: Event, _: float) -> None:
    for step_id in event["step_ids"]:
        track = tracks.get(step_id)
        if track is not None:
            track.attempts = [attempt._replace(forgotten=True) for attempt in track.attempts]
            track.waiting = None
            track.forgotten = True


_TAKE: dict[str, Callable[[_Tracks, Event, float], None]] = {
    "step_started": _started,
    "step_completed": _completed,
    "attempt_failed": _failed,
    "step_waiting": _waiting,
    "step_interrupted": _interrupted,
    "gate_asked": _asked,
    "gate_answered": _answered,
    "step_queued": _queued,
    "child_started": _child,
    "records_forgotten": _forget,
}


def _leave(tracks: _Tracks, at: float, ended_as: AttemptEnd) -> None:
    """End the tries that were under way when the process that walked the run was gone."""
    for track in tracks.values():
        if track.began is not None:
            track.end(at, ended_as)
            track.wait(at, "stopped")


def _span(state: RunState, step_id: str, track: _Track, end: float) -> Span:
    track.end(end, "running")
    record = state.records.get(step_id)
    if record is not None and record.status in _WAITING and state.status not in _OVER:
        track.stop_waiting(end)
    ends = [track.start, *(each.end for each in track.attempts), *(each.end for each in track.waits)]
    place = track.place
    return Span(
        step_id,
        place.get("parent"),
        place["type"],
        place.get("name"),
        "forgotten" if track.forgotten or record is None else record.status.value,
        track.start,
        max(ends),
        tuple(track.attempts),
        tuple(track.waits),
        place.get("order", -1),
        place.get("index"),
        place.get("iteration", 0),
    )


_OVER = ("completed", "failed", "aborted")
_WAITING = ("pending", "paused")
