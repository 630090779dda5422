"""Why a step of a run came to be as it is: it ran, was reused, skipped, tried again, waited, failed or never began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.history.facts import Explanation
from plait.history.places import Places
from plait.history.story import story_of
from plait.history.target import find_target
from plait.history.unbegun import why_no_item, why_no_pass, why_unbegun

if TYPE_CHECKING:
    from plait.history.recorded import RecordedRun
    from plait.history.target import Target
    from plait.model.workflow import Workflow

NOT_BEGUN = "not begun"


def explain(run: RecordedRun, name: str) -> Explanation:
    """Return why a step came to be as it is.

    `name` is the id of an occurrence or an item, or a plain id: then the latest pass of a loop, or of several items
    the last that did not end well. Raises `UsageError` with the nearest name if there is no such step.
    """
    places = Places(run.events, run.workflow)
    target = find_target(run, name, places)
    if target.step_id is None:
        return _unbegun(run, name, target, places)
    step_id = target.step_id
    record, event = run.state.records.get(step_id), places.first[step_id]
    status = "forgotten" if record is None else record.status.value
    if status == "running" and run.now is None:
        status = "interrupted"
    if run.status == "aborted" and status in ("paused", "pending"):
        status = "aborted"
    facts = story_of(run, step_id, places)
    return Explanation(step_id, event["type"], event.get("name"), status, tuple(facts), target.others)


def _unbegun(run: RecordedRun, name: str, target: Target, places: Places) -> Explanation:
    if target.place is not None:
        holder, number = target.place
        tell = why_no_item if places.kind(holder) == "fan-out" else why_no_pass
        return Explanation(name, None, None, NOT_BEGUN, tuple(tell(run, holder, number, places)))
    way = min(target.ways)
    step = next((each for one in _family(run) for each in one.walk() if each.order == way[-1]), None)
    kind, title = (None, None) if step is None else (step.type.type_key, step.settings.name)
    return Explanation(name, kind, title, NOT_BEGUN, tuple(why_unbegun(run, way, places)))


def _family(run: RecordedRun) -> list[Workflow]:
    return [] if run.workflow is None else run.workflow.family()
