"""The text of a workflow file, and where things are in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from yaml.reader import Reader

from plait.errors import InvalidWorkflowError
from plait.model.problems import Document, Mark, Problem, Severity

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 5 * 1024 * 1024
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_FORBIDDEN = Reader.NON_PRINTABLE
_BYTE_ORDER_MARK = "\ufeff"


class Source:
    """A text with a name; positions are indexes of characters, from 0."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text.removeprefix(_BYTE_ORDER_MARK)
        self.name = name

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_BREAK.finditer(self.text))]

    @cached_property
    def document(self) -> Document:
        """The name and the text, for those who know of nothing else."""
        return Document(self.name, self.text)

    def mark(self, index: int) -> Mark:
        """Return the line and column of the character at `index`."""
        line = bisect_right(self._starts, index)
        return Mark(line, index - self._starts[line - 1] + 1)

    def line_text(self, line: int) -> str:
        """Return line number `line` (from 1) without its line break; empty if there is no such line."""
        if line > len(self._starts):
            return ""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def problem(
        self,
        message: str,
        span: tuple[int, int],
        *,
        hint: str = "",
        severity: Severity = Severity.ERROR,
        path: tuple[str | int, ...] = (),
    ) -> Problem:
        """Describe what is wrong with some characters; `span` is the first and the one past the last."""
        start, end = span
        mark = self.mark(start)
        line = self.line_text(mark.line)
        longest = max(1, len(line.rstrip()) - mark.column + 1)
        length = min(max(1, end - start), longest)
        return Problem(message, self.name, mark, line, length, hint, severity, path)


def read_source(path: Path) -> Source:
    """Read a file as UTF-8.

    Raises `InvalidWorkflowError` for a file that is too large or not UTF-8, `OSError` for one that cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    return decode_source(content, str(path))


def decode_source(content: bytes, name: str) -> Source:
    """Decode the bytes of a file; raises `InvalidWorkflowError` for too many of them or for text that is not UTF-8."""
    if len(content) > MAX_BYTES:
        raise _refusal(Source("", name), f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB", 0)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal(Source("", name), "the file is encoded as UTF-16", 0, "save it as UTF-8")
    try:
        return Source(content.decode(), name)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        rest = content[error.start :].split(b"\n", 1)[0].decode(errors="replace")
        message = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        source = Source(before + rest, name)
        index = len(before.removeprefix(_BYTE_ORDER_MARK))
        raise _refusal(source, message, index, "save the file as UTF-8") from None


def check_characters(source: Source) -> None:
    """Refuse text that is too long or holds a character that YAML does not allow, with `InvalidWorkflowError`."""
    if len(source.text) > MAX_BYTES:
        raise _refusal(Source("", source.name), f"the text is longer than {MAX_BYTES // 1024 // 1024} MiB", 0)
    if found := _FORBIDDEN.search(source.text):
        code = ord(found[0])
        hint = f'inside double quotes it can be written as "\\u{code:04x}"'
        raise _refusal(source, f"the character U+{code:04X} is not allowed in YAML", found.start(), hint)


def _refusal(source: Source, message: str, index: int, hint: str = "") -> InvalidWorkflowError:
    return InvalidWorkflowError([source.problem(message, (index, index), hint=hint)], source=source.name)
