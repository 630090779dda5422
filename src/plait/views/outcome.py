"""What a person reads before and after a run."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

from plait.views.exits import was_interrupted
from plait.views.failure import failure_of
from plait.views.gates import describe_gate
from plait.views.json_text import as_json
from plait.views.shortage import raising_command, shortage_of
from plait.views.spending import spent_text
from plait.views.text import clean, clip, duration, one_line, plural
from plait.views.waits import parked_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.journal import RunState, StepRecord
    from plait.views.palette import Palette

_MOST_GATES = 10
_LONGEST_OUTPUT = 300


def header_line(name: str, workflow_id: str, version: str, run_id: str, palette: Palette) -> str:
    """Return the line that names the workflow and the run (RUN-16)."""
    details = f"({one_line(workflow_id)} {one_line(version)})"
    return f"{palette.paint(one_line(name), 'bold')} {palette.paint(f'{details}, run {run_id}', 'dim')}"


def outcome_lines(
    state: RunState, palette: Palette, *, status: str | None = None, seconds: float | None = None, suffix: str = ""
) -> Iterator[str]:
    """Yield how a run ended, why, and what to do next.

    `seconds` is how long it took; `suffix` is added to every command shown, such as ` --project DIR`.
    """
    shown = status or state.status.value
    took = "" if seconds is None else f" after {duration(seconds)}"
    interrupted = shown == "paused" and was_interrupted(state.interruption)
    word = "interrupted" if interrupted else shown
    yield f"{palette.sign(word)} {palette.paint(word, 'bold')}{took}, run {palette.paint(state.run_id, 'bold')}"
    if shown == "completed":
        yield from output_lines(state)
    if shown in ("failed", "aborted"):
        yield from _why(state, palette)
    waits = shown == "paused" and bool(state.waiting)
    if waits:
        yield from waiting_lines(state, palette, suffix=suffix)
    if shown in ("paused", "interrupted"):
        yield from parked_lines(state, palette, time.time())
    if cost := spent_text(state.spent):
        yield palette.paint(f"  agents: {cost}", "dim")
    if shown in ("paused", "failed", "interrupted") and not (waits and raising_command(state.run_id, state.waiting)):
        lead = "then: " if waits else "go on with: "
        yield f"  {lead}{palette.paint(f'plait resume {state.run_id}{suffix}', 'cyan')}"


def output_lines(state: RunState) -> Iterator[str]:
    """Yield the outputs of a run, each on a line."""
    for name, value in state.outputs.items():
        text = value if isinstance(value, str) else as_json(value, indent=None)
        yield f"  {one_line(name)}: {clip(one_line(text), _LONGEST_OUTPUT)}"


def _why(state: RunState, palette: Palette) -> Iterator[str]:
    failure = failure_of(state)
    error = clean(state.error or "").strip()
    if failure is None:
        place = f"{one_line(state.current_step_id)}: " if state.current_step_id else ""
        if error or place:
            yield from _indented(f"{place}{error or 'ended here'}")
        return
    yield from _indented(f"{palette.paint(one_line(failure['step_id']), 'bold')}: {error or 'failed'}")
    lines = failure["stderr"]
    if not all(line in error for line in lines):
        yield from (palette.paint(f"  │ {line}", "dim") for line in lines)
    if failure["log"] is not None:
        log = f"plait logs {state.run_id} {shlex.quote(one_line(failure['step_id']))}"
        yield f"  all it printed: {palette.paint(log, 'cyan')}"


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"  {line}"


def waiting_lines(state: RunState, palette: Palette, *, suffix: str = "") -> Iterator[str]:
    """Yield each step that waits for a person, with the command that answers its question or raises its budget."""
    waiting = state.waiting
    short = [record for record in waiting if shortage_of(record) is not None]
    asking = [record for record in waiting if shortage_of(record) is None]
    for record in asking[:_MOST_GATES]:
        yield from _question_lines(state, record, palette, suffix)
    if len(asking) > _MOST_GATES:
        yield f"  … and {len(asking) - _MOST_GATES} more: plait status {state.run_id}{suffix}"
    reasons = _by_budget(short)
    for message, ids in reasons[:_MOST_GATES]:
        more = f" and {plural(len(ids) - 1, 'other step')}" if len(ids) > 1 else ""
        yield f"  {palette.paint(ids[0], 'bold')}{more} stopped: {message}"
    if len(reasons) > _MOST_GATES:
        yield f"  … and {len(reasons) - _MOST_GATES} more: plait status {state.run_id}{suffix}"
    command = raising_command(state.run_id, short)
    if command is not None:
        yield f"    raise it and go on: {palette.paint(command + suffix, 'cyan')}"


def _by_budget(records: list[StepRecord]) -> list[tuple[str, list[str]]]:
    """Return, for each budget that is used up, the latest that was said of it and the steps that stopped for it."""
    found: dict[tuple[str | None, str], list[StepRecord]] = {}
    for record in records:
        shortage = shortage_of(record)
        if shortage is not None:
            found.setdefault((shortage.step_id, shortage.unit), []).append(record)
    told = []
    for stopped in found.values():
        latest = max(stopped, key=lambda record: record.ended or 0.0)
        message = one_line(str(latest.output.get("message") or "a budget is used up"))
        told.append((message, [one_line(record.id) for record in stopped]))
    return told


def _question_lines(state: RunState, record: StepRecord, palette: Palette, suffix: str) -> Iterator[str]:
    block = describe_gate(record)
    yield f"  {palette.paint(one_line(record.id), 'bold')} waits: {question_of(record)}"
    options = block["options"]
    if options:
        command = answer_command(state.run_id, record.id, options[0]) + suffix
        yield f"    {palette.paint(command, 'cyan')}"
    if options and len(options) > 1:
        others = ", ".join(one_line(option) for option in options[1:])
        yield palette.paint(f"    other options: {others}", "dim")


def question_of(record: StepRecord) -> str:
    """Return what a step that waits asks, on one line."""
    return one_line(describe_gate(record)["message"] or "waits for a person")


def answer_command(run_id: str, step_id: str, choice: str) -> str:
    """Return the command that answers a gate with one of its options."""
    return f"plait answer {run_id} {shlex.quote(one_line(step_id))} --choice {shlex.quote(one_line(choice))}"
