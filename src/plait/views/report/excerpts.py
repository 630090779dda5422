"""The beginning and the end of texts that are too long to show whole."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from plait.views.report.script_data import bytes_in_script
from plait.views.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HEAD = 0.25
"""The part of an excerpt that is the beginning: what went wrong stands at the end more often."""
_LEAST = 200
_OVERWRITTEN = re.compile(r"^[^\n]*\r(?=[^\r\n])", re.MULTILINE)


class Excerpt(NamedTuple):
    """A text made safe; if `left_out`, in bytes, is not 0, that much is missing between `head` and `tail`."""

    head: str
    left_out: int = 0
    tail: str = ""

    @property
    def size(self) -> int:
        """How many bytes it takes in the page."""
        return bytes_in_script(self.head) + bytes_in_script(self.tail)

    def as_data(self) -> str | list[object]:
        """Return it as the page's script reads it."""
        return [self.head, self.left_out, self.tail] if self.left_out else self.head


def printed(data: bytes) -> str:
    """Return what a command printed as the terminal would have shown it in the end, without colours."""
    text = data.decode("utf-8", "replace")
    if "\r" in text:
        text = _OVERWRITTEN.sub("", text.replace("\r\n", "\n"))
    return clean(text)


def of_text(text: str, most: int) -> Excerpt:
    """Return a text, made safe, or what fits into so many bytes of the page."""
    whole = Excerpt(clean(text))
    if whole.size <= most:
        return whole
    data = text.encode("utf-8", "replace")
    return _fitting(lambda room: _of_parts(data[: _head(room)], data[_tail(room, len(data)) :], len(data)), most)


def of_file(path: Path, most: int) -> Excerpt:
    """Return what a file holds, made safe, or what fits into so many bytes of the page; raises `OSError`."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)

        def part(room: int) -> Excerpt:
            file.seek(0)
            if size <= room:
                return Excerpt(printed(file.read()))
            head = file.read(_head(room))
            file.seek(_tail(room, size))
            return _of_parts(head, file.read(), size)

        return _fitting(part, most)


def _head(room: int) -> int:
    return int(room * _HEAD)


def _tail(room: int, size: int) -> int:
    return max(size - (room - _head(room)), 0)


def _fitting(part: Callable[[int], Excerpt], most: int) -> Excerpt:
    """Return the longest part found that fits: what is escaped in the page takes more room there."""
    room = most
    found = part(room)
    while found.size > most and room > _LEAST:
        room = min(int(room * most / found.size), room - 1)
        found = part(room)
    return found


def _of_parts(head: bytes, tail: bytes, size: int) -> Excerpt:
    """Return an excerpt whose parts end and begin with whole lines, where lines are not too long for that."""
    cut = head.rfind(b"\n") + 1
    if cut > len(head) // 2:
        head = head[:cut]
    cut = tail.find(b"\n") + 1
    if 0 < cut < len(tail) // 2:
        tail = tail[cut:]
    return Excerpt(printed(head), size - len(head) - len(tail), printed(tail))
