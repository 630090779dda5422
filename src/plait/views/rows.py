"""Which lines of a board fit on a screen: what is going on first, what is over folded away."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from plait.model.status import StepStatus
from plait.views.text import one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.views.board import Board, Node

_FAILED_ITEMS_SHOWN = 3


class Kind(IntEnum):
    """What a row is about, those folded away first before the others."""

    DONE = 0
    PLANNED = 1
    ITEM = 2
    LIVE = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a step, a fan-out's bar, or a note that stands for rows folded away."""

    depth: int
    kind: Kind
    node: Node | None = None
    note: str = ""
    bar: bool = False
    folded: int = 0


def rows_of(board: Board, budget: int) -> list[Row]:
    """Return at most `budget` rows; the caller holds the board still."""
    return fit(list(_all_rows(board)), max(budget, 1))


def _all_rows(board: Board) -> Iterator[Row]:
    planned = dict(board.planned)
    for step_id, name in planned.items():
        node = board.roots.get(step_id)
        if node is None:
            yield Row(0, Kind.PLANNED, note=f"{one_line(step_id)}  {one_line(name)}".rstrip())
        else:
            yield from _rows_below(node, 0)
    for step_id, node in board.roots.items():
        if step_id not in planned:
            yield from _rows_below(node, 0)


def _rows_below(node: Node, depth: int) -> Iterator[Row]:
    if node.settled:
        yield Row(depth, Kind.DONE, node)
        return
    yield Row(depth, Kind.LIVE, node)
    if node.total is not None:
        yield Row(depth + 1, Kind.LIVE, node, bar=True)
    yield from _item_rows(node, depth + 1)
    for child in list(node.children.values()):
        if child.index is None:
            yield from _rows_below(child, depth + 1)


def _item_rows(node: Node, depth: int) -> Iterator[Row]:
    items = [child for child in node.children.values() if child.index is not None]
    failed = [item for item in items if item.status is StepStatus.FAILED]
    for item in failed[-_FAILED_ITEMS_SHOWN:]:
        yield Row(depth, Kind.ITEM, item)
    for item in items:
        if item.status is StepStatus.PAUSED or item.waits:
            yield Row(depth, Kind.ITEM, item)
    for running in node.slots:
        if running is not None:
            yield Row(depth, Kind.ITEM, running)


def fit(rows: list[Row], budget: int) -> list[Row]:
    """Fold neighbours of one kind into notes until the rows fit; at the last, cut."""
    for kind in (Kind.DONE, Kind.PLANNED, Kind.ITEM):
        while len(rows) > budget:
            run = _longest_run(rows, kind)
            if run is None:
                break
            start, end = run
            # The earliest of what is over goes first; of what is planned or running, the last.
            length = min(end - start, len(rows) - budget + 1)
            begin = start if kind is Kind.DONE else end - length
            rows = [*rows[:begin], _note(rows[begin : begin + length]), *rows[begin + length :]]
    if len(rows) > budget:
        rows = [*rows[: budget - 1], Row(0, Kind.LIVE, note="…")]
    return rows


def _longest_run(rows: list[Row], kind: Kind) -> tuple[int, int] | None:
    """Return start and end of the longest stretch of two or more rows of a kind at one depth."""
    best: tuple[int, int] | None = None
    start = 0
    for index in range(1, len(rows) + 1):
        if index < len(rows) and (rows[index].kind, rows[index].depth) == (rows[start].kind, rows[start].depth):
            continue
        length = index - start
        if rows[start].kind is kind and length > 1 and (best is None or length > best[1] - best[0]):
            best = (start, index)
        start = index
    return best


def _note(rows: list[Row]) -> Row:
    first = rows[0]
    count = sum(row.folded or 1 for row in rows)
    text = {
        Kind.DONE: f"{plural(count, 'step')} done",
        Kind.PLANNED: f"{plural(count, 'step')} to come",
        Kind.ITEM: f"{plural(count, 'more item')}",
    }[first.kind]
    return Row(first.depth, first.kind, note=text, folded=count)
