"""Reading a journal back: the state is the fold of its lines."""

from __future__ import annotations

import gc
import json
import os
from typing import TYPE_CHECKING, Any

from plait.errors import JournalDamagedError, StorageError
from plait.journal.folder import describe
from plait.journal.state import RunState, fold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plait.journal.folder import RunFolder

_LINES_AT_ONCE = 2000
_FIELDS = ("v", "timestamp", "event")


def read_state(folder: RunFolder, *, events: list[dict[str, Any]] | None = None) -> RunState:
    """Fold a run's journal into its state; a torn last line is left out.

    `events` receives every event. Raises `JournalDamagedError` naming the line if any other line is not an event, or
    if the journal is gone.
    """
    state = RunState(folder)
    # The first snapshot follows the first events: without them, everything would seem not to have run.
    if not folder.journal.exists() and folder.state.exists():
        raise JournalDamagedError(
            f"{folder.journal} is missing: it held what the run had done", hint="put it back, or start a new run"
        )
    # Hundreds of thousands of small objects that all stay: collecting among them is time lost.
    enabled = gc.isenabled()
    gc.disable()
    try:
        for number, event in read_events(folder.journal):
            try:
                fold(state, event)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise _damaged(folder.journal, number, f"it does not fit what came before ({error})") from error
            if events is not None:
                events.append(event)
    finally:
        if enabled:
            gc.enable()
    return state


def read_events(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the events of a journal with their line numbers, from 1, without a torn last line."""
    try:
        with path.open("rb") as file:
            first = 1
            while lines := file.readlines(_LINES_AT_ONCE * 200):
                if not lines[-1].endswith(b"\n"):
                    lines.pop()
                yield from _parse(path, first, lines)
                first += len(lines)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"cannot read the journal: {describe(error)}") from error


def _parse(path: Path, first: int, lines: list[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        events = json.loads(b"[" + b",".join(lines) + b"]")
    except (ValueError, RecursionError):
        events = []
    if len(events) != len(lines):
        events = [_parse_line(path, first + offset, line) for offset, line in enumerate(lines)]
    for number, event in enumerate(events, first):
        if type(event) is not dict or "event" not in event or "timestamp" not in event:
            raise _damaged(path, number, "it is not an event")
        version = event.get("v", 1)
        if version != 1:
            raise _damaged(path, number, f"it is of version {version}, which this Plait does not know")
        yield number, event


def _parse_line(path: Path, number: int, line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, number, f"it is not JSON ({error})") from None


def _damaged(path: Path, number: int, why: str) -> JournalDamagedError:
    return JournalDamagedError(
        f"{path}:{number}: the journal is damaged here: {why}",
        hint=f"to go on with what came before this line: head -n {number - 1} log.jsonl > new && mv new log.jsonl",
    )


def cut_torn_line(path: Path) -> None:
    """Remove a last line that was never finished, so that the next event begins on a line of its own."""
    try:
        with path.open("rb+") as file:
            end = file.seek(0, os.SEEK_END)
            position = end
            while position > 0:
                step = min(position, 65536)
                file.seek(position - step)
                newline = file.read(step).rfind(b"\n")
                if newline >= 0:
                    position = position - step + newline + 1
                    break
                position -= step
            if position != end:
                file.truncate(position)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"cannot repair the journal: {describe(error)}") from error
