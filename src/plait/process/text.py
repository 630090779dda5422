"""Bytes that a child printed, as text: whole, cut in the middle, or the last line so far."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LINES_A_SECOND = 10
LONGEST_LINE = 4096


def decode(data: bytes | bytearray) -> str:
    """Decode UTF-8; what is not valid becomes U+FFFD."""
    return data.decode("utf-8", errors="replace")


def decode_head(data: bytes) -> str:
    """Decode the beginning of a longer text; a character cut at its end is left out."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(data)


def decode_tail(data: bytes) -> str:
    """Decode the end of a longer text; a character cut at its beginning is left out."""
    start = 0
    while start < min(3, len(data)) and data[start] & 0xC0 == 0x80:  # noqa: PLR2004 - a UTF-8 continuation byte
        start += 1
    return decode(data[start:])


class LastLine:
    """Tells a listener the last line printed, at most `LINES_A_SECOND` times a second and never a stale one.

    A line ends at a newline or at a carriage return, as progress bars use it; blank lines are passed over. Of a
    very long line the last `LONGEST_LINE` bytes are told.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._unfinished: dict[int, bytes] = {}
        self._waiting = b""
        self._told = float("-inf")

    @property
    def due(self) -> float | None:
        """When `tell` has to be called next, in seconds of `time.monotonic()`; None if nothing waits."""
        return self._told + 1 / LINES_A_SECOND if self._waiting else None

    def feed(self, stream: int, chunk: bytes) -> None:
        """Take in what a stream has just printed."""
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        before = self._unfinished.get(stream, b"")
        if end < 0:
            self._unfinished[stream] = (before + chunk)[-LONGEST_LINE:]
            return
        self._unfinished[stream] = chunk[end + 1 :][-LONGEST_LINE:]
        finished = (before + chunk[max(0, end - LONGEST_LINE) : end]).strip(b"\r\n")
        self._waiting = _last(finished) or self._waiting

    def tell(self, now: float) -> None:
        """Tell the line that waits, if it is due."""
        if self._waiting and now >= self._told + 1 / LINES_A_SECOND:
            self._told = now
            line, self._waiting = self._waiting, b""
            self._tell(decode_tail(line))

    def finish(self) -> None:
        """Tell what is left when the child has ended, with or without the end of its line."""
        for rest in self._unfinished.values():
            self._waiting = rest if rest.strip() else self._waiting
        if self._waiting:
            self._tell(decode_tail(self._waiting))


def _last(text: bytes) -> bytes:
    """Return the last line of `text` that is not blank."""
    for line in reversed(text.replace(b"\r", b"\n").split(b"\n")):
        if line.strip():
            return line[-LONGEST_LINE:]
    return b""
