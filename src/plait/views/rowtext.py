"""A row of the live view as text in colours; what files and children say is never read as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from plait.model.status import StepStatus
from plait.views.palette import STATUS_COLOURS, STATUS_SIGNS
from plait.views.rows import Kind, Row
from plait.views.spending import spent_text
from plait.views.text import clip, duration, one_line, until_text

if TYPE_CHECKING:
    from plait.views.board import Node

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS_A_SECOND = 8
_WIDEST_BAR = 40
_NARROWEST_BAR = 10
_COUNTS_WIDTH = 46
_LONGEST_LABEL = 40
_LONGEST_REASON = 120


def row_text(row: Row, width: int, now: float) -> Text:
    """Return a row as one line of at most `width` cells; `now` is seconds since the epoch."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("  " * row.depth)
    if row.node is None:
        _add_note(text, row)
    elif row.bar:
        _add_bar(text, row.node, width)
    else:
        _add_step(text, row.node, now)
    text.truncate(width, overflow="ellipsis")
    return text


def _add_note(text: Text, row: Row) -> None:
    sign = {Kind.DONE: "✓", Kind.PLANNED: "·"}.get(row.kind, "…")
    text.append(f"{sign} " if row.note != "…" else "", "dim")
    text.append(row.note, "dim")


def _add_step(text: Text, node: Node, now: float) -> None:
    status = "paused" if node.waits else node.status.value
    colour = STATUS_COLOURS[status]
    running = node.status is StepStatus.RUNNING
    text.append(_spinner(now) if running else STATUS_SIGNS[status], colour)
    text.append(f" {one_line(_short_id(node))}", "bold" if running else "")
    if node.name:
        text.append(f"  {clip(node.name, _LONGEST_LABEL)}")
    deepest = _deepest(node) if node.index is not None else node
    if deepest is not node:
        text.append(f" > {one_line(_tail_id(deepest, node))}", "cyan")
    text.append(f"  {clip(deepest.label or deepest.type, _LONGEST_LABEL)}", "dim")
    if node.iteration > 1:
        text.append(f"  pass {node.iteration}", "dim")
    if node.status is not StepStatus.PENDING:
        text.append(f"  {duration((node.ended or now) - node.started)}", "dim")
    if deepest.attempt > 1 and not deepest.holds_others:
        text.append(f"  try {deepest.attempt}", "yellow")
    if node.spent is not None and (cost := spent_text(node.spent)):
        text.append(f"  {cost}", "dim")
    _add_comment(text, node, deepest, now)


def _add_comment(text: Text, node: Node, deepest: Node, now: float) -> None:
    """Add the one thing worth saying of a step: why it failed, what it waits for, or its latest line."""
    if node.waits and deepest.until is not None:
        why = f": {clip(one_line(deepest.error), _LONGEST_REASON)}" if deepest.error else ""
        text.append(f"  waits {until_text(deepest.until, now)}{why}", "yellow")
        return
    if deepest.retry_in is not None:
        why = f": {one_line(deepest.error)}" if deepest.error else ""
        text.append(f"  trying again in {duration(deepest.retry_in)}{why}", "yellow")
    elif node.status is StepStatus.FAILED:
        text.append(f"  {one_line(node.error or 'failed')}", "red")
    elif node.status is StepStatus.PAUSED:
        text.append("  waits for a larger budget" if node.is_short else "  waits for a person", "yellow")
    elif node.status is StepStatus.RUNNING and deepest.line:
        text.append(f"  {one_line(deepest.line)}", "dim italic")


def _add_bar(text: Text, node: Node, width: int) -> None:
    total = node.total or 0
    done = node.count(StepStatus.COMPLETED) + node.count(StepStatus.SKIPPED)
    failed, running, paused = (
        node.count(status) for status in (StepStatus.FAILED, StepStatus.RUNNING, StepStatus.PAUSED)
    )
    waiting = paused + len(node.parked)
    cells = max(_NARROWEST_BAR, min(_WIDEST_BAR, width - len(text) - _COUNTS_WIDTH))
    green = cells * done // total if total else cells
    red = max(cells * failed // total, 1) if failed and total else 0
    text.append("━" * green, "green").append("━" * red, "red")
    text.append("━" * max(cells - green - red, 0), "bright_black")
    text.append(f" {done:,}/{total:,}", "bold")
    counts = ((running, "running", "cyan"), (failed, "failed", "red"), (waiting, "waiting", "yellow"))
    for count, word, colour in counts:
        if count:
            text.append(" · ", "dim").append(f"{count:,} {word}", colour)


def _spinner(now: float) -> str:
    return _SPINNER[int(now * _TURNS_A_SECOND) % len(_SPINNER)]


def _short_id(node: Node) -> str:
    """Return an id without what the rows above it say already."""
    parent = node.parent or ""
    return node.id.removeprefix(f"{parent}:") if parent else node.id


def _tail_id(node: Node, item: Node) -> str:
    return node.id.removeprefix(f"{item.id}:")


def _deepest(node: Node) -> Node:
    """Return the innermost step that runs inside an item or, if none does, that waits; else the item itself."""
    for child in reversed(node.children.values()):
        if child.status is StepStatus.RUNNING or (node.waits and child.waits):
            return _deepest(child)
    return node
