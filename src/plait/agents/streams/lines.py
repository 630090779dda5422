"""A stream cut into lines, however it comes and whatever it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes of the longest line that is kept; a longer one is dropped."""


class LineSplitter:
    """Cuts bytes into lines, without their ends, and keeps no more than one unfinished line of `LONGEST_LINE`."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._unfinished = bytearray()
        self._dropping = False
        self.dropped = 0
        """How many lines were too long."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take in the next bytes; yield every line that they end."""
        first, newline, rest = data.partition(b"\n")
        self._keep(first)
        if not newline:
            return
        if not self._dropping:
            yield bytes(self._unfinished)
        self._dropping = False
        self._unfinished.clear()
        *lines, last = rest.split(b"\n")
        for line in lines:
            if len(line) <= self._longest:
                yield line
            else:
                self.dropped += 1
        self._keep(last)

    def finish(self) -> bytes:
        """Return what is left when the stream is over: a line without an end, or nothing."""
        rest = bytes(self._unfinished)
        self._unfinished.clear()
        return rest

    def _keep(self, piece: bytes) -> None:
        if self._dropping:
            return
        if len(self._unfinished) + len(piece) > self._longest:
            self._dropping = True
            self.dropped += 1
            self._unfinished = bytearray()
        else:
            self._unfinished += piece
