"""When each step worked and waited, as bars in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.views.axis import Axis
from plait.views.palette import STATUS_COLOURS
from plait.views.table import width_of
from plait.views.text import clip, duration, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plait.history.spans import Span
    from plait.history.walks import Walk
    from plait.journal import StepRecord
    from plait.views.palette import Palette
    from plait.views.tree import TreeRow

_WORK, _FAILED, _WAIT, _GAP = "█", "▓", "░", "┊"
_LONGEST_LABEL = 36
_NUMBERS = 18
_FEWEST_CELLS = 12
_WITHOUT_NUMBERS = 60
"""Columns below which the start and the length of a bar are left out."""


def timeline_lines(
    rows: Sequence[TreeRow],
    spans: Mapping[str, Span],
    walks: Sequence[Walk],
    palette: Palette,
    *,
    width: int,
) -> Iterator[str]:
    """Yield a heading and one bar a row of the tree, in `width` cells at most; nothing where there is no room.

    Bars are work, darker or lighter what failed and what only waited; a thin line stands for the time in which nobody
    ran the run.
    """
    shown = [spans[row.record.id] for row in rows if row.record is not None and row.record.id in spans]
    labels = [_label(row.depth, row.record) for row in rows if row.record is not None and row.record.id in spans]
    numbers = _NUMBERS if width >= _WITHOUT_NUMBERS else 0
    longest = max(map(width_of, labels), default=0)
    label = min(longest, _LONGEST_LABEL, max(width // 3, 8))
    cells = width - label - numbers - 2
    if not shown or not walks or cells < _FEWEST_CELLS:
        return
    begin = walks[0].start
    axis = Axis([(walk.start, walk.end) for walk in walks], cells)
    yield _heading(walks, axis, palette)
    for span, name in zip(shown, labels, strict=True):
        short = clip(name, label)
        text = short + " " * (label - width_of(short)) + "  " + _bar(span, axis, palette)
        told = f"  {'+' + duration(span.start - begin):>8} {duration(_length(span)):>7}" if numbers else ""
        yield (text + palette.paint(told, "dim")).rstrip()


def _label(depth: int, record: StepRecord) -> str:
    name = record.id.removeprefix(f"{record.parent}:") if record.parent else record.id
    return "  " * min(depth, 4) + one_line(name)


def _heading(walks: Sequence[Walk], axis: Axis, palette: Palette) -> str:
    end = walks[-1].end
    text = f"timeline of {duration(end - walks[0].start)}"
    if axis.gaps:
        idle = end - walks[0].start - sum(walk.end - walk.start for walk in walks)
        text += f", {_GAP} {duration(idle)} in which nobody ran it ({plural(len(walks), 'process')})".replace(
            "processs", "processes"
        )
    return palette.paint(text, "dim")


def _length(span: Span) -> float:
    return span.end - span.start


def _bar(span: Span, axis: Axis, palette: Palette) -> str:
    cells = [" "] * axis.width
    for gap in axis.gaps:
        if gap < axis.width:
            cells[gap] = _GAP
    for attempt in span.attempts:
        _fill(cells, axis, attempt.start, attempt.end, _FAILED if attempt.ended_as in ("failed", "lost") else _WORK)
    for wait in span.waits:
        if wait.reason != "stopped":
            _fill(cells, axis, wait.start, wait.end, _WAIT)
    for attempt in span.attempts:
        if axis.cell(attempt.start) == axis.cell(attempt.end):
            _fill(cells, axis, attempt.start, attempt.end, _FAILED if attempt.ended_as == "failed" else _WORK)
    if not span.attempts:
        _fill(cells, axis, span.start, span.start, "·")
    return _painted(cells, STATUS_COLOURS.get(span.status, ""), palette)


def _fill(cells: list[str], axis: Axis, start: float, end: float, sign: str) -> None:
    first, last = axis.cell(start), axis.edge(end)
    for cell in range(first, max(last, first + 1)):
        if cells[cell] != _GAP:
            cells[cell] = sign


_STYLES = {_FAILED: "red", _WAIT: "yellow", _GAP: "dim", "·": "dim"}


def _painted(cells: list[str], colour: str, palette: Palette) -> str:
    text, start = "", 0
    for index in range(1, len(cells) + 1):
        if index == len(cells) or cells[index] != cells[start]:
            stretch, style = "".join(cells[start:index]), _STYLES.get(cells[start], colour)
            text += palette.paint(stretch, style) if stretch.strip() and style else stretch
            start = index
    return text
