"""Guessing which known word a misspelt one was meant to be."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


_MOST_CHANGES = 2


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate closest to a word, or None if none is close."""
    known = list(candidates)
    by_folded = {candidate.casefold(): candidate for candidate in known}
    if exact := by_folded.get(word.casefold()):
        return exact
    slips = [candidate for candidate in known if is_slip(word, candidate)]
    found = slips or get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else None


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """Return the hint `did you mean …?`, or an empty text."""
    found = did_you_mean(word, candidates)
    return f"did you mean `{found}`?" if found else ""


def is_slip(word: str, known: str) -> bool:
    """Whether a word is a known one with a letter or two changed, lost, added or swapped."""
    allowed = (len(known) + 1) // 4  # short words have close neighbours
    return abs(len(word) - len(known)) <= allowed and _distance(word, known) <= min(allowed, _MOST_CHANGES)


def _distance(left: str, right: str) -> int:
    """Count the changes between two words, a swap of neighbours being one."""
    before: list[int] = []
    above = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
