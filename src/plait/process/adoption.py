"""Orphans: a process below a child, whose parent has ended, can be adopted, found and reaped here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plait.process.table import ON_LINUX, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

PR_SET_CHILD_SUBREAPER = 36


class OwnChildren:
    """The pids this room has started and waits for; nobody else may take their exit status.

    While a child is being started its thread is among `starting`: a reaper leaves everything alone then, as one of
    the processes it has seen may be that child, not entered yet. There is no lock: threads that start children would
    queue for it.
    """

    def __init__(self) -> None:
        self.starting: set[int] = set()
        self.pids: set[int] = set()


own_children = OwnChildren()


def become_subreaper() -> bool:
    """Make this process the parent of every orphan below it, so that none escapes to init; Linux only."""
    if not ON_LINUX:
        return False
    import ctypes  # noqa: PLC0415 - slow to import

    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def has_children() -> bool:
    """Return whether this process has any child, running or not yet reaped; one system call on Linux."""
    if hasattr(os, "waitid"):
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return True
    return any(process.parent == os.getpid() for process in read_table().processes.values())


def adopted_orphans() -> list[tuple[int, float]]:
    """Return pid and start time of the running processes that this process has adopted, marked or not."""
    own_session = os.getsid(0)
    return [
        (process.pid, process.start_time)
        for process in read_table().processes.values()
        if process.parent == os.getpid()
        and process.session != own_session
        and process.pid not in own_children.pids
        and not process.zombie
    ]


def reap_adopted() -> list[int]:
    """Reap the zombies that this process has adopted, and return their pids.

    Children started here keep their exit status for whoever waits for them, whether started by `run_process` or,
    in this process's own session, by other code.
    """
    own_session = os.getsid(0)
    return reap(
        process.pid
        for process in read_table().processes.values()
        if process.zombie and process.parent == os.getpid() and process.session != own_session
    )


def reap(pids: Iterable[int]) -> list[int]:
    """Reap those of `pids` that are adopted zombies, and return them."""
    return [pid for pid in pids if not own_children.starting and pid not in own_children.pids and _reap_one(pid)]


def _reap_one(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False
