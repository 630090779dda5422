"""Times on a line of a few cells: where each stands, without the hours in which nobody ran the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORT_GAP = 0.02
"""Parts of the whole that a pause between two processes may be, and is still drawn as long as it was."""


class Axis:
    """Maps times to cells, 0 to `width` - 1.

    `stretches` are the times in which somebody ran the run; longer pauses between them are one cell, `gaps`.
    """

    def __init__(self, stretches: Sequence[tuple[float, float]], width: int) -> None:
        self.width = max(width, 1)
        self._stretches = _joined(stretches, self.width)
        free = self.width - (len(self._stretches) - 1)
        total = sum(end - start for start, end in self._stretches) or 1.0
        self._scale = free / total
        self._firsts = [0.0]
        """The cell at which each stretch begins, one cell after the end of the one before."""
        for start, end in self._stretches:
            self._firsts.append(self._firsts[-1] + (end - start) * self._scale + 1)
        self.gaps = tuple(int(first) - 1 for first in self._firsts[1:-1])

    def edge(self, at: float) -> int:
        """Return the cell before which a bar that lasts until a time ends, from 0 to `width`."""
        number = next(
            (number for number, (_, end) in enumerate(self._stretches) if at <= end), len(self._stretches) - 1
        )
        start, end = self._stretches[number]
        return min(int(self._firsts[number] + (min(max(at, start), end) - start) * self._scale), self.width)

    def cell(self, at: float) -> int:
        """Return the cell of a time, never that of a gap; what is before or after everything is at an end."""
        cell = min(self.edge(at), self.width - 1)
        return cell - 1 if cell in self.gaps and cell > 0 else cell


def _joined(stretches: Sequence[tuple[float, float]], width: int) -> list[tuple[float, float]]:
    """Join stretches between which there is little time, and all of them if there are too many to tell apart."""
    if not stretches:
        return [(0.0, 0.0)]
    whole = stretches[-1][1] - stretches[0][0]
    joined: list[tuple[float, float]] = [stretches[0]]
    for start, end in stretches[1:]:
        if start - joined[-1][1] <= whole * _SHORT_GAP:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined if len(joined) * 4 <= width else [(stretches[0][0], stretches[-1][1])]
