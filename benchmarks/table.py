"""One measured row, and rows as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured: `figure` is held against `target`, the most it should be (None: only told).

    `unit` is `x` for a ratio. `parts` are the measurements the figure was made of, by name, ready to be read.
    """

    topic: str
    what: str
    figure: float | None
    unit: str
    target: float | None
    parts: Mapping[str, str]

    @property
    def verdict(self) -> str:
        """`ok`, `miss`, or nothing where there is no target or no figure."""
        if self.figure is None:
            return "skipped"
        if self.target is None:
            return ""
        return "ok" if self.figure <= self.target else "miss"

    def as_json(self) -> dict[str, object]:
        """Return the row as plain data."""
        return {
            "topic": self.topic,
            "what": self.what,
            "figure": None if self.figure is None else round(self.figure, 4),
            "unit": self.unit,
            "target": self.target,
            "verdict": self.verdict,
            "parts": dict(self.parts),
        }


HEADINGS = ("measured", "figure", "at most", "", "from")


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table, its columns as wide as they need to be."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS) - 1)]
    for line in cells:
        yield format_line(line, widths)


def markdown(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    for number, line in enumerate([HEADINGS, *(_cells(row) for row in rows)]):
        yield f"| {' | '.join(line)} |"
        if number == 0:
            yield "|---|---:|---:|---|---|"


def format_line(line: tuple[str, ...], widths: list[int]) -> str:
    """Return one line: the first and last column to the left, the figures to the right."""
    what, figure, target, verdict, parts = line
    return (
        f"{what:<{widths[0]}}  {figure:>{widths[1]}}  {target:>{widths[2]}}  {verdict:<{widths[3]}}  {parts}".rstrip()
    )


def _cells(row: Row) -> tuple[str, ...]:
    figure = "-" if row.figure is None else quantity(row.figure, row.unit)
    target = "" if row.target is None else quantity(row.target, row.unit)
    parts = ", ".join(f"{name} {value}" for name, value in row.parts.items())
    return f"{row.topic}: {row.what}", figure, target, row.verdict, parts


def quantity(value: float, unit: str) -> str:
    """Return a figure with its unit, as many digits as mean something."""
    if unit == "x":
        return f"{value:.2f}x"
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"
