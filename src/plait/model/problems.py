"""What is wrong with a file, and where."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a problem matters: errors refuse, warnings are shown, `typo` is an error under `validate` only."""

    ERROR = "error"
    TYPO = "typo"
    WARNING = "warning"


class Mark(NamedTuple):
    """A place in a source text; `line` and `column` count from 1."""

    line: int = 1
    column: int = 1


class Document(NamedTuple):
    """A text that places are in, by the name of its file."""

    name: str = ""
    text: str = ""


class Problem(NamedTuple):
    """One thing that is wrong, where, and what to do about it.

    `source_line` is the line's text and `length` the number of characters the caret underlines. `path` leads to the
    value in the document, such as `("steps", 2, "run")`.
    """

    message: str
    file: str = ""
    mark: Mark = Mark()
    source_line: str = ""
    length: int = 1
    hint: str = ""
    severity: Severity = Severity.ERROR
    path: tuple[str | int, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether a workflow with this problem is refused when it is run."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.mark.line}:{self.mark.column}: " if self.file else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


class Flaw(NamedTuple):
    """A problem found by a configuration model, before its place in the file is known.

    `path` is relative to the step, such as `("options", 1)`; `offset` and `length` count characters within the
    scalar there.
    """

    message: str
    path: tuple[str | int, ...] = ()
    hint: str = ""
    severity: Severity = Severity.ERROR
    offset: int = 0
    length: int = 0
