"""Text that is safe and short enough to show."""

from __future__ import annotations

import math
import re
from datetime import datetime

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
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")

_SECOND, _MINUTE, _HOUR = 1, 60, 3600
_FEW_SECONDS = 10


def clean(text: str) -> str:
    """Return text without escape sequences and control characters; newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def one_line(text: str) -> str:
    """Return text made safe and put on one line, runs of white space shortened to a space."""
    return " ".join(clean(text).split())


def clip(text: str, width: int) -> str:
    """Cut text to at most `width` characters, an ellipsis marking the cut."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def last_lines(text: str, count: int) -> list[str]:
    """Return the last lines of a text that are not blank, made safe."""
    lines = [line.rstrip() for line in clean(text).splitlines()]
    return [line for line in lines if line][-count:]


def duration(seconds: float) -> str:
    """Return a length of time as a person says it: `0.3s`, `42s`, `2m 05s`, `1h 02m`."""
    seconds = max(seconds, 0.0)
    if seconds < _FEW_SECONDS - 0.05:
        return f"{seconds:.1f}s"
    whole = math.floor(seconds + 0.5)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02d}s"
    return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02d}m"


def moment(timestamp: str) -> str:
    """Return an ISO 8601 time as local date and time, to the second; what is no time comes back as it is."""
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return one_line(timestamp)


def plural(count: int, noun: str) -> str:
    """Return `1 item`, `2 items`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
