"""Which occurrence of a step a name means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.engine.written import calling_steps, way_of, ways_to
from plait.errors import UsageError
from plait.history.places import items_of
from plait.model.status import StepStatus
from plait.suggest import did_you_mean

if TYPE_CHECKING:
    from plait.engine.written import Way
    from plait.history.places import Places
    from plait.history.recorded import RecordedRun
    from plait.journal import StepRecord

_WELL = (StepStatus.COMPLETED, StepStatus.SKIPPED)
_LOOPS = ("while", "do-while")


class Target(NamedTuple):
    """What a name means: an occurrence that the journal knows, `step_id`, or one that never began.

    That one is a step as written, known by the `ways` to it, or a `place`: the fan-out or loop that it would be in,
    and its item from 0, or its pass from 1. `others` are occurrences of the same step.
    """

    step_id: str | None = None
    others: tuple[str, ...] = ()
    ways: frozenset[Way] = frozenset()
    place: tuple[str, int] | None = None


def find_target(run: RecordedRun, name: str, places: Places) -> Target:
    """Return what a name means: an occurrence, a step as written, an item; raise `UsageError` if nothing."""
    state = run.state
    if name in state.latest:
        step_id = state.latest[name]
        return Target(step_id, _alike(run, state.records[step_id]))
    if name in places.first:
        record = state.records.get(name)
        return Target(name, () if record is None or record.index is not None else _alike(run, record))
    ways = set() if run.workflow is None else ways_to(run.workflow, name)
    found = _of_ways(run, ways) if run.workflow is not None else _of_name(run, name)
    if found:
        odd = [record for record in found if record.status not in _WELL]
        chosen = (odd or found)[-1]
        return Target(chosen.id, tuple(record.id for record in found if record is not chosen))
    if ways:
        return Target(ways=frozenset(ways))
    place = _unbegun_place(run, name, places)
    if place is not None:
        return Target(place=place)
    near = did_you_mean(name, [*places.first, *_written_ids(run)])
    hint = f"did you mean {near!r}?" if near else f"`plait show {state.run_id}` lists them"
    raise UsageError(f"run {state.run_id} has no step {name!r}", hint=hint)


def _alike(run: RecordedRun, record: StepRecord) -> tuple[str, ...]:
    """Return the other passes of a step in a loop."""
    alias = record.alias or record.id
    return tuple(
        each.id
        for each in run.state.records.values()
        if each.order == record.order and each.id != record.id and (each.alias or each.id) == alias
    )


def _of_ways(run: RecordedRun, ways: set[Way]) -> list[StepRecord]:
    if not ways or run.workflow is None:
        return []
    state, calling, orders = run.state, calling_steps(run.workflow), {way[-1] for way in ways}

    def chain(record: StepRecord) -> list[StepRecord]:
        found = [record]
        while (holder := state.records.get(found[-1].parent or "")) is not None:
            found.append(holder)
        return found[::-1]

    alike = [record for record in state.records.values() if record.order in orders]
    return [record for record in alike if way_of(chain(record), calling) in ways]


def _of_name(run: RecordedRun, name: str) -> list[StepRecord]:
    """Return the occurrences whose ids end with a plain one: all that can be told without the workflow."""
    return [record for record in run.state.records.values() if (record.alias or record.id).endswith(f":{name}")]


def _unbegun_place(run: RecordedRun, name: str, places: Places) -> tuple[str, int] | None:
    """Return the fan-out and the item, or the loop and the pass, that the longest part of an id names."""
    parts = name.split(":")
    for end in range(len(parts), 2, -1):
        holder, number = ":".join(parts[: end - 2]), parts[end - 1]
        if not number.isdecimal() or holder not in places.first:
            continue
        if places.kind(holder) in _LOOPS:
            return holder, int(number) + 1
        items = items_of(run.state, holder)
        if items is None or int(number) < len(items):
            return (holder, int(number)) if places.kind(holder) == "fan-out" else None
        count = len(items)
        has = f"items 0 to {count - 1}" if count else "no items"
        raise UsageError(f"run {run.state.run_id} has no step {name!r}", hint=f"{holder} has {has}")
    return None


def _written_ids(run: RecordedRun) -> list[str]:
    return [] if run.workflow is None else [step.id for step in run.workflow.walk()]
