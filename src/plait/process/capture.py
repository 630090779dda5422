"""What a child prints: kept in memory while it is short, in a file beyond that, and in the attempt's log always."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import StorageError
from plait.process.text import decode, decode_head, decode_tail

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 64 * 1024
"""Bytes of one stream that are kept whole in memory."""

EXCERPT = 4 * 1024
"""Bytes at either end of a longer stream that are kept in memory."""


class Captured(NamedTuple):
    """What one stream of a child printed; `size` counts bytes.

    Up to `LIMIT` bytes, `text` is the whole. Beyond that `text` is empty, the file `spilled` holds every byte (of the
    stdout of a dialogue they are the last `size` ones of it), and `head` and `tail` are its two ends. In text, bytes
    that are not UTF-8 become U+FFFD and every line ends with a newline alone (SHL-02); in files they stay as they are.
    """

    text: str = ""
    size: int = 0
    spilled: Path | None = None
    head: str = ""
    tail: str = ""


class OutputFile:
    """A file, readable by its owner alone, that comes into being with its first byte."""

    def __init__(self, path: Path, *, append: bool) -> None:
        self.path = path
        self._flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
        self._fd: int | None = None

    def write(self, data: bytes | bytearray) -> None:
        """Append `data`; in the file, though not yet on the disk, when this returns.

        Raises:
            StorageError: The disk is full, or the folder cannot be written.
        """
        try:
            if self._fd is None:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._fd = os.open(self.path, self._flags, 0o600)
            written = os.write(self._fd, data)
            while written < len(data):
                written += os.write(self._fd, memoryview(data)[written:])
        except OSError as error:
            raise StorageError(f"Cannot write a command's output to {self.path}: {error.strerror}.") from error

    def close(self) -> None:
        """Close the file, if it was ever opened."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class StreamCapture:
    """Collects one stream of the attempt that logs to `log`; memory stays bounded however much comes.

    A stream has a file beside the log once it is too long for memory; with `every_byte` it has one from the first
    byte on, behind what is in that file already.
    """

    def __init__(self, log: Path, suffix: str, *, every_byte: bool = False) -> None:
        self._path = log.with_suffix(suffix)
        self._size = 0
        self._kept = bytearray()
        self._head = b""
        self._long = False
        self._file = OutputFile(self._path, append=True) if every_byte else None

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        self._size += len(chunk)
        self._kept += chunk
        if self._file is not None:
            self._file.write(chunk)
        if self._size <= LIMIT:
            return
        if not self._long:
            self._long = True
            self._head = bytes(self._kept[:EXCERPT])
        if self._file is None:
            self._file = OutputFile(self._path, append=False)
            self._file.write(self._kept)
        del self._kept[:-EXCERPT]

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def finish(self) -> Captured:
        """Describe what was captured."""
        if not self._long:
            return Captured(decode(self._kept).replace("\r\n", "\n").replace("\r", "\n"), self._size)
        head, tail = decode_head(self._head), decode_tail(bytes(self._kept))
        return Captured("", self._size, self._path, head, tail)
