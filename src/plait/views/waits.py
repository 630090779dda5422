"""The steps that wait for a limit of somebody else's to pass: which, until when, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.journal.record import timestamp
from plait.model.status import RunStatus, StepStatus
from plait.views.text import clip, one_line, until_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.journal import RunState, StepRecord
    from plait.views.palette import Palette

_MOST = 10
_LONGEST_REASON = 200


def waits(record: StepRecord) -> bool:
    """Whether a step, or one inside it, waits for a limit to pass."""
    return record.status is StepStatus.PENDING and record.waiting_until is not None


def parked(state: RunState) -> list[StepRecord]:
    """Return the innermost steps that wait for a limit to pass, in the order in which they began.

    Those of a run that was aborted wait no more.
    """
    if state.status is RunStatus.ABORTED:
        return []
    found = [record for record in state.records.values() if waits(record)]
    holders = {record.parent for record in found}
    return [record for record in found if record.id not in holders]


def wait_text(record: StepRecord, now: float) -> str:
    """Return until when a step waits, and why: `waits until 14:05 (in 2 h 10 min): claude: usage limit reached`."""
    why = f": {clip(one_line(record.error), _LONGEST_REASON)}" if record.error else ""
    return f"waits {until_text(record.waiting_until or 0.0, now)}{why}"


def parked_lines(state: RunState, palette: Palette, now: float) -> Iterator[str]:
    """Yield each step that waits for a limit to pass, the first to go on first."""
    found = sorted(parked(state), key=lambda record: record.waiting_until or 0.0)
    for record in found[:_MOST]:
        yield f"  {palette.paint(one_line(record.id), 'bold')} {palette.paint(wait_text(record, now), 'yellow')}"
    if len(found) > _MOST:
        yield f"  … and {len(found) - _MOST:,} more"


def waits_payload(state: RunState) -> list[dict[str, Any]]:
    """Return the same as objects: `step_id`, `waiting_until` (ISO 8601), `waits_for`."""
    return [
        {"step_id": record.id, "waiting_until": waiting_until(record), "waits_for": record.error}
        for record in parked(state)
    ]


def waiting_until(record: StepRecord) -> str | None:
    """Return until when a step waits as ISO 8601; None if it does not."""
    return timestamp(record.waiting_until) if waits(record) and record.waiting_until is not None else None
