"""Talking with a child: what it says is read as it comes, and answered without ever waiting for it to listen."""

from __future__ import annotations

import math
import os
import select
from collections import deque
from typing import Protocol

_MOST_AT_ONCE = 64 * 1024


class Dialogue(Protocol):
    """The other side of a conversation with a child: it reads the child's stdout, and may write to its stdin.

    All is called in the thread that called `run_process`; an exception ends the child and comes through. Who inherits
    from this class need not care for the last two.
    """

    def begin(self) -> bytes | None:
        """Return what to say first, before the child runs; None if it is to read nothing at all (`/dev/null`)."""

    def feed(self, data: bytes) -> bytes | None:
        """Take in what the child wrote; return what to answer (possibly nothing), or None to close its stdin.

        Called with nothing once the child runs, so that whoever only hands over a prompt closes stdin behind it: what
        was said before is always written first. After that, what is returned no longer matters.
        """

    def overhear(self, data: bytes) -> None:
        """Take in what the child wrote to stderr."""

    def leaves_at(self) -> float:
        """Return when the child is ended if it still runs: a time of `time.monotonic()`, infinite for never."""
        return math.inf


class ChildInput:
    """A child's stdin: takes what it is given at once, and passes it on as the child reads.

    While there is something to pass on, the descriptor is registered with `poll`.
    """

    def __init__(self, fd: int, poll: select.poll) -> None:
        os.set_blocking(fd, False)
        self.fd: int | None = fd
        self._poll = poll
        self._unwritten: deque[memoryview] = deque()
        self._finished = False

    def add(self, data: bytes) -> None:
        """Take something to pass on; after `finish`, or once the child has closed its end, it is dropped."""
        if self.fd is None or self._finished or not data:
            return
        if not self._unwritten:
            self._poll.register(self.fd, select.POLLOUT)
        self._unwritten.append(memoryview(data))

    def finish(self) -> None:
        """Close the child's stdin behind what was added so far."""
        self._finished = True
        if not self._unwritten:
            self.close()

    def pass_on(self) -> None:
        """Write what the pipe takes."""
        if self.fd is None:
            return
        try:
            data = self._unwritten[0]
            written = os.write(self.fd, data[:_MOST_AT_ONCE])
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.close()
            return
        if written < len(data):
            self._unwritten[0] = data[written:]
            return
        self._unwritten.popleft()
        if not self._unwritten:
            self._poll.unregister(self.fd)
            if self._finished:
                self.close()

    def close(self) -> None:
        """Close the descriptor, whatever is still unwritten; once more does nothing."""
        if self.fd is None:
            return
        if self._unwritten:
            self._poll.unregister(self.fd)
            self._unwritten.clear()
        os.close(self.fd)
        self.fd = None
