"""A place in a shell text, moved forwards by the readers of its constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.steps.shell_text.places import Delivery, DoubtError, Quote, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_DEPTH = 40
_MAX_FAILURES = 200


class Cursor:
    """The text, with each expression as one `mark` character, and what was found in it so far.

    Every reader's method starts with the cursor at the construct it reads and leaves it behind the construct; what
    never closes raises `DoubtError`.
    """

    def __init__(self, text: str, mark: str) -> None:
        self.text = text
        self.end = len(text)
        self.mark = mark
        self.position = 0
        self.slots: dict[int, Slot] = {}
        """Every expression read, by its position."""
        self.word_slots: list[Slot] = []
        """The expressions of the word being read, without those of commands nested in it."""
        self.splits = True
        """Whether a bare value here is split into words."""
        self._depth = 0
        self._failures = 0

    def peek(self, offset: int = 0) -> str:
        """Return the character at the cursor, empty at the end."""
        place = self.position + offset
        return self.text[place] if place < self.end else ""

    def at(self, text: str) -> bool:
        """Whether the text at the cursor starts so."""
        return self.text.startswith(text, self.position, self.end)

    def slot(self, quote: Quote) -> Slot:
        """Note the expression at the cursor and step over it."""
        if quote is Quote.ARITHMETIC:
            delivery = Delivery.NUMBER
        elif quote is Quote.BARE and self.splits:
            delivery = Delivery.WORDS
        else:
            delivery = Delivery.WHOLE
        found = self.slots[self.position] = Slot(self.position, quote, delivery)
        self.word_slots.append(found)
        self.position += 1
        return found

    def slots_until(self, place: int, quote: Quote) -> list[Slot]:
        """Note every expression from the cursor to `place`, and go there."""
        found = []
        while (position := self.text.find(self.mark, self.position, place)) >= 0:
            self.position = position
            found.append(self.slot(quote))
        self.position = place
        return found

    def nested(self, read: Callable[[], object]) -> None:
        """Read a nested construct, unless the nesting is absurd."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise DoubtError(self.position, "this is nested too deeply")
        read()
        self._depth -= 1

    def attempt(self, read: Callable[[], object]) -> bool:
        """Try to read a construct; put the cursor back if the text is not one."""
        start, depth, slots, splits = self.position, self._depth, self.word_slots, self.splits
        count = len(slots)
        try:
            self.nested(read)
        except DoubtError:
            self.position, self._depth, self.word_slots, self.splits = start, depth, slots, splits
            del slots[count:]
            self._failures += 1
            if self._failures > _MAX_FAILURES:
                raise DoubtError(start, "this is too intricate") from None
            return False
        return True
