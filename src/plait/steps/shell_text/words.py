"""Reads the words of a command."""

from __future__ import annotations

import re

from plait.steps.shell_text.expansions import ExpansionReader
from plait.steps.shell_text.places import UNKNOWN, Delivery, DoubtError, Quote, Slot, Word, WordText

METACHARACTERS = " \t\n;&|()<>"
# The shell removes continued lines before it looks for anything.
ASSIGNMENT = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_]|\\\n)*(?:\+(?:\\\n)*)?=")
_SUBSCRIPTED = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_]|\\\n)*(?=\[)")
_UNREMARKABLE = re.compile(r"[A-Za-z0-9_./:,=@%+^~-]+")
_RANGE = re.compile(r"\{[^{}\s'\"]*\.\.[^{}\s'\"]*\}")
_EXPANDED = re.compile(r"[$`]")


class WordReader(ExpansionReader):
    """Reads one word after the other, and the array in an assignment."""

    def word(self, *, splits: bool, assigns: bool = False) -> Word:
        """Read one word; `assigns` says that it may be an assignment, whose value arrives whole."""
        start = self.position
        outer_splits, outer_slots = self.splits, self.word_slots
        self.word_slots = []
        assignment = assigns and self._assignment()
        self.splits = splits and not assignment
        text = WordText()
        if assignment:
            text.known(self.text[start : self.position].replace("\\\n", ""))
        self._elements(text)
        is_array = assignment and self.peek() == "(" and self.text[self.position - 1] == "="
        if is_array:
            self._array()
        raw = self.text[start : self.position]
        word = Word(raw.replace("\\\n", ""), text.plain, self.word_slots, assignment, is_array, start)
        if assigns and not assignment and _SUBSCRIPTED.match(raw):
            for slot in word.slots:
                slot.refuse("what surrounds this expression is uncertain: a subscript that does not end", "quote it")
        self.splits, self.word_slots = outer_splits, outer_slots
        for found in _RANGE.finditer(raw) if word.slots else ():
            for slot in word.slots:
                # A range is expanded before variables are.
                if found.start() < slot.position - start < found.end():
                    slot.delivery = Delivery.NUMBER
        return word

    def _assignment(self) -> bool:
        """Step over `NAME=` or `NAME[…]=`, if the word starts so."""
        if found := ASSIGNMENT.match(self.text, self.position, self.end):
            self.position = found.end()
            return True
        if found := _SUBSCRIPTED.match(self.text, self.position, self.end):
            return self.attempt(lambda: self._subscript(found.end()))
        return False

    def _subscript(self, place: int) -> None:
        self.position = place
        self.arithmetic("]", opening=1)
        operator = "+=" if self.at("+=") else "="
        if not self.at(operator):
            raise DoubtError(self.position, "not an assignment")
        self.position += len(operator)

    def _array(self) -> None:
        start, slots = self.position, self.word_slots
        self.position += 1
        while char := self.peek():
            if char == ")":
                self.position += 1
                return
            if char == "#":
                self.comment()
            elif self.at("\\\n"):
                self.position += 2
            elif char in " \t\n":
                self.position += 1
            elif char in METACHARACTERS and not self._at_process():
                break
            else:
                slots += self._array_element()
        raise DoubtError(start, "this parenthesis is never closed")

    def _array_element(self) -> list[Slot]:
        before: list[Slot] = []
        is_keyed = False
        if self.peek() == "[":
            outer, self.word_slots = self.word_slots, before
            is_keyed = self.attempt(lambda: self._subscript(self.position))
            self.word_slots = outer
        return before + self.word(splits=not is_keyed).slots

    def _elements(self, text: WordText) -> None:
        while (char := self.peek()) and (char not in METACHARACTERS or self._at_process()):
            self.element(char, text)

    def _at_process(self) -> bool:
        return self.at("<(") or self.at(">(")

    def braced_word(self) -> None:
        """Read the unquoted word in `${name:-word}`, up to the brace."""
        start, text = self.position, WordText()
        while (char := self.peek()) != "}":
            if not char:
                raise DoubtError(start, "this ${…} is never closed")
            self.element(char, text)

    def element(self, char: str, word: WordText) -> None:
        """Read one element of unquoted text into `word`."""
        start = self.position
        if char == self.mark:
            word.expression(self.slot(Quote.BARE))
        elif char in "'\"":
            _ = self.single() if char == "'" else self.double()
            word.known(self._plain(start + 1, self.position - 1))
        elif self.at("\\\n"):
            self.position += 2
        elif char == "\\":
            self.backslash(Quote.BARE)
            word.known(self._plain(start + 1, self.position))
        elif char in "$`<>":
            self._expansion(char, word)
        else:
            found = _UNREMARKABLE.match(self.text, start, self.end)
            self.position = found.end() if found else start + 1
            word.known(self.text[start : self.position])

    def _expansion(self, char: str, word: WordText) -> None:
        if char == "`":
            self.backtick()
        elif char == "$":
            if not self.dollar(Quote.BARE):
                word.known("$")
                return
        elif self._at_process():
            self.position += 2
            self.substitution()
        else:
            self.position += 1
            word.known(char)
            return
        word.expansion()

    def _plain(self, start: int, end: int) -> str:
        return _EXPANDED.sub(UNKNOWN, self.text[start:end].replace(self.mark, UNKNOWN))

    def comment(self) -> None:
        """Step over a comment, up to the end of its line."""
        close = self.text.find("\n", self.position, self.end)
        for slot in self.slots_until(close if close >= 0 else self.end, Quote.SINGLE):
            slot.delivery = Delivery.NOTHING
