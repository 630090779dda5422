"""Starting a child: its pipes, its session, its mark, and what to say when it cannot start."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.process.adoption import own_children
from plait.process.table import MARK, MARK_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


_WIDE = 1 << 20
"""Bytes: the most that Linux gives to everybody."""


class ProcessStartError(PlaitError):
    """A command that could not be started: not found, not executable, too long, or in a folder that is not there."""


@dataclass(slots=True)
class Child:
    """A started child and this side's ends of its pipes, each None once closed."""

    popen: subprocess.Popen[bytes]
    stdout: int
    stderr: int
    stdin: int | None

    @property
    def pid(self) -> int:
        """The child's pid, which is its group and its session as well."""
        return self.popen.pid


def start_child(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | str, mark: str, feed: bool, wide: bool = False
) -> Child:
    """Start `argv` in a session of its own, reading from a pipe if `feed` is set and from /dev/null otherwise.

    With `wide`, what it writes to stdout may run far ahead of what is read.

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
        if wide:
            _widen(pipes[0])
        popen = _open(argv, {**env, MARK: MARK_SEPARATOR.join(marks)}, cwd, pipes)
    except BaseException as error:
        _close(pipes)
        if isinstance(error, OSError | ValueError):
            raise _refusal(argv[0], cwd, error) from error
        raise
    _close([pipes[1], pipes[3], *pipes[4:5]])
    return Child(popen, pipes[0], pipes[2], pipes[5] if feed else None)


def _open(argv: Sequence[str], env: Mapping[str, str], cwd: Path | str, pipes: list[int]) -> subprocess.Popen[bytes]:
    # Not posix_spawn: it is faster alone, but half as fast as Popen from several threads.
    own_children.starting.add(threading.get_ident())
    try:
        process = subprocess.Popen(
            argv,
            stdin=pipes[4] if len(pipes) > 4 else _null(),  # noqa: PLR2004 - the third pipe
            stdout=pipes[1],
            stderr=pipes[3],
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
        own_children.pids.add(process.pid)
        return process
    finally:
        own_children.starting.discard(threading.get_ident())


def _widen(pipe: int) -> None:
    # Programs that run on Node.js end without waiting for what did not fit into the pipe: it would be lost.
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _WIDE)


@cache
def _null() -> int:
    return os.open(os.devnull, os.O_RDONLY)


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
