"""JSON that an agent printed: found among other lines, parsed without trust, looked into without exceptions."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from plait.agents.streams.lines import LONGEST_LINE, LineSplitter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_CONTAINERS = 250_000
"""Lists and mappings of one document; an empty one costs thirty times the bytes it is written with."""

MOST_TOKENS = 10**15
_CONTAINERS_WORTH_COUNTING = 256 * 1024
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


_DECODER = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite)


def parse(data: bytes) -> object:
    """Return the JSON in `data`, or None where there is none, or more than fits.

    Bytes that are not UTF-8 become U+FFFD, lone surrogates `?`; NaN and infinities become null. Of a key that is
    there twice the last counts.
    """
    large = len(data) > _CONTAINERS_WORTH_COUNTING
    if large and data.count(b"{") + data.count(b"[") > MOST_CONTAINERS:
        return None
    text = data.decode("utf-8", errors="replace").strip("\ufeff \t\r\n")
    try:
        value: object = _DECODER.decode(text)
        if _SURROGATE.search(text):
            value = _DECODER.decode(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode())
    except (ValueError, RecursionError):
        return None
    return value


class Documents:
    """Finds the JSON objects in a stream: one a line, spread over lines, or the elements of an array.

    Anything else is skipped. `skip` are beginnings of lines not worth parsing.
    """

    def __init__(self, skip: tuple[bytes, ...] = ()) -> None:
        self._skip = skip
        self._lines = LineSplitter()
        self._spread = bytearray()
        self.found = 0

    @property
    def dropped(self) -> int:
        """How many lines were too long to be looked at."""
        return self._lines.dropped

    def feed(self, data: bytes) -> Iterator[Mapping[str, object]]:
        """Take in the next bytes; yield every object that they complete."""
        for line in self._lines.feed(data):
            yield from self._take(line)

    def finish(self) -> Iterator[Mapping[str, object]]:
        """Yield what a last line without an end holds."""
        yield from self._take(self._lines.finish())

    @property
    def cut_off(self) -> bool:
        """Whether a document that had begun did not come to its end."""
        return bool(self._spread)

    def _take(self, line: bytes) -> Iterator[Mapping[str, object]]:
        if self._skip and line.startswith(self._skip):
            return
        opens = line[:1] in {b"{", b"["} or line.startswith(b"\xef\xbb\xbf")
        value = parse(line) if opens else None
        if value is None and (opens or self._spread):
            value = self._take_spread(line, opens=opens)
        elif value is not None:
            self._spread.clear()
        for element in value if isinstance(value, list) else (value,):
            if isinstance(element, dict):
                self.found += 1
                yield element

    def _take_spread(self, line: bytes, *, opens: bool) -> object:
        """Collect a document that is written over several lines; return it when its last line has come."""
        if opens and not line.rstrip()[1:]:
            self._spread.clear()
        if len(self._spread) + len(line) > LONGEST_LINE:
            self._spread.clear()
            return None
        self._spread += line + b"\n"
        if line[:1] not in {b"}", b"]"}:
            return None
        value = parse(bytes(self._spread))
        self._spread.clear()
        return value


def at(value: object, *path: str) -> object:
    """Return what is at `path` inside mappings, or None."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_at(value: object, *path: str) -> str:
    """Return the text at `path`, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def mapping_at(value: object, *path: str) -> Mapping[str, object]:
    """Return the mapping at `path`, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def mappings_at(value: object, *path: str) -> Iterator[Mapping[str, object]]:
    """Yield the mappings in the list at `path`."""
    found = at(value, *path)
    if isinstance(found, list):
        yield from (element for element in found if isinstance(element, dict))


def count_at(value: object, *path: str) -> int:
    """Return the number of tokens at `path`; 0 for anything that is not one."""
    return int(amount_at(value, *path) or 0)


def amount_at(value: object, *path: str) -> float | None:
    """Return the number at `path`, None for anything that is not one or cannot be meant."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if 0 <= found <= MOST_TOKENS else None
