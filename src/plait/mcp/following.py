"""Waiting for runs: until one has begun, until it has ended or stopped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio

from plait.journal import RunFolder
from plait.journal.reader import read_state
from plait.runs import shown_status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from plait.journal import RunState
    from plait.mcp.background import Detached

    Tell = Callable[[int, str], Awaitable[None]]

_AT_WORK = ("created", "running")
_PAUSE = 0.1
_LONGEST_START = 60.0
LONGEST_WAIT = 3600.0


def journal_size(run_id: str, root: Path) -> int:
    """Return how long a run's journal is, 0 if there is none."""
    try:
        return RunFolder.of(run_id, root).journal.stat().st_size
    except OSError:
        return 0


async def begun(command: Detached, run_id: str, root: Path, before: int = 0) -> bool:
    """Wait until a command advances a run whose journal had `before` bytes; False if it ended without doing so."""
    give_up = time.monotonic() + _LONGEST_START
    folder = RunFolder.of(run_id, root)
    while time.monotonic() < give_up:
        ended = command.exit_code is not None
        grown = journal_size(run_id, root) > before
        if ended or (grown and (await _read(folder)).status in _AT_WORK):
            return grown
        await anyio.sleep(_PAUSE)
    return True


async def settled(run_id: str, root: Path, seconds: float, tell: Tell, command: Detached | None = None) -> RunState:
    """Wait until a run has ended or stopped, and `command` with it, `seconds` at most; return its state.

    `tell` is told how many of its steps have ended, and which one is at work.
    """
    give_up = time.monotonic() + min(max(seconds, 0.0), LONGEST_WAIT)
    folder = RunFolder.existing(run_id, root)
    known = -1
    while True:
        ended = command is None or command.exit_code is not None
        size = journal_size(run_id, root)
        if size != known:
            state = await _read(folder)
            done = sum(record.ended is not None for record in state.records.values())
            await tell(done, state.current_step_id or "")
        elif (ended and shown_status(state.status, folder) not in _AT_WORK) or time.monotonic() >= give_up:
            return state
        else:
            await anyio.sleep(_PAUSE)
        known = size


async def _read(folder: RunFolder) -> RunState:
    return await anyio.to_thread.run_sync(read_state, folder)
