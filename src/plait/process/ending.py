"""Ending processes and everything they started: SIGTERM, a grace period, SIGKILL."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from plait.process.adoption import reap
from plait.process.table import Process, Table, is_running, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

GLANCE = 0.02
"""Seconds between two looks at whether what was signalled has ended."""

PATIENCE = 2.0
"""Seconds to wait for what was sent SIGKILL; only a process stuck inside the kernel takes longer."""


class Family:
    """Processes that belong together: by pid and start time, by mark, by descent from one of them, by session.

    The calling process and its ancestors never belong, nor does a process that merely has a pid used before.
    """

    def __init__(self, roots: Mapping[int, float], is_ours: Callable[[str], bool]) -> None:
        self._is_ours = is_ours
        self._roots = dict(roots)
        self.ended: set[int] = set()

    def find(self) -> list[Process]:
        """Read the process table and return the members that run."""
        table = read_table()
        members = _close_over(table, self._certain(table), _protected(table))
        running = [table.processes[pid] for pid in sorted(members) if not table.processes[pid].zombie]
        self._roots.update((process.pid, process.start_time) for process in running)
        return running

    def _signal(self, members: Iterable[Process], number: int) -> None:
        for member in members:
            if is_running(member.pid, member.start_time):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(member.pid, number)
                    self.ended.add(member.pid)

    def end(self, grace: float, wait: Callable[[float], object]) -> None:
        """End every member; `wait(seconds)` is how the caller spends the time until it looks again."""
        if grace > 0:
            self._press(signal.SIGTERM, grace, wait)
        self._press(signal.SIGKILL, PATIENCE, wait)
        reap(self.ended)

    def _press(self, number: int, seconds: float, wait: Callable[[float], object]) -> None:
        """Send a signal once to every member, newly started ones too, until none runs or the time is over."""
        until = time.monotonic() + seconds
        told: set[int] = set()
        while (members := self.find()) and time.monotonic() < until:
            self._signal([member for member in members if member.pid not in told], number)
            told.update(member.pid for member in members)
            while any(is_running(member.pid, member.start_time) for member in members):
                left = until - time.monotonic()
                if left <= 0:
                    return
                wait(min(GLANCE, left))

    def _certain(self, table: Table) -> set[int]:
        marked = {pid for pid, marks in table.marks.items() if any(map(self._is_ours, marks))}
        known = {pid for pid, started in self._roots.items() if _started(table, pid) == started}
        return marked | known


def end_processes(marks_prefix: str, pids: Iterable[tuple[int, float]] = (), *, grace: float) -> list[int]:
    """End every process with a mark that starts so, or that is one of `pids`, and all they started; return the pids.

    Each of `pids` comes with its start time as told by `start_time_of`. `grace` is the number of seconds between
    SIGTERM and SIGKILL; with 0 there is only SIGKILL.
    """
    family = Family(dict(pids), lambda mark: mark.startswith(marks_prefix))
    family.end(grace, time.sleep)
    return sorted(family.ended)


def _started(table: Table, pid: int) -> float | None:
    process = table.processes.get(pid)
    return None if process is None else process.start_time


def _protected(table: Table) -> set[int]:
    """Return the calling process and its ancestors."""
    protected: set[int] = set()
    pid = os.getpid()
    while pid not in protected and pid > 0:
        protected.add(pid)
        process = table.processes.get(pid)
        pid = 0 if process is None else process.parent
    return protected


def _close_over(table: Table, certain: set[int], protected: set[int]) -> set[int]:
    """Add to `certain` all descendants and all who share a session, again and again until nothing is added.

    A session counts only through a member that is certain: a session number alone may be a reused pid.
    """
    foreign = {table.processes[pid].session for pid in protected if pid in table.processes}
    members = certain - protected
    size = -1
    while size != len(members):
        size = len(members)
        sessions = {table.processes[pid].session for pid in members} - foreign
        members |= {
            process.pid
            for process in table.processes.values()
            if (process.parent in members or process.session in sessions) and process.pid not in protected
        }
    return members
