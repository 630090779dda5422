"""A way to wake a thread that waits in `poll`."""

from __future__ import annotations

import os
import threading


class Bell:
    """A descriptor, `fd`, that becomes readable when the bell is rung, from any thread or signal handler."""

    def __init__(self) -> None:
        # Reentrant: a signal handler may ring in the very thread that is closing.
        self._lock = threading.RLock()
        self._closed = False
        self.fd, self._button = os.pipe()

    def ring(self) -> None:
        """Make `fd` readable; nothing happens once the bell is closed."""
        with self._lock:
            if not self._closed:
                os.write(self._button, b"!")

    def close(self) -> None:
        """Release both descriptors."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self.fd)
                os.close(self._button)
