"""A lock whose waiters do not queue."""

from __future__ import annotations

import threading
import time
from typing import Self

_PAUSE = 0.00005


class Door:
    """A reentrant lock for short, frequent sections of threads that share one interpreter.

    An ordinary lock is handed to the thread that waits for it. That thread then needs the interpreter's lock, whose
    holder soon needs this one: from the first collision on, every section costs two changes of thread. Here a thread
    that finds the door shut looks again a moment later, and whoever comes by while it is open goes through.
    """

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        while not self._lock.acquire(blocking=False):
            time.sleep(_PAUSE)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
