"""One child, followed in one thread with one poll loop: fed, read, and ended when its time is over."""

from __future__ import annotations

import math
import os
import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, TypeAlias

from plait.cancellation import LATENCY
from plait.process.adoption import own_children
from plait.process.capture import OutputFile, StreamCapture
from plait.process.dialogue import ChildInput
from plait.process.ending import Family
from plait.process.table import start_time_of
from plait.process.text import LastLine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plait.cancellation import Cancellation
    from plait.process.capture import Captured
    from plait.process.dialogue import Dialogue
    from plait.process.start import Child
    from plait.secrets import Redactor

EndedBy: TypeAlias = Literal["exit", "timeout", "idle", "cancelled", "hangup"]
"""`hangup`: a dialogue had nothing more to say to a child that still ran."""

CHUNK = 64 * 1024

AFTERMATH = 0.5
"""Seconds for which a pipe is still read once everything known to write to it has ended."""

EXIT_CHECK = 0.01
"""Seconds between two looks for an exit, where the kernel cannot announce it."""


class Following:
    """A child being read: `follow` it to its end, `end` it if it was not the exit, and `close` it in any case."""

    def __init__(
        self,
        child: Child,
        *,
        log: Path,
        part: int,
        opening: bytes,
        dialogue: Dialogue | None,
        on_line: Callable[[str], None] | None,
        redactor: Redactor | None = None,
    ) -> None:
        self._child = child
        self._log = OutputFile(log, append=True)
        several = f".{part}" if part > 1 else ""
        self._outputs = {
            child.stdout: StreamCapture(log, ".stream", every_byte=True)
            if dialogue is not None
            else StreamCapture(log, f"{several}.stdout"),
            child.stderr: StreamCapture(log, f"{several}.stderr"),
        }
        self._open = set(self._outputs)
        self._redacted = {fd: redactor.stream() for fd in self._outputs} if redactor is not None else {}
        self._dialogue = dialogue
        self._opening = opening
        self._last_line = None if on_line is None else LastLine(on_line)
        self._last_output = time.monotonic()
        self._exit_notice: int | None = None
        self._poll = select.poll()
        for fd in self._open:
            self._poll.register(fd, select.POLLIN)
        self._input = None if child.stdin is None else ChildInput(child.stdin, self._poll)

    def follow(self, cancellation: Cancellation, until: float, idle_timeout: float) -> EndedBy:
        """Read until the child has ended and its pipes are closed, or until there is a cause to end it.

        `until` is a time of `time.monotonic()`; both it and `idle_timeout` may be infinite.
        """
        self._begin()
        while not self._has_ended():
            now = time.monotonic()
            idle_until = self._last_output + idle_timeout
            if cancellation.cancelled:
                return "cancelled"
            if now >= until:
                return "timeout"
            if now >= idle_until:
                return "idle"
            if self._dialogue is not None and now >= self._dialogue.leaves_at():
                return "hangup"
            self._pump(min(until - now, idle_until - now, LATENCY))
        return "exit"

    def end(self, mark: str, grace: float) -> None:
        """End the child and everything it started, reading meanwhile what they still have to say."""
        self._family(mark).end(grace, self._pump)
        until = time.monotonic() + AFTERMATH
        while self._open and (left := until - time.monotonic()) > 0:
            self._pump(left)

    def kill(self, mark: str) -> None:
        """End the child and everything it started at once, and read no more."""
        self._family(mark).end(0, time.sleep)

    def captured(self) -> tuple[Captured, Captured]:
        """Return what the child printed, on stdout and on stderr."""
        for fd, stream in self._redacted.items():
            self._keep(fd, stream.finish())
        if self._last_line is not None:
            self._last_line.finish()
        return self._outputs[self._child.stdout].finish(), self._outputs[self._child.stderr].finish()

    def close(self) -> None:
        """Release every descriptor, and the child's pid if it has ended."""
        self._log.close()
        for output in self._outputs.values():
            output.close()
        if self._input is not None:
            self._input.close()
        for fd in (*self._open, self._exit_notice):
            if fd is not None:
                os.close(fd)
        if self._child.popen.poll() is not None:
            own_children.pids.discard(self._child.pid)

    def _family(self, mark: str) -> Family:
        # Until it is reaped the child keeps its pid, so that no other process can be taken for it.
        running = self._child.popen.returncode is None
        roots = {self._child.pid: start_time_of(self._child.pid) or 0} if running else {}
        return Family(roots, lambda found: found == mark)

    def _has_ended(self) -> bool:
        if self._open:
            return False
        if self._child.popen.poll() is not None:
            return True
        if self._exit_notice is None and hasattr(os, "pidfd_open"):
            with suppress(OSError):
                self._exit_notice = os.pidfd_open(self._child.pid)
                self._poll.register(self._exit_notice, select.POLLIN)
        return False

    def _pump(self, seconds: float) -> None:
        """Wait for something to read, to write or to learn, at most so long, and deal with it."""
        if not self._open and self._exit_notice is None:
            seconds = min(seconds, EXIT_CHECK)
        if self._last_line is not None and self._last_line.due is not None:
            now = time.monotonic()
            self._last_line.tell(now)
            seconds = min(seconds, max(0.0, (self._last_line.due or math.inf) - now))
        for fd, _ in self._poll.poll(math.ceil(seconds * 1000)):
            if fd in self._open:
                self._read(fd)
            elif self._input is not None and fd == self._input.fd:
                self._input.pass_on()
            elif fd == self._exit_notice:
                self._poll.unregister(fd)  # the notice of the exit: it comes once

    def _read(self, fd: int) -> None:
        chunk = os.read(fd, CHUNK)
        if not chunk:
            self._open.discard(fd)
            self._poll.unregister(fd)
            os.close(fd)
            return
        self._last_output = time.monotonic()
        self._keep(fd, self._redacted[fd].feed(chunk) if self._redacted else chunk)
        if self._dialogue is not None and fd == self._child.stdout:
            self._hear(self._dialogue, chunk)
        elif self._dialogue is not None:
            self._dialogue.overhear(chunk)

    def _keep(self, fd: int, chunk: bytes) -> None:
        """Log, collect and show what was read."""
        if not chunk:
            return
        self._outputs[fd].feed(chunk)
        if self._dialogue is not None and fd == self._child.stdout:
            return
        self._log.write(chunk)
        if self._last_line is not None:
            self._last_line.feed(fd, chunk)

    def _begin(self) -> None:
        """Say what is to be said first."""
        if self._input is not None:
            self._input.add(self._opening)
            if self._dialogue is None:
                self._input.finish()
        if self._dialogue is not None:
            self._hear(self._dialogue, b"")

    def _hear(self, dialogue: Dialogue, said: bytes) -> None:
        answer = dialogue.feed(said)
        if self._input is None:
            return
        if answer is None:
            self._input.finish()
        else:
            self._input.add(answer)
