"""The problems found so far in one workflow, whichever files its parts are from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.load.nodes import Scalar
from plait.load.positions import index_of
from plait.model.problems import Severity
from plait.suggest import did_you_mean, is_slip, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from plait.errors import ExpressionError
    from plait.load.nodes import Mapping, Node
    from plait.load.source import Source
    from plait.model.problems import Problem

Path = tuple[str | int, ...]
HARMLESS_KEYS = frozenset({"depends_on", "skip_if", "on_blocked", "output", "flow_kit", "label"})
"""Keys that published workflow files carry without effect (REAL-1): never taken for a misspelling."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some characters of a scalar's value."""

    scalar: Scalar
    offset: int
    length: int


_MOST_COMPARISONS = 100_000
"""Comparing words is slow; a file with thousands of mistakes gets its first guesses only."""


class Findings:
    """Collects what is wrong with a workflow; the same complaint about the same place is kept once.

    Each complaint is about the file that its node is from; those about `source` come first.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._found: dict[tuple[bool, str, int, int, str], Problem] = {}
        self._comparisons_left = _MOST_COMPARISONS

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, in the order of their places."""
        return tuple(self._found[key] for key in sorted(self._found, key=lambda key: key[:4]))

    @property
    def has_errors(self) -> bool:
        """Whether any of them refuses the workflow."""
        return any(problem.is_error for problem in self._found.values())

    def add(
        self, place: Node | Part, message: str, path: Path = (), *, hint: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        """Complain about a whole node, or about some characters of a scalar's value."""
        span = _span_of(place) if isinstance(place, Part) else (place.start, place.end)
        source = (place.scalar if isinstance(place, Part) else place).source
        key = (source is not self.source, source.name, *span, message)
        if key not in self._found:
            self._found[key] = source.problem(message, span, hint=hint, severity=severity, path=path)

    def add_expression_error(self, node: Node, error: ExpressionError, path: Path) -> None:
        """Complain about the character of a scalar that an expression error names."""
        place = Part(node, error.offset, error.length) if isinstance(node, Scalar) else node
        self.add(place, error.message, path, hint=error.hint)

    def guess(self, word: str, candidates: Collection[str]) -> str:
        """Return the hint `did you mean …?`, or an empty text."""
        self._comparisons_left -= len(candidates)
        return suggestion(word, sorted(candidates)) if self._comparisons_left >= 0 else ""

    def check_keys(self, node: Mapping, known: Iterable[str], place: str, path: Path = ()) -> None:
        """Complain about keys that a place does not know; nothing reads them, so the file still runs."""
        words = set(known)
        for key, _ in node.entries:
            if key.text in words:
                continue
            self._comparisons_left -= len(words)
            may_guess = key.text not in HARMLESS_KEYS and self._comparisons_left >= 0
            meant = did_you_mean(key.text, sorted(words)) if may_guess else None
            slip = meant is not None and is_slip(key.text.casefold(), meant.casefold())
            self.add(
                key,
                f"unknown key `{key.text}` in {place}: it has no effect",
                (*path, key.text),
                hint=f"did you mean `{meant}`?" if meant else "",
                severity=Severity.TYPO if slip else Severity.WARNING,
            )


def _span_of(part: Part) -> tuple[int, int]:
    text, scalar = part.scalar.source.text, part.scalar
    start = index_of(text, scalar, part.offset)
    end = index_of(text, scalar, part.offset + part.length - 1) + 1 if part.length > 1 else start + 1
    return start, max(end, start + 1)
