"""Finds the `{{ }}` blocks of a text."""

from __future__ import annotations

import re
from typing import NamedTuple

from plait.expressions.tokens import fail

_QUOTE = re.compile("['\"]")
_QUOTE_HINT = "a text with a quote in it goes between quotes of the other kind"


class Block(NamedTuple):
    """Where a block is: `start` and `end` with its braces, `inner_start` and `inner_end` without them."""

    start: int
    end: int

    @property
    def inner_start(self) -> int:
        """The place after the opening braces."""
        return self.start + 2

    @property
    def inner_end(self) -> int:
        """The place of the closing braces."""
        return self.end - 2


def find_blocks(text: str) -> tuple[list[Block], int | None]:
    """Return the blocks of a text, and where a `{{` is that is never closed and so stays as it is (EXP-05).

    Raises:
        ExpressionError: a quote in a block is never closed.
    """
    blocks: list[Block] = []
    at = text.find("{{")
    while at >= 0:
        end = _block_end(text, at + 2)
        if end < 0:
            return blocks, at
        blocks.append(Block(at, end))
        at = text.find("{{", end)
    return blocks, None


def _block_end(text: str, start: int) -> int:
    """Return the place after the first `}}` that is not inside quotes (EXP-04), or -1."""
    first_close = close = text.find("}}", start)
    at = start
    while close >= 0:
        quote = _QUOTE.search(text, at, close)
        if quote is None:
            return close + 2
        at = text.find(quote.group(), quote.end()) + 1
        if at == 0:
            fail(text, quote.start(), 1, "this quote is never closed", _QUOTE_HINT)
        if close < at:
            close = text.find("}}", at)
    if first_close >= 0:
        fail(text, first_close, 2, "these braces are inside quotes, so the block is never closed", _QUOTE_HINT)
    return -1
