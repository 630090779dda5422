"""The lock that keeps those apart who change what a project has installed, Spec Kit among them (REG-03)."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plait.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSTALL_LOCK = ".specify/.workflow-install.lock"
"""Where it is in a project."""
_PRIVATE = 0o600


@contextmanager
def install_lock(path: Path) -> Iterator[None]:
    """Wait until nobody else holds the lock, and hold it; raises `StorageError` if it cannot be opened.

    The kernel takes it back from a process that dies. It must not be asked for again by one that holds it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _PRIVATE)
    except OSError as error:
        raise StorageError(f"{path} cannot be locked: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
