"""What happened to one occurrence of a step, from the first decision that led to it to where it stands."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from plait.history import around
from plait.history.facts import Fact
from plait.history.own_events import OWN_EVENTS
from plait.history.replay import Replay
from plait.history.walks import FROM_OUTSIDE, seconds_of
from plait.journal.state import fold
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.history.places import Places
    from plait.history.recorded import RecordedRun
    from plait.journal import StepRecord
    from plait.journal.facts import Event


def story_of(run: RecordedRun, step_id: str, places: Places) -> list[Fact]:
    """Return the facts of one occurrence in the order of time; `places` is made of the run's events."""
    replay = Replay(run, step_id, places)
    chain = places.chain(step_id)
    inner = dict(pairwise(chain))
    for event in run.events:
        _take(replay, event, inner)
        fold(replay.state, event)
        if event["event"] not in FROM_OUTSIDE:
            replay.latest = event
    _close(replay)
    return sorted(replay.facts, key=lambda fact: fact.at or 0.0)


def _take(replay: Replay, event: Event, inner: dict[str, str]) -> None:
    """Tell what an event says of the occurrence; `inner` maps each step around it to the one inside that leads on."""
    name, step_id = event["event"], event.get("step_id")
    if step_id == replay.id and name in OWN_EVENTS:
        OWN_EVENTS[name](replay, event)
    elif step_id in inner:
        replay.facts += _around(replay, event, inner[step_id])
    if name in _OF_RUN:
        _OF_RUN[name](replay, event)
    if name == "step_completed" and event["status"] in ("failed", "paused") and not event.get("continued"):
        record = replay.state.records.get(event["step_id"])
        parent = event.get("parent") if record is None else record.parent
        if parent == replay.id:
            replay.halted.append(event["step_id"])


def _around(replay: Replay, event: Event, inner: str) -> list[Fact]:
    match event["event"]:
        case "decided":
            return list(around.led_to(event, inner, replay.state, replay.places))
        case "step_started" if event["step_id"] not in replay.state.records:
            return list(around.began_around(event, inner, replay.places))
        case "steps_expanded":
            return [Fact("in_returned", seconds_of(event), {"step": event["step_id"]})]
        case "workflow_called":
            return [around.called_around(event)]
    return []


def _close(replay: Replay) -> None:
    """Tell how the occurrence stands at the end of the journal."""
    replay.add_reuse()
    record = replay.state.records.get(replay.id)
    if record is None or record.status is not StepStatus.RUNNING:
        return
    now, reason = replay.run.now, None if replay.queued is None else replay.queued["reason"]
    if now is not None:
        replay.add("running", now, since=replay.began, attempt=record.attempt, queued=reason, pid=replay.pid)
    else:
        replay.add_loss()


def _run_began(replay: Replay, event: Event) -> None:
    replay.pid = event.get("pid")
    replay.stop = None


def _run_resumed(replay: Replay, event: Event) -> None:
    record, at = replay.state.records.get(replay.id), seconds_of(event)
    if record is not None and record.settled:
        replay.reused.append(at)
    elif record is not None:
        if record.status is StepStatus.RUNNING:
            replay.add_loss()
        policy = "rerun" if replay.step is None or replay.step.children else replay.step.settings.on_interrupt
        began = record.status in (StepStatus.RUNNING, StepStatus.PENDING) and record.waiting_until is None
        replay.resumed = {
            "resume": at,
            "status": "lost" if record.status is StepStatus.RUNNING else record.status.value,
            "on_interrupt": policy if began else None,
            "waits_for": _waits_for(replay, record),
        }
        replay.began = 0.0
    _run_began(replay, event)


def _waits_for(replay: Replay, record: StepRecord) -> str | None:
    """Return what a paused step waited for: a step `inside` it, a larger `budget`, or a `person`."""
    if record.status is not StepStatus.PAUSED:
        return None
    if replay.id in replay.state.tally:
        return "inside"
    return "budget" if record.output.get("waits_for") == "budget" else "person"


def _forgotten(replay: Replay, event: Event) -> None:
    asked = {key: event[key] for key in ("from", "step") if key in event}
    if replay.id in event["step_ids"]:
        replay.add_reuse()
        replay.resumed, replay.agent, replay.calls = None, {}, 0
        replay.add("forgotten", seconds_of(event), asked=asked, last=_is_in_finally(replay))
    elif replay.id in event.get("unsettled", ()):
        replay.add_reuse()
        replay.add("unsettled", seconds_of(event), asked=asked)


def _is_in_finally(replay: Replay) -> bool:
    return any(replay.places.is_last(each) for each in replay.places.chain(replay.id))


def _stop_requested(replay: Replay, event: Event) -> None:
    replay.stop = event


def _budget_raised(replay: Replay, event: Event) -> None:
    record = replay.state.records.get(replay.id)
    if record is not None and record.status is StepStatus.PAUSED and record.output.get("waits_for") == "budget":
        limits = {key: event.get(key) for key in ("usd", "tokens", "minutes") if event.get(key) is not None}
        replay.add("budget_raised", seconds_of(event), step=event.get("step_id"), limits=limits)


def _inputs(replay: Replay, event: Event) -> None:
    record = replay.state.records.get(replay.id)
    if record is not None and not record.settled:
        replay.add("inputs_given", seconds_of(event), names=list(event.get("given", ())))


def _run_ended(replay: Replay, event: Event) -> None:
    record = replay.state.records.get(replay.id)
    if event.get("status") != "aborted" or record is None or record.status not in _WAITING:
        return
    by = replay.stop.get("by") if replay.stop is not None and replay.stop["kind"] == "cancel" else None
    replay.add("run_ended", seconds_of(event), by=by, step=event.get("step_id"), error=event.get("error"))


_WAITING = (StepStatus.PAUSED, StepStatus.PENDING)
_OF_RUN: dict[str, Callable[[Replay, Event], None]] = {
    "run_started": _run_began,
    "run_resumed": _run_resumed,
    "records_forgotten": _forgotten,
    "stop_requested": _stop_requested,
    "budget_raised": _budget_raised,
    "inputs_resolved": _inputs,
    "workflow_finished": _run_ended,
}
