"""Why the walk came to a step at all: what the steps around it decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.history.facts import Fact
from plait.history.places import block_of, items_of, policies_of
from plait.history.values_read import text_of, values_read, worth
from plait.history.walks import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.history.places import Places
    from plait.journal import RunState
    from plait.journal.facts import Event

LOOPS = ("while", "do-while")


def decision(event: Event, state: RunState, places: Places) -> Fact:
    """Return what a step decided, with what it read to do so; `state` is that before the event.

    Kinds: `condition_decided`, `case`, `test`, `items`, and `decided` for what a step type of a user's own decides.
    """
    step_id, key, value = event["step_id"], event["key"], event["value"]
    at, step, kind = seconds_of(event), places.step(step_id), places.kind(step_id)
    config = None if step is None else step.config
    values: dict[str, Any] = {"step": step_id}
    if kind == "if" and key == "condition":
        name, expression = "condition_decided", getattr(config, "condition", None)
        values |= {"holds": value, "branch": "then" if value else "else"}
    elif kind == "switch" and key == "case":
        name, expression = "case", getattr(config, "expression", None)
        values |= {"case": "default" if value[0] == "__default__" else value[0], "value": value[1]}
    elif kind in LOOPS and key.startswith("pass "):
        name, expression = "test", getattr(config, "condition", None)
        values |= {"pass": int(key.removeprefix("pass ")), "holds": value}
    elif kind == "fan-out" and key == "items":
        name, expression = "items", getattr(config, "items", None)
        width = getattr(config, "max_concurrency", None)
        values |= {"count": len(value), "at_once": worth(width, places.scope(step_id, state, {})), **policies_of(step)}
    else:
        return Fact("decided", at, {**values, "key": key, "value": value})
    scope = places.scope(step_id, state, _published(event, kind))
    read = values_read(expression, scope)
    return Fact(name, at, {**values, "expression": text_of(expression) if read else None, "read": read})


def _published(event: Event, kind: str) -> dict[str, dict[str, object]]:
    """Return what a loop shows of itself while its condition is tested."""
    if kind not in LOOPS:
        return {}
    return {event["step_id"]: {"iterations": event.get("iteration", 1) - 1, "loop_type": kind}}


def led_to(event: Event, inner: str, state: RunState, places: Places) -> Iterator[Fact]:
    """Yield why what a step around decided let the walk come to `inner`, which is directly in it.

    Kinds: `in_branch`, `in_case`, `in_pass`, `in_item`.
    """
    fact = decision(event, state, places)
    hangs = places.first[inner]
    match fact.kind:
        case "condition_decided":
            yield fact._replace(kind="in_branch")
        case "case":
            yield fact._replace(kind="in_case")
        case "test" if fact.values["pass"] == max(hangs.get("iteration", 0), 1):
            yield fact._replace(kind="in_pass")
        case "items" if hangs.get("index") is not None:
            index = hangs["index"]
            item = event["value"][index] if index < len(event["value"]) else None
            yield fact._replace(kind="in_item", values={**fact.values, "index": index, "item": item})


def began_around(event: Event, inner: str, places: Places) -> Iterator[Fact]:
    """Yield what the beginning of a step around says of `inner`, which is directly in it.

    Kinds: `in_parallel`, `in_first_pass` of a loop that does not test before it.
    """
    if places.kind(event["step_id"]) == "do-while" and places.first[inner].get("iteration", 0) <= 1:
        yield Fact("in_first_pass", seconds_of(event), {"step": event["step_id"]})
    holder, step = places.step(event["step_id"]), places.step(inner)
    if places.kind(event["step_id"]) == "parallel" and holder is not None and step is not None:
        yield Fact(
            "in_parallel",
            seconds_of(event),
            {"step": event["step_id"], "branch": block_of(holder, step), **policies_of(holder)},
        )


def called_around(event: Event) -> Fact:
    """Return that a step around called the workflow that a step is in: `in_called`."""
    values = {"step": event["step_id"], "workflow": event["workflow"], "inputs": event["inputs"]}
    return Fact("in_called", seconds_of(event), values)


def item_count(state: RunState, step_id: str) -> int:
    """Return how many items a fan-out has."""
    return len(items_of(state, step_id) or ())
