"""What differs between two values: paths into lists and mappings, and texts line by line."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.errors import EvaluationError
from plait.journal.values import JournaledList, JournaledOutput, StoredText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEEPEST = 50
_LONGEST_COMPARED = 2_000_000
"""Bytes of a text up to which it is read from its file to be compared."""
_MOST_LINES = 5_000
"""Lines of a text up to which it is compared line by line."""


class _Missing:
    """Stands for a value that is not there."""

    def __repr__(self) -> str:
        return "(not there)"


MISSING = _Missing()


class Change(NamedTuple):
    """One difference: the path to it, what was there and what is there now; `MISSING` for nothing."""

    path: tuple[str | int, ...]
    before: Any
    after: Any


def changes_of(
    before: Mapping[str, Any], after: Mapping[str, Any], ignored: frozenset[str] = frozenset()
) -> tuple[Change, ...]:
    """Return what differs between two mappings; `ignored` are keys at the top that do not count.

    What only repeats the values of other steps is left out: these are compared by themselves.
    """
    old, new = (
        {key: value for key, value in each.items() if key not in ignored and not _is_repeated(value)}
        for each in (before, after)
    )
    return tuple(_between(old, new, ()))


def _is_repeated(value: object) -> bool:
    return isinstance(value, (JournaledList, JournaledOutput))


def _between(before: Any, after: Any, path: tuple[str | int, ...]) -> Iterator[Change]:
    before, after = _text(before), _text(after)
    if isinstance(before, dict) and isinstance(after, dict) and len(path) < _DEEPEST:
        for key in dict.fromkeys((*before, *after)):
            yield from _between(before.get(key, MISSING), after.get(key, MISSING), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(path) < _DEEPEST:
        for index in range(max(len(before), len(after))):
            old, new = (each[index] if index < len(each) else MISSING for each in (before, after))
            yield from _between(old, new, (*path, index))
    elif before != after or type(before) is not type(after):
        yield Change(path, before, after)


def _text(value: Any) -> Any:
    """Return a text that lies in a file as text, as far as it is short enough to be read."""
    if not isinstance(value, StoredText):
        return value
    if value.size > _LONGEST_COMPARED:
        return value.abridged
    try:
        return value.read()
    except EvaluationError:
        return value.abridged


def text_diff(before: str, after: str, names: tuple[str, str] = ("", ""), context: int = 2) -> tuple[str, ...]:
    """Return the unified diff of two texts, without line ends; texts of very many lines are not compared by line."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > _MOST_LINES:
        old, new = old[:_MOST_LINES], new[:_MOST_LINES]
    return tuple(difflib.unified_diff(old, new, *names, n=context, lineterm=""))
