"""A graph drawn in the terminal: one line a step, rails for what holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.views.graph_words import heading_of, label_of
from plait.views.palette import STATUS_COLOURS, STATUS_SIGNS
from plait.views.table import width_of
from plait.views.text import clip, duration, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.preview.graph import Graph, Node, Part, PartBlock
    from plait.views.palette import Palette

_LEAST_WIDTH = 30
_SHAPE_SIGNS = {"agent": "◉", "decision": "◇", "loop": "↻", "many": "⇉", "gate": "‖", "call": "▣"}
_PLAIN = str.maketrans(
    {
        "│": "|", "├": "|", "╰": "`", "╭": ".", "─": "-", "▶": ">", "▼": "v", "●": "*", "○": "o", "◎": "@",
        "◉": "@", "◇": "?", "↻": "~", "⇉": "=", "▣": "#", "‖": "=", "✓": "+", "✗": "x", "▸": ">", "·": "-",
        "…": "~", "┊": ":", "◀": "<",
    }
)  # fmt: skip


class Look(NamedTuple):
    """How a graph is drawn: in `width` columns, with signs beyond ASCII only if `unicode`."""

    palette: Palette
    width: int
    unicode: bool = True

    def sure(self, text: str) -> str:
        """Return text in characters that the terminal has."""
        return text if self.unicode else text.translate(_PLAIN).encode("ascii", "replace").decode()


def graph_lines(graph: Graph, look: Look) -> Iterator[str]:
    """Yield the heading, a line for every step, and the ways between them."""
    look = look._replace(width=max(look.width, _LEAST_WIDTH))
    is_run = graph.run_id is not None
    yield look.sure(
        f"{look.palette.paint('○', 'dim')} {look.palette.paint(clip(heading_of(graph), look.width - 2), 'bold')}"
    )
    yield _rail("│", look)
    yield from _parts(graph.parts, "", look, is_run=is_run)
    if graph.last:
        yield _rail("│", look)
        yield _rail("├─▶ ", look) + look.palette.paint("finally", "magenta")
        yield from _parts(graph.last, _rail("│   ", look), look, is_run=is_run)
    yield _rail("│", look)
    yield look.sure(look.palette.paint("◎", "dim")) + " end"


def _rail(text: str, look: Look) -> str:
    return look.palette.paint(look.sure(text), "dim")


def _parts(parts: Sequence[Part], lead: str, look: Look, *, is_run: bool) -> Iterator[str]:
    for number, part in enumerate(parts):
        if number:
            yield lead + _rail("│", look)
        yield _line(part.node, lead, look, is_run=is_run)
        yield from _blocks(part, lead, look, is_run=is_run)


def _blocks(part: Part, lead: str, look: Look, *, is_run: bool) -> Iterator[str]:
    for block in part.blocks:
        if not block.parts:
            if block.role == "otherwise":
                yield lead + _rail("├─▶ ", look) + look.palette.paint(f"{one_line(block.label)}: go on", "dim")
            continue
        yield lead + _rail("├─▶ ", look) + look.palette.paint(look.sure(_title(block)), "magenta")
        yield from _parts(block.parts, lead + _rail("│   ", look), look, is_run=is_run)
        if block.role == "pass":
            yield lead + _rail("│◀─── again", look)


def _title(block: PartBlock) -> str:
    return clip(one_line(block.label), 60)


def _line(node: Node, lead: str, look: Look, *, is_run: bool) -> str:
    palette = look.palette
    state = node.state
    status = state.status if state is not None else ""
    colour = STATUS_COLOURS.get(status, "dim") if is_run else "cyan"
    sign = STATUS_SIGNS.get(status, "○") if is_run else _SHAPE_SIGNS.get(node.shape, "●")
    label = label_of(node)
    told = [one_line(node.type)]
    if state is not None:
        told += [status if status != "completed" else "", state.note]
        told.append(duration(state.seconds) if state.seconds is not None else "")
    else:
        told.append(f"(if {one_line(node.condition)})" if node.condition else "")
        told.append(one_line(node.detail))
    left = look.width - width_of(_without_colours(lead)) - 2
    label = clip(label, left)
    rest = clip("  ".join(filter(None, told)), max(left - width_of(label) - 2, 0))
    painted = palette.paint(look.sure(rest), colour if status not in ("", "completed", "skipped") else "dim")
    return (
        f"{lead}{palette.paint(look.sure(sign), colour)} {palette.paint(look.sure(label), 'bold')}  {painted}".rstrip()
    )


def _without_colours(text: str) -> str:
    from plait.views.text import clean  # noqa: PLC0415 - a lead is short

    return clean(text)
