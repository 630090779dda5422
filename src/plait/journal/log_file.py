"""The file that a journal is appended to, whole lines only."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _write_keeping_the_lock() -> Callable[[int, bytes, int], int]:
    """Return the C library's `write`, called without giving up the interpreter's lock.

    `os.write` lets the other threads go on meanwhile; those that append next then wait for the journal, and each
    append costs two changes of thread. A write of one line to the page cache is far shorter than that.
    """
    function = ctypes.PyDLL(None, use_errno=True).write
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
    function.restype = ctypes.c_ssize_t
    return function


_write = _write_keeping_the_lock()


class LogFile:
    """An append-only file of lines. All methods raise `OSError`; a line that fails leaves no part of itself."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._descriptor).st_size
        self._dirty = False

    def append(self, line: bytes) -> None:
        """Hand a line to the operating system, in one write."""
        written = _write(self._descriptor, line, len(line))
        while written < 0 and ctypes.get_errno() == errno.EINTR:
            written = _write(self._descriptor, line, len(line))
        if written != len(line):
            number = ctypes.get_errno() if written < 0 else errno.ENOSPC
            # Half a line would make the next append damage the journal.
            os.ftruncate(self._descriptor, self._size)
            raise OSError(number, os.strerror(number))
        self._size += written
        self._dirty = True

    def sync(self) -> None:
        """Make what was appended survive the death of the machine."""
        if self._dirty:
            self._dirty = False
            os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file; once more does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
