"""Text of anybody's as text that steers no terminal and does not lie about its order."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"""
    \x1b\[ [0-?]* [ -/]* [@-~]?                        # colours, cursor movement
  | \x9b [0-?]* [ -/]* [@-~]
  | (?: \x1b[\]PX^_] | [\x9d\x90\x98\x9e\x9f] ) .*? (?: \x07 | \x1b\\ | \x9c | $ )   # titles, links
  | \x1b [ -/]* [0-~]?
    """,
    re.VERBOSE | re.DOTALL,
)
# C0 without tab and newline, DEL, C1, line separators, and the marks that reorder text (so it cannot lie).
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return text without escape sequences and control characters; newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return _SURROGATES.sub("\ufffd", CONTROLS.sub("", text))


def one_line(text: str) -> str:
    """Return text made safe and put on one line, runs of white space shortened to a space."""
    return " ".join(clean(text).split())
