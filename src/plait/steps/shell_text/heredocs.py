"""Reads here-documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from plait.steps.shell_text.places import DoubtError, Quote
from plait.steps.shell_text.words import WordReader

if TYPE_CHECKING:
    from plait.steps.shell_text.places import Command, Slot

_QUOTING = re.compile(r"\\(.)|['\"]", re.DOTALL)


class HereDocument(NamedTuple):
    """A here-document that begins on the next line: its end word, and the command that reads it."""

    start: int
    end_word: str
    is_quoted: bool
    strips: bool
    command: Command


class HereDocumentReader(WordReader):
    """Reads the bodies of the here-documents announced on a line."""

    def __init__(self, text: str, mark: str) -> None:
        super().__init__(text, mark)
        self.pending: list[HereDocument] = []
        self.outer_pending = 0

    def fed(self, command: Command, slots: list[Slot]) -> None:
        """Tell of the expressions in what a command reads."""
        raise NotImplementedError

    def here_end(self, command: Command, *, strips: bool) -> HereDocument:
        """Read the end word of a here-document."""
        start = self.position
        word = self.word(splits=False)
        for slot in word.slots:
            slot.refuse("an expression cannot be part of the end word of a here-document", "write a fixed word")
        if not word.raw or any(char in "$`\n" for char in self.text[start : self.position]):
            raise DoubtError(start, "the end word of this here-document is not understood")
        plain = _QUOTING.sub(lambda found: found[1] or "", word.raw)
        return HereDocument(start, plain, is_quoted=plain != word.raw, strips=strips, command=command)

    def read_pending(self) -> None:
        """Read the bodies that begin at the cursor, the start of a line."""
        if self.outer_pending:
            raise DoubtError(self.position - 1, "a here-document begins in the middle of another construct")
        documents, self.pending = self.pending, []
        for document in documents:
            self._body(document)

    def expect_no_pending(self) -> None:
        """Raise if a here-document has been announced but has no line to begin on."""
        if self.pending:
            raise DoubtError(self.position - 1, "this closes before a here-document in it has begun")

    def _body(self, document: HereDocument) -> None:
        slots = self.word_slots
        stop, after = self._find_end(document)
        self.word_slots = []
        if document.is_quoted:
            for slot in self.slots_until(stop, Quote.SINGLE):
                slot.refuse(
                    "an expression cannot stand in a here-document whose end word is quoted",
                    f"write <<{document.end_word} without the quotes, or hand the value to the step with `env:`",
                )
        else:
            end, self.end = self.end, stop
            try:
                while char := self.peek():
                    self.inside_quotes(char, Quote.HERE)
            finally:
                self.end = end
            self.fed(document.command, self.word_slots)
        self.position, self.word_slots = after, slots

    def _find_end(self, document: HereDocument) -> tuple[int, int]:
        place, is_continued = self.position, False
        while place < self.end:
            newline = self.text.find("\n", place, self.end)
            newline = self.end if newline < 0 else newline
            line = self.text[place:newline]
            if (line.lstrip("\t") if document.strips else line) == document.end_word:
                if is_continued:
                    raise DoubtError(document.start, "the line before the end of this here-document is continued")
                return place, min(newline + 1, self.end)
            is_continued = not document.is_quoted and (len(line) - len(line.rstrip("\\"))) % 2 == 1
            place = newline + 1
        return self.end, self.end
