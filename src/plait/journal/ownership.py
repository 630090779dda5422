"""One process owns a run: a lock that the kernel drops when the process dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self

from plait.errors import RunOwnedError, StorageError
from plait.journal.folder import describe

if TYPE_CHECKING:
    from plait.journal.folder import RunFolder

_PATIENCE = 0.3
_PAUSE = 0.02


class Owner(NamedTuple):
    """The living process that owns a run."""

    pid: int | None
    host: str | None


class RunLock:
    """Ownership of a run, from `acquire` to `release` or the death of this process."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._descriptor = -1

    def acquire(self) -> Self:
        """Own the run; raise `RunOwnedError` naming the process that does."""
        try:
            self._descriptor = os.open(self._folder.lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(f"cannot open the lock of the run: {describe(error)}") from error
        # A process that only asks who the owner is holds a shared lock for an instant.
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    owner = _read(self._descriptor)
                    os.close(self._descriptor)
                    self._descriptor = -1
                    raise _owned(self._folder, owner) from None
                time.sleep(_PAUSE)
        text = json.dumps({"pid": os.getpid(), "host": os.uname().nodename})
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)
        return self

    def release(self) -> None:
        """Give the run up."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self if self._descriptor >= 0 else self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def _owned(folder: RunFolder, owner: Owner) -> RunOwnedError:
    who = f"process {owner.pid} on {owner.host}" if owner.pid else "another process"
    return RunOwnedError(
        f"run {folder.run_id} is being run by {who}",
        hint=f"follow it with `plait logs {folder.run_id} --follow`, or end it with `plait cancel {folder.run_id}`",
    )


def owner_of(folder: RunFolder) -> Owner | None:
    """Return the living owner of a run, or None."""
    try:
        descriptor = os.open(folder.lock, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _read(descriptor: int) -> Owner:
    with suppress(OSError, ValueError, AttributeError):
        data = json.loads(os.pread(descriptor, 4096, 0))
        return Owner(data.get("pid"), data.get("host"))
    return Owner(None, None)
