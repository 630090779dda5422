"""Starting a child: its pipes, its session, its mark, and what to say when it cannot start."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from plait.errors import PlaitError
from plait.process.adoption import own_children
from plait.process.table import MARK, MARK_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


CAN_SPAWN = sys.platform == "linux"
"""Whether `posix_spawn` can give a child a session of its own."""

_PYTHON_IGNORES = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that this process ignores, and a program expects not to."""


class ProcessStartError(PlaitError):
    """A command that could not be started: not found, not executable, too long, or in a folder that is not there."""


class Waitable(Protocol):
    """A started process whose exit status nobody has taken yet."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Take the exit status if the process has ended; negative for the signal that ended it."""


@dataclass(slots=True)
class Spawned:
    """A process started by `posix_spawn`."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """Take the exit status if the process has ended; negative for the signal that ended it."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                # Somebody who waits for any child has taken it: what it came to is lost.
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


@dataclass(slots=True)
class Child:
    """A started child and this side's ends of its pipes, each None once closed."""

    popen: Waitable
    stdout: int
    stderr: int
    stdin: int | None

    @property
    def pid(self) -> int:
        """The child's pid, which is its group and its session as well."""
        return self.popen.pid


def start_child(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | str, mark: str, feed: bool) -> Child:
    """Start `argv` in a session of its own, reading from a pipe if `feed` is set and from /dev/null otherwise.

    Raises:
        ProcessStartError: The operating system refuses.
    """
    if not argv:
        raise ProcessStartError("There is no command to start.")
    marks = [env[MARK], mark] if env.get(MARK) else [mark]
    pipes: list[int] = []
    try:
        for _ in range(3 if feed else 2):
            pipes += os.pipe()
        popen = _open(argv, {**env, MARK: MARK_SEPARATOR.join(marks)}, cwd, pipes)
    except BaseException as error:
        _close(pipes)
        if isinstance(error, OSError | ValueError):
            raise _refusal(argv[0], cwd, error) from error
        raise
    _close([pipes[1], pipes[3], *pipes[4:5]])
    return Child(popen, pipes[0], pipes[2], pipes[5] if feed else None)


def _open(argv: Sequence[str], env: Mapping[str, str], cwd: Path | str, pipes: list[int]) -> Waitable:
    stdin = pipes[4] if len(pipes) > 4 else _null()  # noqa: PLR2004 - the third pipe
    # posix_spawn takes half the time of Popen, but neither changes the folder nor looks a program up in `env`.
    spawn = _spawn if CAN_SPAWN and argv[0].startswith("/") and os.fspath(cwd) == os.getcwd() else _popen  # noqa: PTH109 - once a child
    with own_children.lock:
        process = spawn(argv, env, cwd, (stdin, pipes[1], pipes[3]))
        own_children.pids.add(process.pid)
        return process


@cache
def _null() -> int:
    return os.open(os.devnull, os.O_RDONLY)


def _spawn(argv: Sequence[str], env: Mapping[str, str], _cwd: Path | str, streams: tuple[int, int, int]) -> Waitable:
    actions = [(os.POSIX_SPAWN_DUP2, descriptor, target) for target, descriptor in enumerate(streams)]
    pid = os.posix_spawn(argv[0], list(argv), env, file_actions=actions, setsid=True, setsigdef=_PYTHON_IGNORES)
    return Spawned(pid)


def _popen(argv: Sequence[str], env: Mapping[str, str], cwd: Path | str, streams: tuple[int, int, int]) -> Waitable:
    stdin, stdout, stderr = streams
    return subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=stderr, env=env, cwd=cwd, start_new_session=True)


def _close(pipes: list[int]) -> None:
    for pipe in pipes:
        with suppress(OSError):
            os.close(pipe)


def _refusal(command: str, cwd: Path | str, error: OSError | ValueError) -> ProcessStartError:
    if isinstance(error, ValueError):
        return ProcessStartError(f"Cannot start {command!r}: {error}.")
    if error.filename is not None and os.fspath(error.filename) == os.fspath(cwd):
        return ProcessStartError(f"Cannot run a command in the folder {os.fspath(cwd)}: {error.strerror}.")
    if error.errno == errno.ENOENT:
        return ProcessStartError(f"Command not found: {command}", hint="Is it installed, and is its folder in PATH?")
    if error.errno == errno.E2BIG:
        return ProcessStartError(
            f"Cannot start {command}: its arguments and environment are longer than the operating system allows.",
            hint="Pass long text in a file.",
        )
    if error.errno == errno.EACCES:
        return ProcessStartError(f"Cannot start {command}: it is not an executable file.")
    return ProcessStartError(f"Cannot start {command}: {error.strerror}.")
