"""Takes known secret values out of text, bytes, streams of bytes and JSON values."""

from __future__ import annotations

import re
import threading
from typing import Any

MASK = "***"
SHORTEST = 4
"""Characters of the shortest value that is recognised, without white space around it: a shorter one is everywhere."""
_MASK = MASK.encode()


class _Patterns:
    """What is looked for, compiled; immutable. Where several fit, the first counts, and of those the longest."""

    __slots__ = ("_beginnings", "_bytes", "_bytes_regex", "_longest", "_text_regex", "_texts")

    def __init__(self, forms: set[str]) -> None:
        self._texts = sorted(forms, key=len, reverse=True)
        self._bytes = sorted((form.encode() for form in forms), key=len, reverse=True)
        self._longest = len(self._bytes[0])
        self._text_regex = re.compile("|".join(map(re.escape, self._texts)))
        self._bytes_regex = re.compile(b"|".join(map(re.escape, self._bytes)))
        beginnings = {each[:SHORTEST] for each in self._bytes}
        self._beginnings = re.compile(b"(?=" + b"|".join(map(re.escape, beginnings)) + b")")

    def in_text(self, text: str) -> str:
        # Looking for each by itself is many times faster than the expression, and most texts have none.
        if any(form in text for form in self._texts):
            return self._text_regex.sub(MASK, text)
        return text

    def in_bytes(self, data: bytes) -> bytes:
        if any(form in data for form in self._bytes):
            return self._bytes_regex.sub(_MASK, data)
        return data

    def in_part(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what is certain whatever follows, redacted, and the rest, which may be the beginning of a form."""
        found = any(form in data for form in self._bytes)
        done: list[bytes] = []
        at = held = 0
        while True:
            held = self._held_from(data, at) if held <= at else held
            match = self._bytes_regex.search(data, at) if found else None
            if match is None or match.start() >= held:
                return b"".join([*done, data[at:held]]), data[held:]
            done += (data[at : match.start()], _MASK)
            at = match.end()

    def _held_from(self, data: bytes, at: int) -> int:
        """Return the first place from which on the data is the beginning of a longer form."""
        end = len(data)
        first = max(at, end - self._longest + 1)
        sure = max(first, end - SHORTEST + 1)
        places = (match.start() for match in self._beginnings.finditer(data, first))
        for place in (*places, *range(sure, end)):
            rest = data[place:]
            if any(len(form) > len(rest) and form.startswith(rest) for form in self._bytes):
                return int(place)
        return end


class Redactor:
    """The secret values that are known so far; thread-safe, and nearly free while there are none.

    A value is also recognised in base64, URL-quoted and escaped in JSON, and one of several lines by each line of 8 or
    more characters. Values of fewer than 4 characters are not: they would be found everywhere.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._forms: set[str] = set()
        self._patterns: _Patterns | None = None

    def __bool__(self) -> bool:
        return self._patterns is not None

    def add(self, value: str) -> None:
        """Replace this value from now on, wherever it comes up."""
        if value in self._values or len(value.strip()) < SHORTEST:
            return
        from plait.secrets.forms import forms_of  # noqa: PLC0415 - most runs have no secrets

        with self._lock:
            self._values.add(value)
            forms = self._forms | {form for form in forms_of(value) if len(form) >= SHORTEST}
            if len(forms) > len(self._forms):
                self._forms = forms
                self._patterns = _Patterns(forms)

    def redact_text(self, text: str) -> str:
        """Return the text with `***` in place of every known value."""
        patterns = self._patterns
        return text if patterns is None else patterns.in_text(text)

    def redact_bytes(self, data: bytes) -> bytes:
        """Return the bytes with `***` in place of every known value."""
        patterns = self._patterns
        return data if patterns is None else patterns.in_bytes(data)

    def redact_value(self, value: Any) -> Any:
        """Return a JSON value with `***` in place of known values: in its texts, its keys, and of whole numbers.

        Raises `TypeError` for a value that is nested too deeply.
        """
        if self._patterns is None:
            return value
        try:
            return self._redacted(value)
        except RecursionError:
            raise TypeError("the value is nested too deeply or holds itself") from None

    def stream(self) -> StreamRedactor:
        """Return a redactor for bytes that come in chunks."""
        return StreamRedactor(self)

    def in_part(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what can be let go of the beginning of some data, redacted, and what must wait for more."""
        patterns = self._patterns
        return (data, b"") if patterns is None else patterns.in_part(data)

    def _redacted(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, dict):
            return {self._redacted(key): self._redacted(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._redacted(inner) for inner in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            text = str(value)
            return MASK if text in self._values else value
        return value


class StreamRedactor:
    """Redacts bytes that come in chunks, to the same result as if they came at once.

    What could be the beginning of a known value is held back until more has come or `finish` is called: always less
    than the longest form of a value, and usually nothing. For one thread.
    """

    __slots__ = ("_held", "_redactor")

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take in the next bytes and return what can be passed on, possibly nothing."""
        if not self._redactor and not self._held:
            return chunk
        passed, self._held = self._redactor.in_part(self._held + chunk)
        return passed

    def finish(self) -> bytes:
        """Return what was held back, at the end of the stream."""
        rest, self._held = self._held, b""
        return self._redactor.redact_bytes(rest)
