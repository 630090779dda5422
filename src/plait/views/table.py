"""Rows of text in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

from plait.views.palette import STATUS_COLOURS
from plait.views.spending import spending_payload, spent_text
from plait.views.text import moment, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plait.runs import RunSummary
    from plait.views.palette import Palette

_GAP = "  "
Cell = tuple[str, str]
"""A text and the style it is painted in, which may be empty."""


def width_of(text: str) -> int:
    """Return the terminal cells a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 1 + (east_asian_width(char) in "WF") for char in text)


def columns(rows: Iterable[Sequence[Cell]], palette: Palette) -> Iterator[str]:
    """Yield rows with their cells aligned; the last column is not padded."""
    table = list(rows)
    if not table:
        return
    widths = [max(width_of(text) for text, _ in cells) for cells in zip(*table, strict=True)]
    widths[-1] = 0
    for row in table:
        cells = [
            (palette.paint(text, style) if style else text) + " " * (width - width_of(text))
            for (text, style), width in zip(row, widths, strict=True)
        ]
        yield _GAP.join(cells).rstrip()


def runs_table(runs: Iterable[RunSummary], palette: Palette) -> Iterator[str]:
    """Yield one line a run: id, workflow, status, time of the last change (STA-05), what its agents cost if any did."""
    listed = list(runs)
    titles = ["RUN", "WORKFLOW", "STATUS", "UPDATED"]
    costs = [spent_text(run.spent) for run in listed]
    rows: list[list[Cell]] = [[(title, "dim") for title in (*titles, *(["SPENT"] if any(costs) else []))]]
    for run, cost in zip(listed, costs, strict=True):
        status = str(run.status)
        rows.append(
            [
                (run.run_id, "bold"),
                (one_line(run.workflow_id), ""),
                (status, STATUS_COLOURS.get(status, "dim")),
                (moment(run.updated_at), ""),
                *([(cost, "")] if any(costs) else []),
            ]
        )
    return columns(rows, palette)


def runs_payload(runs: Iterable[RunSummary]) -> list[dict[str, Any]]:
    """Return the runs as `--json` lists them (STA-06)."""
    return [
        {
            "run_id": run.run_id,
            "workflow_id": run.workflow_id,
            "status": str(run.status),
            "created_at": run.created_at,
            "updated_at": run.updated_at,
            "spent": spending_payload(run.spent),
        }
        for run in runs
    ]
