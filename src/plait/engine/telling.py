"""What steps say of their own work while they are at it, passed on to whoever watches."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE = 0.1
"""Seconds between two lines of one step."""


class Teller:
    """Passes on the latest line of each step, at most ten times a second, and the last one always.

    A line that has to wait is passed on by whoever calls `catch_up` often enough.
    """

    def __init__(self, output: Callable[[str, str], None]) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._waiting: dict[str, str] = {}

    def tell(self, step_id: str, line: str) -> None:
        """Pass a line on, now or soon."""
        with self._lock:
            if time.monotonic() < self._told.get(step_id, float("-inf")) + _PAUSE:
                self._waiting[step_id] = line
            else:
                self._pass_on(step_id, line)

    def catch_up(self) -> None:
        """Pass on the lines that have waited long enough."""
        if not self._waiting:
            return
        with self._lock:
            now = time.monotonic()
            for step_id in [each for each in self._waiting if now >= self._told[each] + _PAUSE]:
                self._pass_on(step_id, self._waiting[step_id])

    def finish(self, step_id: str) -> None:
        """Pass on the line that still waits: the step says no more."""
        with self._lock:
            if step_id in self._waiting:
                self._pass_on(step_id, self._waiting[step_id])
            self._told.pop(step_id, None)

    def _pass_on(self, step_id: str, line: str) -> None:
        self._waiting.pop(step_id, None)
        self._told[step_id] = time.monotonic()
        self._output(step_id, line)
