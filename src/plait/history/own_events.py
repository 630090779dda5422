"""What the events of an occurrence of a step say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.history import around, ending
from plait.history.own_ending import completed
from plait.history.walks import seconds_of
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.history.replay import Replay
    from plait.journal.facts import Event


def _started(replay: Replay, event: Event) -> None:
    record, at = replay.state.records.get(replay.id), seconds_of(event)
    replay.add_reuse()
    if record is None:
        _reached(replay, event, at)
    if record is None or record.attempt == 0:
        replay.add_condition(at, holds=True)
    replay.add_resume(at)
    goes_on = record is not None and record.waiting_until is not None and record.attempt == event.get("attempt", 1)
    replay.began, replay.halted = at, []
    replay.add(
        "went_on" if goes_on else "began",
        at,
        attempt=event.get("attempt", 1),
        holds_others=replay.id in replay.state.tally,
    )


def _reached(replay: Replay, event: Event, at: float) -> None:
    """Tell that a step at the top of a workflow is run whenever a run gets there: nothing around it decides that."""
    written = replay.places.written(replay.id)
    if event.get("parent") is not None or written is None:
        return
    block = written.workflow.steps
    last = replay.places.is_last(replay.id)
    place = next((number for number, each in enumerate(block, 1) if each.order == written.step.order), None)
    replay.add(
        "reached",
        at,
        place=place,
        count=len(block),
        last=last,
        has_condition=written.step.settings.condition is not None,
    )


def _queued(replay: Replay, event: Event) -> None:
    replay.queued = event
    replay.add("queued", seconds_of(event), reason=event["reason"])


def _child(replay: Replay, event: Event) -> None:
    if replay.queued is not None:
        at = seconds_of(event)
        replay.add("turn_came", at, seconds=at - seconds_of(replay.queued))
        replay.queued = None


def _decided(replay: Replay, event: Event) -> None:
    replay.facts.append(around.decision(event, replay.state, replay.places))


def _remembered(replay: Replay, event: Event) -> None:
    known = event["value"]
    if event["key"] != "agent" or not isinstance(known, dict):
        return
    before, after = replay.agent.get("agent"), known.get("agent")
    if before and after and before != after:
        because = replay.agent.get("ended") or None
        replay.add("took_over", seconds_of(event), agent=after, instead_of=before, because=because)
    elif replay.agent.get("ended") and not known.get("ended") and known.get("session") == replay.agent.get("session"):
        replay.add("session_continued", seconds_of(event), session=known.get("session"), agent=after)
    replay.agent = known


def _spent(replay: Replay, _: Event) -> None:
    replay.calls += 1


def _attempt_failed(replay: Replay, event: Event) -> None:
    at = seconds_of(event)
    values = {
        "attempt": event.get("attempt", 1),
        "seconds": at - replay.began,
        "error": event.get("error"),
        "failure": event.get("failure", "error"),
    }
    replay.queued = None
    if "until" in event:
        replay.add("limit", at, **values, until=event["until"])
    else:
        replay.add("try_failed", at, **values, delay=event.get("delay", 0.0), **ending.retry_values(replay.step))


def _waiting(replay: Replay, event: Event) -> None:
    inside = [
        record.id
        for record in replay.state.records.values()
        if record.parent == replay.id and record.waiting_until is not None and record.status is StepStatus.PENDING
    ]
    replay.add("inside_waits", seconds_of(event), until=event["until"], inside=inside[:1] and inside[0])


def _interrupted(replay: Replay, event: Event) -> None:
    at = seconds_of(event)
    if replay.stop is not None:
        replay.add("interrupted", at, request=replay.stop["kind"], by=replay.stop.get("by"), item=None)
        return
    replay.add("interrupted", at, request=None, by=None, item=_failed_beside(replay))


def _failed_beside(replay: Replay) -> str | None:
    """Return the item, or the step in a branch, whose failure ended this one."""
    for each in reversed(replay.places.chain(replay.id)):
        parent = replay.places.first[each].get("parent") or ""
        failed = [
            record.id
            for record in replay.state.records.values()
            if record.parent == parent and record.id != each and record.status is StepStatus.FAILED
        ]
        if failed:
            return failed[-1]
    return None


def _expanded(replay: Replay, event: Event) -> None:
    ids = [each.get("id") for each in event["next_steps"] if isinstance(each, dict)]
    replay.add("returned", seconds_of(event), steps=ids)


def _asked(replay: Replay, event: Event) -> None:
    replay.add("asked", seconds_of(event), message=event.get("message"), options=event.get("options"))


def _answered(replay: Replay, event: Event) -> None:
    replay.add("answered", seconds_of(event), **{key: event.get(key) for key in ("choice", "comment", "by")})


def _verdict(replay: Replay, event: Event) -> None:
    name = event["input"].rpartition(":")[2]
    value = replay.places.scope(replay.id, replay.state, {})["inputs"]
    given = value.get(name) if isinstance(value, dict) else None
    replay.add("verdict", seconds_of(event), input=name, value=given)


def _called(replay: Replay, event: Event) -> None:
    values = {key: event.get(key) for key in ("workflow", "inputs", "changed")}
    replay.add("called", seconds_of(event), first=replay.id not in replay.state.calls, **values)


OWN_EVENTS: dict[str, Callable[[Replay, Event], None]] = {
    "step_started": _started,
    "step_queued": _queued,
    "child_started": _child,
    "decided": _decided,
    "remembered": _remembered,
    "spent": _spent,
    "attempt_failed": _attempt_failed,
    "step_waiting": _waiting,
    "step_completed": completed,
    "step_interrupted": _interrupted,
    "steps_expanded": _expanded,
    "gate_asked": _asked,
    "gate_answered": _answered,
    "verdict_consumed": _verdict,
    "workflow_called": _called,
}
