"""A graph as a picture: SVG that needs nothing else, in light and dark."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from plait.views.graph_layout import Box, Drawing, Frame, Line, lay_out
from plait.views.graph_style import style_of
from plait.views.graph_words import detail_of, heading_of, label_of, sign_of, title_of
from plait.views.table import width_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.preview.graph import Graph

_RADIUS = 7.0
_HEADING = 34.0
_HEADING_CELL = 9.0
_MARGIN = 16.0


def graph_svg(graph: Graph, *, standalone: bool = False) -> str:
    """Return a graph as one `<svg>` element, all text in it escaped.

    Its ink is `currentColor`, so that it fits a page that it is put into; one that is `standalone` has a heading and
    colours of its own.
    """
    drawing = lay_out(graph, _MARGIN)
    heading = heading_of(graph)
    above = _HEADING if standalone else 0.0
    width = max(drawing.width, width_of(heading) * _HEADING_CELL + 2 * _MARGIN if standalone else 0.0)
    height = drawing.height + above
    is_run = graph.run_id is not None
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 {-above:.0f} {width:.0f} {height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plait-graph" {size} role="img" aria-label="{_text(heading)}">',
        f"<style>{style_of(standalone=standalone)}</style>",
        f"<title>{_text(heading)}</title>",
    ]
    if standalone:
        parts.append(f'<text class="heading" x="{_MARGIN:.0f}" y="-10">{_text(heading)}</text>')
    parts += _shapes(drawing, is_run=is_run)
    parts.append("</svg>\n")
    return "\n".join(parts)


def _shapes(drawing: Drawing, *, is_run: bool) -> Iterator[str]:
    for frame in drawing.frames:
        yield from _frame(frame)
    for line in drawing.lines:
        yield _line(line)
    for label in drawing.labels:
        yield f'<text class="branch" x="{label.x:.1f}" y="{label.y:.1f}">{_text(label.text)}</text>'
    for box in drawing.boxes:
        yield from _box(box, is_run=is_run)


def _frame(frame: Frame) -> Iterator[str]:
    yield (
        f'<rect class="frame {frame.role}" x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}"'
        f' height="{frame.height:.1f}" rx="10"/>'
    )
    yield f'<text class="frame-label" x="{frame.x + 10:.1f}" y="{frame.y + 16:.1f}">{_text(frame.label)}</text>'


def _line(line: Line) -> str:
    path = f'<path class="line {line.kind}" d="{_path(line.points)}"/>'
    return path + _tip(line) if line.arrow else path


def _path(points: tuple[tuple[float, float], ...]) -> str:
    """Return a way with its corners rounded."""
    corners = [point for point, after in pairwise(points) if point != after] + [points[-1]]
    x, y = corners[0]
    found = [f"M{x:.1f} {y:.1f}"]
    for (ax, ay), (bx, by), (cx, cy) in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(_RADIUS, (abs(bx - ax) + abs(by - ay)) / 2, (abs(cx - bx) + abs(cy - by)) / 2)
        into = bx - _sign(bx - ax) * radius, by - _sign(by - ay) * radius
        out = bx + _sign(cx - bx) * radius, by + _sign(cy - by) * radius
        found.append(f"L{into[0]:.1f} {into[1]:.1f}Q{bx:.1f} {by:.1f} {out[0]:.1f} {out[1]:.1f}")
    return "".join(found) + f"L{corners[-1][0]:.1f} {corners[-1][1]:.1f}"


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _tip(line: Line) -> str:
    (ax, ay), (x, y) = line.points[-2:]
    if ax == x:
        back = y - 7 * (_sign(y - ay) or 1)
        return f'<path class="tip" d="M{x:.1f} {y:.1f}L{x - 4:.1f} {back:.1f}L{x + 4:.1f} {back:.1f}Z"/>'
    back = x - 7 * _sign(x - ax)
    return f'<path class="tip" d="M{x:.1f} {y:.1f}L{back:.1f} {y - 4:.1f}L{back:.1f} {y + 4:.1f}Z"/>'


def _box(box: Box, *, is_run: bool) -> Iterator[str]:
    node = box.node
    if node.shape in ("start", "end"):
        middle = f'cx="{box.x + box.width / 2:.1f}" cy="{box.y + box.height / 2:.1f}"'
        yield f'<circle class="dot {node.shape}" {middle} r="{box.width / 2 - 2:.1f}"><title>{node.id}</title></circle>'
        if node.shape == "end":
            yield f'<circle class="dot inner" {middle} r="{box.width / 2 - 5:.1f}"/>'
        return
    state = node.state.status if node.state is not None else "untouched" if is_run else "plain"
    yield f'<g class="node {state}"><title>{_text(title_of(node))}</title>{_outline(box)}'
    sign, detail = sign_of(node), detail_of(node)
    left = 24.0 if sign else 0.0
    middle_x, first = box.x + left + (box.width - left) / 2, box.y + (21 if detail else box.height / 2 + 4.5)
    if sign:
        disc_y = box.y + box.height / 2
        yield f'<circle class="disc" cx="{box.x + 20:.1f}" cy="{disc_y:.1f}" r="9"/>'
        yield f'<text class="sign" x="{box.x + 20:.1f}" y="{disc_y + 4.5:.1f}">{sign}</text>'
    yield f'<text class="label" x="{middle_x:.1f}" y="{first:.1f}">{_text(label_of(node))}</text>'
    if detail:
        yield f'<text class="detail" x="{middle_x:.1f}" y="{box.y + 38:.1f}">{_text(detail)}</text>'
    yield "</g>"


def _outline(box: Box) -> str:
    """Return the outline of a node: another one for each kind of step."""
    x, y, width, height = box.x, box.y, box.width, box.height
    rectangle = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    match box.node.shape:
        case "decision" | "loop":
            return _polygon(box, (10, height / 2))
        case "gate":
            return _polygon(box, (10, 10))
        case "agent":
            return f'<rect class="box" {rectangle} rx="17"/>'
        case "many":
            right = x + width
            behind = f"M{x + 4:.1f} {y - 3:.1f}H{right - 1:.1f}Q{right + 3:.1f} {y - 3:.1f} {right + 3:.1f} {y + 3:.1f}"
            behind += f"V{y + height - 5:.1f}"
            return f'<path class="mark" d="{behind}"/><rect class="box" {rectangle} rx="6"/>'
        case "call":
            bars = f"M{x + 6:.1f} {y:.1f}V{y + height:.1f}M{x + width - 6:.1f} {y:.1f}V{y + height:.1f}"
            return f'<rect class="box" {rectangle} rx="4"/><path class="mark" d="{bars}"/>'
    return f'<rect class="box" {rectangle} rx="6"/>'


def _polygon(box: Box, cut: tuple[float, float]) -> str:
    """Return a box whose corners are cut off by so much."""
    left, top, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    dx, dy = cut
    corners = [
        (left, top + dy), (left + dx, top), (right - dx, top), (right, top + dy),
        (right, bottom - dy), (right - dx, bottom), (left + dx, bottom), (left, bottom - dy),
    ]  # fmt: skip
    return f'<polygon class="box" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>'


def _text(text: str) -> str:
    """Return text as XML can hold it."""
    return escape("".join(char for char in text if char in "\n\t" or char.isprintable() or char.isspace()))
