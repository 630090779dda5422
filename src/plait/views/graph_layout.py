"""Where everything of a graph is drawn.

A workflow is a tree of blocks, one after the other and side by side, so that each block can be laid out by itself: a
column of steps on one axis, columns side by side, frames around them. That takes time in proportion to the number of
steps, and the picture of a block does not depend on what stands around it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from plait.views.graph_words import LONGEST_LABEL, detail_of, label_of
from plait.views.table import width_of
from plait.views.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.preview.blocks import Role
    from plait.preview.graph import EdgeKind, Graph, Node, Part, PartBlock

GAP = 30.0
"""Between a step and the next one below it."""
_BETWEEN = 28.0
_BUS = 16.0
_DROP = 40.0
_PADDING = 18.0
_FRAME_TOP = 40.0
_FRAME_BOTTOM = 22.0
_RETURN = 26.0
_LABEL_CELL, _DETAIL_CELL, _BRANCH_CELL = 7.7, 6.3, 6.4
_LEAST_BOX, _BESIDE_TEXT, _SIGN = 84.0, 30.0, 24.0
_ONE_LINE, _TWO_LINES, _DOT = 34.0, 50.0, 16.0


class Box(NamedTuple):
    """A node and where it is drawn: its left upper corner and its size."""

    node: Node
    x: float
    y: float
    width: float
    height: float


class Frame(NamedTuple):
    """A frame around the nodes of a block."""

    label: str
    role: Role
    x: float
    y: float
    width: float
    height: float


class Line(NamedTuple):
    """A way through some points, its pieces level or upright; `arrow` tells that it ends at a node."""

    points: tuple[tuple[float, float], ...]
    kind: EdgeKind = "next"
    arrow: bool = True


class Label(NamedTuple):
    """A text beside a line."""

    text: str
    x: float
    y: float


@dataclass(slots=True)
class Drawing:
    """A graph laid out; all sizes are in pixels of the picture at its natural size."""

    width: float = 0.0
    height: float = 0.0
    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)


@dataclass(slots=True)
class _Column:
    """Steps below each other; `axis` is where its lines come in and go out, from its left edge."""

    items: list[_Item]
    width: float
    axis: float
    height: float
    block: PartBlock | None = None


@dataclass(slots=True)
class _Item:
    """A step with all that is in it: branches side by side, or frames below each other."""

    node: Node
    box: tuple[float, float]
    width: float
    axis: float
    height: float
    branches: list[_Column] = field(default_factory=list)
    frames: list[_Column] = field(default_factory=list)


def lay_out(graph: Graph, margin: float = 16.0) -> Drawing:
    """Return where everything of a graph is drawn."""
    column = _with_ends(graph)
    drawing = Drawing()
    last = _column_of(graph.last) if graph.last else None
    frame_width = 0.0 if last is None else last.width + 2 * _PADDING
    axis = max(column.axis, 0.0 if last is None else last.axis + _PADDING)
    right = max(column.width - column.axis, 0.0 if last is None else frame_width - last.axis - _PADDING)
    y = margin
    _place_column(column, margin + axis, y, drawing)
    y += column.height
    if last is not None:
        # The end follows the frame of `finally`, which everything that ends goes through.
        y = _place_frame(Frame("finally", "finally", 0, 0, 0, 0), last, (margin + axis, y), drawing, "finally")
    y = _place_end(graph.end, margin + axis, y, drawing)
    drawing.width = axis + right + 2 * margin
    drawing.height = y + margin
    return drawing


def _with_ends(graph: Graph) -> _Column:
    column = _column_of(graph.parts)
    start = _Item(graph.start, (_DOT, _DOT), _DOT, _DOT / 2, _DOT)
    column.items.insert(0, start)
    column.height += _DOT + (GAP if graph.parts else 0.0)
    return column


def _place_end(node: Node, axis: float, y: float, drawing: Drawing) -> float:
    drawing.lines.append(Line(((axis, y), (axis, y + GAP))))
    drawing.boxes.append(Box(node, axis - _DOT / 2, y + GAP, _DOT, _DOT))
    return y + GAP + _DOT


def _column_of(parts: Sequence[Part], block: PartBlock | None = None) -> _Column:
    items = [_item_of(part) for part in parts]
    axis = max((item.axis for item in items), default=_BETWEEN)
    right = max((item.width - item.axis for item in items), default=_BETWEEN)
    height = sum(item.height for item in items) + GAP * max(len(items) - 1, 0)
    return _Column(items, axis + right, axis, height, block)


def _item_of(part: Part) -> _Item:
    box = _size_of(part.node)
    item = _Item(part.node, box, box[0], box[0] / 2, box[1])
    branches = [block for block in part.blocks if block.role in ("case", "otherwise", "branch")]
    if branches:
        _add_branches(item, branches)
    else:
        _add_frames(item, [block for block in part.blocks if block.parts])
    return item


def _size_of(node: Node) -> tuple[float, float]:
    label, detail = width_of(label_of(node)) * _LABEL_CELL, width_of(detail_of(node)) * _DETAIL_CELL
    sign = _SIGN if node.state is not None else 0.0
    return max(max(label, detail) + _BESIDE_TEXT + sign, _LEAST_BOX), _TWO_LINES if detail else _ONE_LINE


def branch_label(block: PartBlock) -> str:
    """Return the name of a branch as it stands beside its line."""
    return clip(one_line(block.label), LONGEST_LABEL)


def _add_branches(item: _Item, blocks: Sequence[PartBlock]) -> None:
    for block in blocks:
        column = _column_of(block.parts, block)
        room = column.axis + 10 + width_of(branch_label(block)) * _BRANCH_CELL
        column.width = max(column.width, room)
        item.branches.append(column)
    starts = _starts(item.branches)
    first, last = item.branches[0].axis, starts[-1] + item.branches[-1].axis
    row_axis = (first + last) / 2
    row_width = starts[-1] + item.branches[-1].width
    right = max(item.width - item.axis, row_width - row_axis)
    item.axis = max(item.axis, row_axis)
    item.width = item.axis + right
    item.height += _DROP + max(column.height for column in item.branches) + _BUS


def _starts(columns: Sequence[_Column]) -> list[float]:
    """Return the left edges of columns side by side."""
    found, x = [], 0.0
    for column in columns:
        found.append(x)
        x += column.width + _BETWEEN
    return found


def _add_frames(item: _Item, blocks: Sequence[PartBlock]) -> None:
    left, right = item.axis, item.width - item.axis
    for block in blocks:
        column = _column_of(block.parts, block)
        label = width_of(branch_label(block)) * _BRANCH_CELL + _PADDING
        column.width = max(column.width, label)
        item.frames.append(column)
        left = max(left, column.axis + _PADDING)
        beside = column.width - column.axis + _PADDING
        right = max(right, beside + _RETURN, item.box[0] / 2 + _RETURN) if block.role == "pass" else max(right, beside)
        item.height += GAP + _FRAME_TOP + column.height + _FRAME_BOTTOM
    item.axis = left
    item.width = left + right


def _place_column(column: _Column, axis: float, y: float, drawing: Drawing) -> None:
    """Draw the steps of a column whose axis is at `axis`, from `y` on."""
    before: float | None = None
    for item in column.items:
        if before is not None:
            drawing.lines.append(Line(((axis, before), (axis, y))))
        _place_item(item, axis, y, drawing)
        before = y + item.height
        y = before + GAP


def _place_item(item: _Item, axis: float, y: float, drawing: Drawing) -> None:
    width, height = item.box
    drawing.boxes.append(Box(item.node, axis - width / 2, y, width, height))
    below = y + height
    if item.branches:
        _place_branches(item, axis, below, y + item.height, drawing)
    for column in item.frames:
        block = column.block
        if block is None:
            continue
        frame = Frame(branch_label(block), block.role, 0, 0, 0, 0)
        end = _place_frame(frame, column, (axis, below), drawing, "branch")
        if block.role == "pass":
            _place_return(item, axis, y, end, drawing)
        below = end


def _place_branches(item: _Item, axis: float, y: float, end: float, drawing: Drawing) -> None:
    starts = _starts(item.branches)
    first, last = item.branches[0].axis, starts[-1] + item.branches[-1].axis
    left = axis - (first + last) / 2
    for start, column in zip(starts, item.branches, strict=True):
        x = left + start + column.axis
        top = y + _DROP
        bottom = end - _BUS
        if column.items:
            drawing.lines.append(Line(((axis, y), (axis, y + _BUS), (x, y + _BUS), (x, top)), "branch"))
            _place_column(column, x, top, drawing)
            way = ((x, top + column.height), (x, bottom + _BUS / 2), (axis, bottom + _BUS / 2), (axis, end))
            drawing.lines.append(Line(way, "next", arrow=False))
        else:
            down = ((axis, y), (axis, y + _BUS), (x, y + _BUS), (x, bottom + _BUS / 2))
            drawing.lines.append(Line((*down, (axis, bottom + _BUS / 2), (axis, end)), "branch", arrow=False))
        if column.block is not None:
            drawing.labels.append(Label(branch_label(column.block), x + 6, top - 10))


def _place_frame(frame: Frame, column: _Column, above: tuple[float, float], drawing: Drawing, kind: EdgeKind) -> float:
    """Draw a frame below a point, with its column; return where it ends."""
    axis, y = above
    top = y + GAP
    left = axis - column.axis - _PADDING
    height = _FRAME_TOP + column.height + _FRAME_BOTTOM
    drawing.frames.append(frame._replace(x=left, y=top, width=column.width + 2 * _PADDING, height=height))
    inner = top + _FRAME_TOP
    drawing.lines.append(Line(((axis, y), (axis, inner)), kind))
    _place_column(column, axis, inner, drawing)
    drawing.lines.append(Line(((axis, inner + column.height), (axis, top + height)), "next", arrow=False))
    return top + height


def _place_return(item: _Item, axis: float, y: float, end: float, drawing: Drawing) -> None:
    """Draw the way back from the end of a loop's body to its head."""
    half = item.box[0] / 2
    frame = max(drawing.frames, key=lambda each: each.y + each.height == end)
    x = max(frame.x + frame.width, axis + half) + _RETURN / 2
    level, middle = end - _FRAME_BOTTOM / 2, y + item.box[1] / 2
    drawing.lines.append(Line(((axis, level), (x, level), (x, middle), (axis + half, middle)), "back"))
