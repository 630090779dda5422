"""Run one child process to its end."""

from __future__ import annotations

import math
import signal
import sys
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from plait.errors import PlaitError
from plait.process.capture import Captured
from plait.process.follow import Following
from plait.process.start import start_child
from plait.process.table import start_time_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from plait.cancellation import Cancellation
    from plait.process.dialogue import Dialogue
    from plait.process.follow import EndedBy
    from plait.secrets import Redactor


class Watcher(Protocol):
    """How the caller follows a child; called in the thread that called `run_process`."""

    def started(self, pid: int, start_time: float) -> None:
        """The child runs; called before anything is read from it."""

    def line(self, text: str) -> None:
        """The last line printed so far, on either stream; at most ten times a second, and once at the end."""


class ProcessResult(NamedTuple):
    """How a child ended and what it printed; `exit_code` is the negative signal number if a signal ended it."""

    exit_code: int
    ended_by: EndedBy
    stdout: Captured
    stderr: Captured
    seconds: float


def run_process(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | str,
    log: Path,
    stdin: bytes | None = None,
    dialogue: Dialogue | None = None,
    part: int = 1,
    timeout: float | None = None,
    idle_timeout: float | None = None,
    cancellation: Cancellation,
    watcher: Watcher | None = None,
    mark: str,
    grace: float = 2.0,
    redactor: Redactor | None = None,
) -> ProcessResult:
    """Run a command in a session of its own until it has ended and nobody holds its output open.

    Both streams go to the file `log` as they come, and a stream longer than `LIMIT` to a file of its own beside it.
    A `dialogue`, which stands in place of `stdin`, reads stdout: that goes to the file `<log>.stream` in place of the
    log, whatever its length, behind what is there. `part` counts the commands that share a log, from 1.
    `timeout` limits the whole, `idle_timeout` the time without any output, both in seconds; when one is over, or
    `cancellation` or the dialogue says so, the command and everything it started get SIGTERM, and after `grace`
    seconds SIGKILL.
    What the `redactor` knows is `***` in the files, in the result and for the watcher.

    Raises:
        ProcessStartError: The command cannot be started.
        StorageError: Its output cannot be written.
        ValueError: There is both a dialogue and something else for stdin.
    """
    if stdin is not None and dialogue is not None:
        raise ValueError("a child's stdin belongs to the dialogue")
    if sys.platform == "win32":
        raise PlaitError("Plait runs on Linux and macOS; on Windows use WSL.")
    if cancellation.cancelled or cancellation.expired:
        cause: EndedBy = "cancelled" if cancellation.cancelled else "timeout"
        return ProcessResult(-signal.SIGTERM, cause, Captured(), Captured(), 0.0)
    began = time.monotonic()
    opening = (stdin or None) if dialogue is None else dialogue.begin()
    child = start_child(argv, env=env, cwd=cwd, mark=mark, feed=opening is not None, wide=dialogue is not None)
    on_line = None if watcher is None else watcher.line
    following = Following(
        child, log=log, part=part, opening=opening or b"", dialogue=dialogue, on_line=on_line, redactor=redactor
    )
    until = math.inf if timeout is None else began + timeout
    until = until if cancellation.deadline is None else min(until, cancellation.deadline)
    try:
        if watcher is not None:
            watcher.started(child.pid, start_time_of(child.pid) or 0)
        ended_by = following.follow(cancellation, until, math.inf if idle_timeout is None else idle_timeout)
        if ended_by != "exit":
            following.end(mark, grace)
        stdout, stderr = following.captured()
    except BaseException:
        following.kill(mark)
        raise
    finally:
        following.close()
    # Only a child stuck inside the kernel has not ended by now.
    exit_code = -signal.SIGKILL if child.popen.returncode is None else child.popen.returncode
    return ProcessResult(exit_code, ended_by, stdout, stderr, time.monotonic() - began)
