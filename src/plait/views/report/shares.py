"""How a number of bytes is divided among texts that together want more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Want(NamedTuple):
    """What one text would take; those of a lower `rank` are served first."""

    rank: int
    size: int


def shares(wants: Sequence[Want], total: int) -> list[int]:
    """Return how many bytes each may take, at most `total` in all.

    Rank by rank the small ones get all they want, and what is left is divided evenly among the larger ones.
    """
    given = [0] * len(wants)
    order = sorted(range(len(wants)), key=lambda index: wants[index])
    left_in_rank: dict[int, int] = {}
    for want in wants:
        left_in_rank[want.rank] = left_in_rank.get(want.rank, 0) + 1
    left = total
    for index in order:
        rank, size = wants[index]
        given[index] = min(size, left // left_in_rank[rank])
        left -= given[index]
        left_in_rank[rank] -= 1
    return given
