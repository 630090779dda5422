"""Cancellation that reaches everything below the place where it was asked for."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Cancellation:
    """A scope of work that can be told to stop, once, with a reason.

    Scopes nest: cancelling one cancels every scope below it and calls the callbacks registered there (each ends
    one child process). A scope may have a `deadline`, in seconds of `time.monotonic()`; work below it ends at the
    nearest deadline above it.
    """

    __slots__ = ("_callbacks", "_children", "_event", "_lock", "_parent", "deadline", "reason")

    def __init__(self, parent: Cancellation | None = None, *, deadline: float | None = None) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._children: set[Cancellation] = set()
        self._callbacks: dict[object, Callable[[], None]] = {}
        self._parent = parent
        self.reason = ""
        self.deadline = deadline
        if parent is not None:
            if parent.deadline is not None:
                self.deadline = parent.deadline if deadline is None else min(deadline, parent.deadline)
            parent.adopt(self)

    def adopt(self, child: Cancellation) -> None:
        """Put a scope below this one."""
        with self._lock:
            if not self._event.is_set():
                self._children.add(child)
                return
        child.cancel(self.reason)

    @property
    def cancelled(self) -> bool:
        """Whether work in this scope has been told to stop."""
        return self._event.is_set()

    @property
    def expired(self) -> bool:
        """Whether the nearest deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def cancel(self, reason: str) -> None:
        """Stop everything in this scope; the first reason given is kept."""
        with self._lock:
            if self._event.is_set():
                return
            self.reason = reason
            self._event.set()
            children, callbacks = list(self._children), list(self._callbacks.values())
            self._children.clear()
            self._callbacks.clear()
        for child in children:
            child.cancel(reason)
        for callback in callbacks:
            callback()

    def wait(self, seconds: float | None) -> bool:
        """Wait until cancelled or `seconds` have passed; return whether it was cancelled."""
        return self._event.wait(seconds)

    def on_cancel(self, key: object, callback: Callable[[], None]) -> None:
        """Call `callback` when this scope is cancelled, at once if it already is."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks[key] = callback
                return
        callback()

    def forget(self, key: object) -> None:
        """Drop the callback registered under `key`."""
        with self._lock:
            self._callbacks.pop(key, None)

    def close(self) -> None:
        """Leave the parent's list: the work of this scope has ended."""
        if self._parent is not None:
            self._parent.release(self)

    def release(self, child: Cancellation) -> None:
        """Take a scope whose work has ended out from below this one."""
        with self._lock:
            self._children.discard(child)
