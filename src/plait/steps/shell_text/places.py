"""Where in a shell text an expression stands, and what that place asks of its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple


class Quote(Enum):
    """The quoting around an expression."""

    BARE = auto()
    DOUBLE = auto()
    SINGLE = auto()
    HERE = auto()
    """The body of a here-document whose end word is not quoted."""
    ARITHMETIC = auto()


class Delivery(Enum):
    """How a value reaches the command."""

    WORDS = auto()
    """Split at white space, as an unquoted value is."""
    WHOLE = auto()
    NUMBER = auto()
    """Only a whole number is let in, because the shell would evaluate anything else."""
    NAME = auto()
    """Only the name of a variable is let in, because the shell would evaluate the subscript of anything else."""
    TEST_OPERAND = auto()
    """A word that `test` takes for an operator evaluating the next word is refused."""
    FORMAT = auto()
    """A value that starts with `-v` or `-p` is refused: the command would evaluate the name after it."""
    NOTHING = auto()
    """In a comment: the value is not even looked at."""


class Remark(NamedTuple):
    """A message about an expression, with what to write instead."""

    message: str
    hint: str = ""


@dataclass(slots=True, eq=False)
class Slot:
    """The place of one expression; `left` and `right` say whether the word has text of the author's right there."""

    position: int
    quote: Quote
    delivery: Delivery
    left: bool = False
    right: bool = False
    refusal: Remark | None = None
    warning: Remark | None = None
    chooses_program: bool = False
    takes_quoted: bool = False
    """Another shell reads the value, so that `shell_quote` is right here and settles the warning."""
    guarded: Delivery | None = None
    """How the value arrives once TEST_OPERAND or FORMAT has let it in."""

    def refuse(self, message: str, hint: str = "") -> None:
        """Say why no value can be put here; the first reason stays."""
        self.refusal = self.refusal or Remark(message, hint)

    def warn(self, message: str, hint: str = "") -> None:
        """Say what is risky about a value here; the first warning stays."""
        self.warning = self.warning or Remark(message, hint)


@dataclass(slots=True)
class Word:
    """One word of a command, from `start` on.

    `raw` is it as written but for continued lines, `plain` has its quotes removed and `UNKNOWN` for each expansion.
    """

    raw: str
    plain: str
    slots: list[Slot] = field(default_factory=list)
    is_assignment: bool = False
    is_array: bool = False
    """An assignment whose value is a list in parentheses."""
    start: int = 0

    @property
    def is_literal(self) -> bool:
        """Whether the word is the author's text alone."""
        return not self.slots and UNKNOWN not in self.plain


UNKNOWN = "\0"
"""Stands in a word's plain text for what only the shell, or a value, will tell."""


@dataclass(slots=True)
class Command:
    """One simple command: the assignments before it and its words, redirections left out.

    `is_closed` says that a compound command has just ended, `is_list` that the words are those of `for … in`.
    """

    start: int
    words: list[Word] = field(default_factory=list)
    assignments: list[Word] = field(default_factory=list)
    strings: list[Slot] = field(default_factory=list)
    """The expressions in here-strings that the command reads."""
    declares: bool = False
    is_closed: bool = False
    is_list: bool = False
    is_double_bracket: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the next word would be the command's name."""
        return not self.words and not self.is_list


class WordText:
    """Collects the text of a word, and tells its expressions what stands right beside them."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._solid = False
        self._open: Slot | None = None

    @property
    def plain(self) -> str:
        """The text so far, as `Word.plain`."""
        return "".join(self._parts)

    def known(self, text: str) -> None:
        """Add characters of the author's, or a quoted part."""
        self._parts.append(text)
        self._solid = True
        if self._open is not None:
            self._open.right = True
            self._open = None

    def expansion(self) -> None:
        """Add something of which only the shell knows whether it is empty."""
        self._parts.append(UNKNOWN)
        self._solid = False
        self._open = None

    def expression(self, slot: Slot) -> None:
        """Add an expression."""
        self._parts.append(UNKNOWN)
        slot.left = self._solid
        self._solid = False
        self._open = slot


class DoubtError(Exception):
    """The text cannot be read with certainty from `position` on."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.found_at = position
        self.reason = reason
