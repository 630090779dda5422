"""How much one agent is used at once, over all runs of this user on this machine.

A call under way holds a lock on a file, a slot, which the kernel takes back when its process ends, however it ends.
The beginnings of calls in the last minute stand in a file beside the slots. Both are looked at and changed under one
more lock, held for microseconds, so that runs with different limits count each other's calls.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import re
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from plait.cancellation import LATENCY
from plait.errors import StorageError
from plait.user_folders import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plait.cancellation import Cancellation
    from plait.model.workflow import AgentLimits

MINUTE = 60.0
LONGEST_KEY = 100


@contextmanager
def hold(
    key: str,
    limits: AgentLimits | None,
    cancellation: Cancellation,
    on_wait: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.time,
) -> Iterator[bool]:
    """Count as a call to the agent `key` while inside; wait first until `limits` let it begin.

    Yields False, and counts as nothing, if cancelled or out of time before. `on_wait` is told once what is waited for.
    Without limits no file is touched.

    Raises:
        StorageError: The folder of the slots cannot be written.
    """
    if limits is None or (limits.max_concurrency is None and limits.per_minute is None):
        yield not (cancellation.cancelled or cancellation.expired)
        return
    try:
        slot = _Pool(key, limits, clock).enter(cancellation, on_wait)
    except OSError as error:
        raise StorageError(f"Cannot keep count of the calls to {key} in {error.filename}: {error.strerror}.") from error
    try:
        yield slot is not None
    finally:
        if slot is not None:
            os.close(slot)


def pool_folder(key: str) -> Path:
    """Return where the slots of an agent are: a folder of its own below the user's state, whatever the key holds."""
    safe = re.sub(r"[^A-Za-z0-9_-]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), key)
    if not safe or len(safe) > LONGEST_KEY:
        safe = f"{safe[:LONGEST_KEY]}%{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    return state_folder(os.environ) / "agents" / safe


class _Pool:
    """The slots of one agent, as one call that wants to begin sees them."""

    def __init__(self, key: str, limits: AgentLimits, clock: Callable[[], float]) -> None:
        self._key = key
        self._limits = limits
        self._clock = clock
        self._folder = pool_folder(key)

    def enter(self, cancellation: Cancellation, on_wait: Callable[[str], None]) -> int | None:
        """Return the open file of a slot, to be closed in the end; None if cancelled or out of time."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = False
        while not (cancellation.cancelled or cancellation.expired):
            if (lock := _try_lock(self._folder / "lock")) is None:
                # Held for microseconds by somebody else: not worth being counted as waiting.
                cancellation.wait(random.uniform(0.001, 0.01))  # noqa: S311 - spreads those who wait
                continue
            try:
                slot = self._try_begin()
            finally:
                os.close(lock)
            if isinstance(slot, int):
                return slot
            if not told:
                told = True
                on_wait(slot)
            cancellation.wait(random.uniform(LATENCY / 2, LATENCY))  # noqa: S311 - spreads those who wait
        return None

    def _try_begin(self) -> int | str:
        """Return the open file of a slot that is free and may be used, or what has to be waited for."""
        slot, held = self._free_slot()
        most = self._limits.max_concurrency
        if most is not None and held >= most:
            os.close(slot)
            return f"waits for a free {self._key} ({held} in use)"
        rate = self._limits.per_minute
        now = self._clock()
        begun = self._begun(now)
        if rate is not None and len(begun) >= rate:
            os.close(slot)
            return f"waits to begin another {self._key} ({len(begun)} begun within a minute)"
        try:
            text = "".join(f"{moment!r}\n" for moment in [*begun, now])
            (self._folder / "begun").write_text(text, encoding="ascii")
        except OSError:
            os.close(slot)
            raise
        return slot

    def _free_slot(self) -> tuple[int, int]:
        """Return the first free slot, locked, and how many are held by others."""
        free, held, number = None, 0, 0
        while free is None or (self._folder / f"slot-{number}").exists():
            slot = _try_lock(self._folder / f"slot-{number}")
            number += 1
            if slot is None:
                held += 1
            elif free is None:
                free = slot
            else:
                os.close(slot)
        return free, held

    def _begun(self, now: float) -> list[float]:
        """Return when calls were begun within the last minute; a damaged file tells of none."""
        with suppress(OSError, ValueError):
            moments = map(float, (self._folder / "begun").read_text(encoding="ascii").split())
            return [moment for moment in moments if now - MINUTE < moment <= now]
        return []


def _try_lock(path: Path) -> int | None:
    """Return the file, open and locked, or None if somebody holds it. Programs that are started do not inherit it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    except BaseException:
        os.close(file)
        raise
    return file
