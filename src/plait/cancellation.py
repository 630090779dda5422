"""Cancellation that reaches everything below the place where it was asked for."""

from __future__ import annotations

import time

LATENCY = 0.1
"""Seconds after which work that waits for something else looks whether it has been told to stop."""


class Cancellation:
    """A scope of work that can be told to stop, once, with a reason, from any thread or signal handler.

    Scopes nest: what a scope is told, every scope below it is told too. A scope may have a `deadline`, in seconds of
    `time.monotonic()`; work below it ends at the nearest deadline above it. Nobody is called: whoever works looks,
    at least every `LATENCY` seconds.
    """

    __slots__ = ("_parent", "_reason", "deadline")

    def __init__(self, parent: Cancellation | None = None, *, deadline: float | None = None) -> None:
        self._parent = parent
        self._reason: str | None = None
        self.deadline = deadline
        if parent is not None and parent.deadline is not None:
            self.deadline = parent.deadline if deadline is None else min(deadline, parent.deadline)

    @property
    def reason(self) -> str | None:
        """Why work in this scope was told to stop, as the nearest scope that was told says; None if it was not."""
        if self._reason is not None or self._parent is None:
            return self._reason
        return self._parent.reason

    @property
    def cancelled(self) -> bool:
        """Whether work in this scope has been told to stop."""
        return self.reason is not None

    @property
    def expired(self) -> bool:
        """Whether the nearest deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def cancel(self, reason: str) -> None:
        """Tell everything in this scope to stop; the first reason given is kept."""
        if self._reason is None:
            self._reason = reason

    def wait(self, seconds: float) -> bool:
        """Wait until cancelled or `seconds` have passed; return whether it was cancelled."""
        until = time.monotonic() + seconds
        while not self.cancelled and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LATENCY))
        return self.cancelled
