"""A time limit on a whole download, also where the other side keeps each single wait short."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class Watch:
    """Ends the connections it was told of once `seconds` have passed; used as a context manager around a download."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of a connection; the `trace` extension of a request."""
        if not event.endswith("connect_tcp.complete"):
            return
        original = info["return_value"].get_extra_info("socket")
        if not isinstance(original, socket.socket):
            return
        with self._lock:
            # A duplicate stays usable when TLS takes the original socket over.
            self._connections.append(original.dup())
            if self.expired:
                self._shut_down()

    def _end(self) -> None:
        with self._lock:
            self.expired = True
            self._shut_down()

    def _shut_down(self) -> None:
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
