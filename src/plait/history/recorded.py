"""A recorded run with all that is known of it: its state, its events and the workflow as it was then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from plait.journal.folder import RunFolder
from plait.journal.reader import read_state
from plait.runs import shown_status

if TYPE_CHECKING:
    from pathlib import Path

    from plait.journal import RunState
    from plait.journal.facts import Event
    from plait.model.workflow import Workflow


class RecordedRun(NamedTuple):
    """What a run has left. `events` are those that `state` is the fold of.

    `status` is the status as it is shown, `interrupted` where the owner of a running run is dead. `now`, in seconds
    since the epoch, is when it was read if somebody still runs it, else None. `workflow` is None where the frozen one
    is gone or cannot be loaded here.
    """

    state: RunState
    events: list[Event]
    status: str
    now: float | None = None
    workflow: Workflow | None = None


def read_recorded(run_id: str, project_root: Path) -> RecordedRun:
    """Read a run from its journal, without its workflow; a torn last line is left out.

    Raises `UsageError` for a malformed id, `RunNotFoundError`, or `JournalDamagedError` naming the line.
    """
    folder = RunFolder.existing(run_id, project_root)
    events: list[Event] = []
    state = read_state(folder, events=events)
    status = shown_status(state.status, folder)
    return RecordedRun(state, events, status, time.time() if status == "running" else None)
