"""Reads quotes and what a dollar sign introduces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.steps.shell_text.cursor import Cursor
from plait.steps.shell_text.places import DoubtError, Quote, Slot

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from plait.steps.shell_text.places import WordText

_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_BRACED_PARAMETER = re.compile(r"[#!]?(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*])|[#?$!-]")
_PATTERN_OPERATOR = re.compile(r"##?|%%?|/[/#%]?|\^\^?|,,?")
_BRACKETS = {"))": ("(", ")"), "]": ("[", "]"), "}": ("{", "}")}


class ExpansionReader(Cursor):
    """Reads quoted text, parameters, arithmetic and substitutions."""

    def commands(self, closers: AbstractSet[str], *, substituted: bool = True) -> str:
        """Read commands up to one of `closers`, step over it and return it.

        Here-documents begun in commands that are not `substituted` may go on behind them.
        """
        raise NotImplementedError

    def element(self, char: str, word: WordText) -> None:
        """Read one element of unquoted text."""
        raise NotImplementedError

    def braced_word(self) -> None:
        """Read the unquoted word in `${name:-word}`, up to the brace."""
        raise NotImplementedError

    def backslash(self, quote: Quote) -> None:
        """Step over a backslash and what it escapes."""
        self.position += 1
        if self.peek() == self.mark:
            self.slot(quote).refuse(
                "an expression cannot follow a backslash", "remove the backslash: a value is never shell syntax"
            )
        elif self.peek():
            self.position += 1

    def single(self) -> list[Slot]:
        """Read '…'."""
        close = self.text.find("'", self.position + 1, self.end)
        if close < 0:
            raise DoubtError(self.position, "this single quote is never closed")
        found = self.slots_until(close, Quote.SINGLE)
        self.position += 1
        return found

    def double(self) -> list[Slot]:
        """Read "…"."""
        start, count = self.position, len(self.word_slots)
        self.position += 1
        while (char := self.peek()) != '"':
            if not char:
                raise DoubtError(start, "this double quote is never closed")
            self.inside_quotes(char, Quote.DOUBLE)
        self.position += 1
        return self.word_slots[count:]

    def inside_quotes(self, char: str, quote: Quote) -> None:
        """Read one element of double-quoted text, of a here-document or of arithmetic."""
        if char == self.mark:
            self.slot(quote)
        elif char == "\\":
            self.backslash(quote)
        elif char == "`":
            self.backtick()
        elif char == "$":
            self.dollar(quote)
        else:
            self.position += 1

    def backtick(self) -> None:
        """Read `…`, where quoting is too unlike everything else to put a value in."""
        place = self.position + 1
        while place < self.end and self.text[place] != "`":
            place += 2 if self.text[place] == "\\" else 1
        if place >= self.end:
            raise DoubtError(self.position, "this backtick is never closed")
        for slot in self.slots_until(place, Quote.SINGLE):
            slot.refuse("an expression cannot stand between backticks", "write $( … ) instead of ` … `")
        self.position += 1

    def dollar(self, quote: Quote) -> bool:
        """Read what a dollar sign introduces; return False if it was only a dollar sign."""
        following = self.peek(1)
        if following == "(":
            self._parenthesis()
        elif following == "{":
            self.nested(lambda: self.parameter(quote))
        elif following == "[":
            self.nested(lambda: self.arithmetic("]", opening=2))
        elif following == "'" and quote is Quote.BARE:
            self._ansi_quoted()
        elif following == self.mark:
            self.position += 1
            self.slot(quote).refuse(
                "an expression cannot follow a dollar sign",
                "remove the dollar sign, or put it in single quotes if it is meant literally",
            )
        elif following == "\\" and self.peek(2) == "\n":
            raise DoubtError(self.position, "this dollar sign stands before a line break")
        elif found := _PARAMETER.match(self.text, self.position + 1, self.end):
            self.position = found.end()
        else:
            self.position += 1
            return False
        return True

    def _parenthesis(self) -> None:
        start = self.position
        if self.at("$(("):
            if not self.attempt(lambda: self.arithmetic("))", opening=3)):
                self.position += 2
                self.substitution()
                self.refuse_ambiguous(start)
            return
        self.position += 2
        self.expect_unbroken()
        self.substitution()

    def expect_unbroken(self) -> None:
        """Raise if what may become two parentheses is broken by the end of a line."""
        if self.at("\\\n"):
            raise DoubtError(self.position - 1, "this parenthesis stands before a continued line")

    def refuse_ambiguous(self, start: int) -> None:
        """Refuse the expressions behind two parentheses that may or may not begin arithmetic."""
        for place, slot in self.slots.items():
            if start <= place < self.position:
                slot.refuse("two opening parentheses may mean arithmetic here", "put a space between them")

    def substitution(self) -> None:
        """Read the commands of a substitution, in which quoting starts anew, and the closing parenthesis."""
        splits, slots = self.splits, self.word_slots
        self.splits, self.word_slots = True, []
        self.nested(lambda: self.commands(frozenset(")")))
        self.splits, self.word_slots = splits, slots

    def _ansi_quoted(self) -> None:
        place = self.position + 2
        while place < self.end and self.text[place] != "'":
            place += 2 if self.text[place] == "\\" else 1
        if place >= self.end:
            raise DoubtError(self.position, "this single quote is never closed")
        for slot in self.slots_until(place, Quote.SINGLE):
            slot.refuse("an expression cannot stand in $'…'", "close the quote before it: $'…'\"{{ … }}\"$'…'")
        self.position += 1

    def arithmetic(self, closer: str, *, opening: int) -> None:
        """Read an arithmetic expression behind `opening` characters up to `closer`, and step over that."""
        start, depth = self.position, 0
        opens, closes = _BRACKETS[closer]
        self.position += opening
        while char := self.peek():
            if depth == 0 and self.at(closer):
                self.position += len(closer)
                return
            depth += (char == opens) - (char == closes)
            if depth < 0:
                break
            if char in "'\"":
                self._quoted_arithmetic(char)
            else:
                self.inside_quotes(char, Quote.ARITHMETIC)
        raise DoubtError(start, "this arithmetic is never closed")

    def _quoted_arithmetic(self, closer: str) -> None:
        start = self.position
        self.position += 1
        while (char := self.peek()) != closer:
            if not char:
                raise DoubtError(start, "this quote is never closed")
            if closer == "'" and char != self.mark:
                self.position += 1
            else:
                self.inside_quotes(char, Quote.ARITHMETIC)
        self.position += 1

    def parameter(self, quote: Quote) -> None:
        """Read ${…}."""
        start = self.position
        self.position += 2
        if found := _BRACED_PARAMETER.match(self.text, self.position, self.end):
            self.position = found.end()
        if self.peek() == "[":
            self.arithmetic("]", opening=1)
        if self.at(":") and self.peek(1) not in tuple("-=?+"):
            self.arithmetic("}", opening=1)
            return
        if self.at(":") or self.peek() in tuple("-=?+"):
            self.position += 1 + self.at(":")
            self._default(quote, start, assigns=self.text[self.position - 1] == "=")
        elif pattern := _PATTERN_OPERATOR.match(self.text, self.position, self.end):
            self.position = pattern.end()
            self._pattern(quote, start)
        else:
            self._operator(start)
        self.position += 1

    def _operator(self, start: int) -> None:
        close = self.text.find("}", self.position, self.end)
        if close < 0 or any(char in " \t\n|'\"`$\\" for char in self.text[self.position : close]):
            raise DoubtError(start, "this ${…} is not a form that is known")
        for slot in self.slots_until(close, Quote.SINGLE):
            slot.refuse("an expression cannot choose the name of a shell variable", "use the value itself")

    def _default(self, quote: Quote, start: int, *, assigns: bool) -> None:
        if quote is not Quote.BARE:
            self._quoted_word(quote, start)
            return
        splits, self.splits = self.splits, self.splits and not assigns
        self.braced_word()
        self.splits = splits

    def _quoted_word(self, quote: Quote, start: int) -> None:
        # Here single quotes are literal, and shells disagree about what double quotes do.
        while (char := self.peek()) != "}":
            if not char:
                raise DoubtError(start, "this ${…} is never closed")
            if char == '"' and quote is Quote.DOUBLE:
                for slot in self.double():
                    slot.refuse(
                        "shells disagree about double quotes inside a quoted ${…}", "remove the inner double quotes"
                    )
            else:
                self.inside_quotes(char, quote)

    def _pattern(self, quote: Quote, start: int) -> None:
        splits, count = self.splits, len(self.word_slots)
        self.splits = False
        if quote in (Quote.BARE, Quote.DOUBLE):
            # The quotes of a pattern are its own, whatever the quotes around the parameter.
            self.braced_word()
        else:
            self._quoted_word(quote, start)
            for slot in self.word_slots[count:]:
                slot.refuse("an expression cannot stand in a pattern here", "set a variable to the result first")
        for slot in self.word_slots[count:]:
            if quote is Quote.DOUBLE and slot.quote is Quote.SINGLE:
                slot.refuse("an expression cannot stand in single quotes here", "remove the single quotes")
        self.splits = splits
