"""The processes alive on this machine: who started whom, in which session, with which mark."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import NamedTuple

MARK = "PLAIT_MARK"
"""The environment variable that every child carries, and hands down to all it starts."""

MARK_SEPARATOR = "\x1f"
"""Between the marks of nested runs: a run inside a step of another run carries both."""

PAGE = 4096
"""The most that one read of a file below /proc is sure to give."""

ON_LINUX = sys.platform.startswith("linux")


class Process(NamedTuple):
    """One line of the process table; `start_time` tells it from a later process with the same `pid`."""

    pid: int
    parent: int
    group: int
    session: int
    start_time: float
    zombie: bool


def start_time_of(pid: int) -> float | int | None:
    """Return when a process started, to be compared and never read as a date; None if there is no such process.

    Clock ticks since boot on Linux, seconds since the epoch elsewhere. A zombie still has its start time.
    """
    found = _read(pid)
    return None if found is None else found.start_time


def is_running(pid: int, start_time: float) -> bool:
    """Return whether the process that started then still runs; a zombie, or a reused pid, does not."""
    found = _read(pid)
    return found is not None and found.start_time == start_time and not found.zombie


def marks_of(pid: int) -> tuple[str, ...]:
    """Return the marks a process carries; none if it cannot be read."""
    if ON_LINUX:
        value = _linux_mark(pid)
    else:
        import psutil  # noqa: PLC0415 - slow to import, and needed only when something has to be ended

        try:
            value = psutil.Process(pid).environ().get(MARK, "")
        except (psutil.Error, OSError):
            value = ""
    return tuple(value.split(MARK_SEPARATOR)) if value else ()


class Table(NamedTuple):
    """Every process of this machine at one moment, and the marks of those that carry any."""

    processes: dict[int, Process]
    marks: dict[int, tuple[str, ...]]


class _Tables:
    """The latest table, shared by threads that ask at the same time: reading all of /proc is not cheap."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._begun = float("-inf")
        self._table = Table({}, {})

    def read(self) -> Table:
        asked = time.monotonic()
        with self._lock:
            if self._begun <= asked:
                self._begun = time.monotonic()
                processes = {found.pid: found for pid in _all_pids() if (found := _read(pid)) is not None}
                marks = {pid: marks for pid in processes if (marks := marks_of(pid))}
                self._table = Table(processes, marks)
            return self._table


def _all_pids() -> list[int]:
    if ON_LINUX:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - thousands of entries
    import psutil  # noqa: PLC0415 - slow to import, and needed only when something has to be ended

    return psutil.pids()


def _read(pid: int) -> Process | None:
    return _read_linux(pid) if ON_LINUX else _read_elsewhere(pid)


def _read_linux(pid: int) -> Process | None:
    data = _contents(f"/proc/{pid}/stat")
    # The command's name stands in parentheses and may hold spaces and parentheses itself.
    fields = data[data.rfind(b")") + 1 :].split()
    if len(fields) < 20:  # noqa: PLR2004 - see proc(5): the start time is field 22, and two precede the ")"
        return None
    return Process(pid, int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]), fields[0] in {b"Z", b"X"})


def _linux_mark(pid: int) -> str:
    name = f"\0{MARK}=".encode()
    _, found, rest = (b"\0" + _contents(f"/proc/{pid}/environ")).partition(name)
    return os.fsdecode(rest.partition(b"\0")[0]) if found else ""


def _contents(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = chunk = os.read(fd, PAGE)
            while len(chunk) == PAGE:
                chunk = os.read(fd, PAGE)
                data += chunk
        finally:
            os.close(fd)
    except OSError:
        return b""
    return data


def _read_elsewhere(pid: int) -> Process | None:
    import psutil  # noqa: PLC0415 - slow to import, and unused on Linux

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            parent, started = process.ppid(), process.create_time()
            zombie = process.status() == psutil.STATUS_ZOMBIE
        return Process(pid, parent, os.getpgid(pid), os.getsid(pid), started, zombie)
    except (psutil.Error, OSError):
        return None


read_table = _Tables().read
