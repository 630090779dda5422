"""How an occurrence of a step ended, with what decided that it was tried no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.history.places import policies_of
from plait.history.values_read import text_of
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.history.places import Places
    from plait.journal import RunState
    from plait.journal.facts import Event
    from plait.model.workflow import Step

_OUTCOMES = (
    "exit_code",
    "choice",
    "matched_case",
    "condition_result",
    "iterations",
    "ended_by",
    "item_count",
    "agent",
    "workflow",
    "waits_for",
)


def outcome_of(output: dict[str, object]) -> dict[str, object]:
    """Return the few values of an output that tell how a step ended."""
    told = {key: output[key] for key in _OUTCOMES if output.get(key) is not None}
    if isinstance(output.get("changes"), list):
        told["changes"] = len(output["changes"])  # type: ignore[arg-type]
    return told


def retry_values(step: Step | None) -> dict[str, object]:
    """Return how often a step may be tried and after which failures; empty where nothing says so."""
    retry = None if step is None else step.settings.retry
    return {} if retry is None else {"allowed": retry.attempts, "on": list(retry.on)}


def failure_values(event: Event, state: RunState, places: Places, halted: Sequence[str]) -> dict[str, Any]:
    """Return what a failure comes with: its class, why there was no other try, and which step inside stopped it.

    `halted` are the steps directly inside that failed or stopped. `state` is that before the event.
    """
    step_id = event["step_id"]
    step, record = places.step(step_id), state.records.get(step_id)
    failure = event.get("failure", "error")
    values: dict[str, Any] = {"error": event.get("error"), "failure": failure, **outcome_of(event.get("output") or {})}
    inside = halting(event, state, halted)
    if inside is not None:
        values |= {"inside": inside, **policies_of(step)}
    retry = retry_values(step)
    if retry and record is not None:
        values |= {**retry, "tries": record.failures + 1, "no_more": _why_no_more(event, retry, record.failures + 1)}
    if failure == "timeout" and (limit := _time_limit(step_id, places)):
        values |= limit
    if event.get("continued"):
        values["continued"] = True
    if (event.get("output") or {}).get("aborted"):
        values["aborted"] = True
    return values


def halting(event: Event, state: RunState, halted: Sequence[str]) -> str | None:
    """Return the step directly inside because of which a step stopped; None if that was its own doing."""
    if not halted or str((event.get("output") or {}).get("failures") or ""):
        return None
    errors = {each: state.records[each].error for each in halted if each in state.records}
    return next((each for each, error in errors.items() if error == event.get("error")), halted[-1])


def _why_no_more(event: Event, retry: dict[str, object], tries: int) -> str:
    """Return why no other try followed: `tries`, `class`, `aborted`, or `time` that was over, or a stop."""
    allowed, wanted = retry["allowed"], retry["on"]
    output = event.get("output") or {}
    if isinstance(allowed, int) and tries >= allowed:
        return "tries"
    if output.get("aborted"):
        return "aborted"
    failure = event.get("failure", "error")
    coarse = "timeout" if failure in ("timeout", "idle") else "error"
    on = wanted if isinstance(wanted, list) else []
    if on and not {failure, coarse, output.get("exit_code")}.intersection(on):
        return "class"
    return "time"


def _time_limit(step_id: str, places: Places) -> dict[str, object]:
    """Return the nearest time limit, of the step itself or of one around it."""
    for each in reversed(places.chain(step_id)):
        step = places.step(each)
        if step is not None and step.settings.timeout is not None:
            return {"limit_of": each, "timeout": text_of(step.settings.timeout)}
    return {}


def items_values(step_id: str, state: RunState, count: int) -> dict[str, object]:
    """Return how many items of a fan-out ended how: `count`, `completed`, `failed`, `begun`."""
    tally = state.tally.get(step_id, {})
    return {
        "count": count,
        "completed": tally.get(StepStatus.COMPLETED, 0) + tally.get(StepStatus.SKIPPED, 0),
        "failed": tally.get(StepStatus.FAILED, 0),
        "begun": sum(tally.values()),
    }
