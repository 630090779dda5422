"""The workflows that a run's workflow calls, kept beside it: one file, written before the run begins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from plait.errors import StorageError
from plait.journal.encode import encode_text
from plait.journal.folder import describe, write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from plait.journal.folder import RunFolder
    from plait.model.workflow import Workflow


def keep_called(folder: RunFolder, workflow: Workflow) -> None:
    """Write down all workflows that one calls, directly or not: `called.json`, which is not there if there are none.

    It holds a list, whose first entry is the workflow itself. Each has its `calls`, which map a reference in its text
    to a place in the list, and, but for the first, its `text` and the `path` of the file it was read from.
    """
    family = workflow.family()
    if len(family) == 1:
        _remove(folder.called)  # of a run with this id that was killed before its first event
        return
    places = {id(each): place for place, each in enumerate(family)}
    entries: list[dict[str, Any]] = []
    for each in family:
        entry: dict[str, Any] = {"id": each.id, "calls": {name: places[id(to)] for name, to in each.calls.items()}}
        if each is not workflow:
            entry |= {"path": None if each.path is None else str(each.path.absolute()), "text": each.text}
        entries.append(entry)
    write_atomically(folder.called, encode_text(entries))


def read_called(folder: RunFolder) -> list[dict[str, Any]]:
    """Return what `keep_called` wrote; raises `StorageError` if it cannot be read."""
    try:
        entries = json.loads(folder.called.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"cannot read what the run's workflow calls: {describe(error)}") from error
    except ValueError as error:
        raise StorageError(f"{folder.called} is damaged: {error}") from error
    return entries if isinstance(entries, list) else []


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot remove {path}: {describe(error)}") from error
