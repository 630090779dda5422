"""What the end of an occurrence of a step says of it, whatever its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.history import around, ending
from plait.history.walks import seconds_of

if TYPE_CHECKING:
    from plait.history.replay import Replay
    from plait.journal.facts import Event


def completed(replay: Replay, event: Event) -> None:
    """Tell how it ended, and what decided that: `completed`, `failed`, `skipped` or `paused`."""
    replay.resumed = None if event.get("unstarted") else replay.resumed
    at, status, output = seconds_of(event), event["status"], event.get("output") or {}
    replay.add_reuse()
    replay.add_resume(at)
    replay.queued = None
    _tell_agent(replay, at, output)
    seconds = at - replay.began if replay.began else None
    if status == "skipped":
        _tell_skipped(replay, event, at)
    elif status == "completed":
        replay.add("completed", at, seconds=seconds, **ending.outcome_of(output), **_items(replay))
    elif status == "paused":
        _tell_pause(replay, event, at)
    elif event.get("unstarted"):
        replay.add_condition(at, holds=False, error=event.get("error"))
        replay.add("failed", at, error=event.get("error"), failure="error", unstarted=True)
    else:
        told = ending.failure_values(event, replay.state, replay.places, replay.halted)
        replay.add("failed", at, seconds=seconds, **{**told, **_items(replay)})


def _items(replay: Replay) -> dict[str, object]:
    if replay.places.kind(replay.id) != "fan-out":
        return {}
    return {"items": ending.items_values(replay.id, replay.state, around.item_count(replay.state, replay.id))}


def _tell_skipped(replay: Replay, event: Event, at: float) -> None:
    if event.get("unstarted"):
        replay.add_condition(at, holds=False)
        replay.add("skipped", at, because="condition")
    else:
        answer = replay.state.answers.get(replay.id)
        replay.add("skipped", at, because="answer" if answer is not None else "itself")


def _tell_pause(replay: Replay, event: Event, at: float) -> None:
    output = event.get("output") or {}
    inside = ending.halting(event, replay.state, replay.halted)
    budget = output.get("budget")
    cause = "inside" if inside is not None else ("budget" if output.get("waits_for") == "budget" else "person")
    replay.add(
        "paused",
        at,
        waits_for=cause,
        inside=inside,
        message=None if inside else output.get("message"),
        options=None if inside else output.get("options"),
        budget=budget if isinstance(budget, dict) else None,
        rejected=output.get("choice") is not None,
    )


def _tell_agent(replay: Replay, at: float, output: dict[str, Any]) -> None:
    record = replay.state.records.get(replay.id)
    checks = output.get("verification")
    if isinstance(checks, list) and checks and isinstance(checks[-1], dict):
        last = checks[-1]
        replay.add(
            "checked",
            at,
            passed=bool(output.get("verified")),
            command=last.get("command"),
            exit_code=last.get("exit_code"),
            calls=output.get("attempts"),
        )
    if replay.calls and record is not None and record.spent is not None:
        replay.add("spent", at, calls=replay.calls, agent=output.get("agent"), **record.spent._asdict())
