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
    function = ctypes.PyDLL(None).write
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
        if _write(self._descriptor, line, len(line)) != len(line):
            self._append_again(line)
        self._size += len(line)
        self._dirty = True

    def _append_again(self, line: bytes) -> None:
        """Try once more, in the way that knows about interruptions and says what is wrong."""
        # Half a line would make the next append damage the journal.
        os.ftruncate(self._descriptor, self._size)
        if os.write(self._descriptor, line) != len(line):
            os.ftruncate(self._descriptor, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(self) -> None:
        """Make what was appended survive the death of the machine; `FileNotFoundError` if the file was removed."""
        if self._dirty:
            if os.fstat(self._descriptor).st_nlink == 0:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            self._dirty = False
            os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file; once more does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
