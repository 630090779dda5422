"""Where a character of a scalar's value stands in the source.

Folding, indentation and chomping change nothing but white space, so the characters that are not white space appear in
the source in the same order, apart from quotes and escapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.load.nodes import Scalar

_SPACE = frozenset(" \t\n\r\x85\u2028\u2029")
_ESCAPED_SPACE = frozenset("tnrNLP \t\n")
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}


def index_of(text: str, scalar: Scalar, offset: int) -> int:
    """Return the index in `text` of the character at `offset` of a scalar's value."""
    if offset <= 0 and scalar.style not in {"|", ">"}:
        return scalar.start + (1 if scalar.style else 0)
    value = scalar.text
    offset = min(offset, len(value))
    before = sum(1 for character in value[:offset] if character not in _SPACE)
    at_space = offset >= len(value) or value[offset] in _SPACE
    if at_space and before == 0:
        return _content_start(text, scalar) + (0 if scalar.style in {"|", ">"} else offset)
    index = _nth_visible(text, scalar, before - 1 if at_space else before)
    if not at_space:
        return index
    back = len(value[:offset]) - len(value[:offset].rstrip("".join(_SPACE)))
    return min(_next(text, index, scalar.style) + back, scalar.end)


def _content_start(text: str, scalar: Scalar) -> int:
    if scalar.style in {"|", ">"}:
        line_end = text.find("\n", scalar.start, scalar.end)
        return scalar.end if line_end < 0 else line_end + 1
    return scalar.start + (1 if scalar.style else 0)


def _nth_visible(text: str, scalar: Scalar, count: int) -> int:
    """Return the index of visible character number `count`, from 0."""
    index = _content_start(text, scalar)
    while index < scalar.end:
        if _is_space(text, index, scalar.style):
            index = _next(text, index, scalar.style)
            continue
        if count == 0:
            return index
        count -= 1
        index = _next(text, index, scalar.style)
    return max(scalar.start, scalar.end - 1)


def _is_space(text: str, index: int, style: str) -> bool:
    if style == '"' and text[index] == "\\":
        return text[index + 1 : index + 2] in _ESCAPED_SPACE
    return text[index] in _SPACE


def _next(text: str, index: int, style: str) -> int:
    if style == '"' and text[index] == "\\":
        return index + 2 + _HEX_DIGITS.get(text[index + 1 : index + 2], 0)
    if style == "'" and text.startswith("''", index):
        return index + 2
    return index + 1
