"""What a person reads before and after a dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.exits import was_interrupted
from plait.views.failure import failing_step
from plait.views.outcome import output_lines, question_of
from plait.views.payload import run_payload
from plait.views.text import clean, clip, duration, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.journal import RunState
    from plait.views.palette import Palette

DRY = "dry run"
_LONGEST = 300
_MOST_LINES = 20


def dry_header_line(name: str, workflow_id: str, version: str, palette: Palette) -> str:
    """Return the line that names the workflow and says that nothing is going to happen."""
    details = f"({one_line(workflow_id)} {one_line(version)})"
    note = palette.paint(f"{DRY}: stubs answer, nothing is executed", "yellow")
    return f"{palette.paint(one_line(name), 'bold')} {palette.paint(details, 'dim')} {note}"


def given_lines(step_id: str, text: str, palette: Palette) -> Iterator[str]:
    """Yield the lines of what a step would have been given, the first of many."""
    lines = clean(text).splitlines()
    for line in lines[:_MOST_LINES]:
        yield palette.paint(f"  [{one_line(step_id)}] │ {clip(line, _LONGEST)}", "dim")
    if len(lines) > _MOST_LINES:
        yield palette.paint(f"  [{one_line(step_id)}] │ … {plural(len(lines) - _MOST_LINES, 'more line')}", "dim")


def dry_outcome_lines(state: RunState, palette: Palette, *, seconds: float) -> Iterator[str]:
    """Yield how a dry run ended, and why; there is nothing to be resumed."""
    word = "interrupted" if was_interrupted(state.interruption) else state.status.value
    note = palette.paint(f"({DRY}, nothing was executed)", "yellow")
    yield f"{palette.sign(word)} {palette.paint(word, 'bold')} after {duration(seconds)} {note}"
    if word == "completed":
        yield from output_lines(state)
    if word in ("failed", "aborted"):
        record = failing_step(state)
        place = state.current_step_id if record is None else record.id
        lead = f"{palette.paint(one_line(place), 'bold')}: " if place else ""
        yield from (f"  {line}" for line in f"{lead}{clean(state.error or '').strip() or 'ended here'}".splitlines())
    if word == "paused":
        for record in state.waiting:
            yield f"  {palette.paint(one_line(record.id), 'bold')} waits: {question_of(record)}"


def dry_run_payload(state: RunState) -> dict[str, Any]:
    """Return what `run` reports, marked; the folder of the run is gone, and so is its log."""
    payload = {**run_payload(state), "dry_run": True}
    if "failure" in payload:
        payload["failure"] = {**payload["failure"], "log": None, "stderr": []}
    return payload
