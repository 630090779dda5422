"""Which step failed a run, and the last it said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from plait.journal.values import StoredText
from plait.model.status import RunStatus, StepStatus
from plait.views.text import last_lines

if TYPE_CHECKING:
    from pathlib import Path

    from plait.journal import RunState, StepRecord

_LINES = 8
_BYTES_READ = 16 * 1024


def failing_step(state: RunState) -> StepRecord | None:
    """Return the step that a failed run stopped at."""
    if state.status is not RunStatus.FAILED:
        return None
    record = state.records.get(state.current_step_id or "")
    return record if record is not None and record.status is StepStatus.FAILED else None


def failure_of(state: RunState) -> dict[str, Any] | None:
    """Return the failing step, its error, the last lines of its stderr, and where its log is."""
    record = failing_step(state)
    if record is None:
        return None
    log = attempt_log(state, record)
    return {
        "step_id": record.id,
        "error": record.error,
        "attempt": record.attempt,
        "stderr": last_words(record, log),
        "log": None if log is None else str(log),
    }


def attempt_log(state: RunState, record: StepRecord) -> Path | None:
    """Return the log of a step's last try, if it printed anything."""
    log = state.folder.attempt_log(record.id, record.attempt)
    return log if log.is_file() else None


def last_words(record: StepRecord, log: Path | None) -> list[str]:
    """Return the last lines a step printed on stderr or, if that has none, of all it printed."""
    stderr = record.output.get("stderr")
    if isinstance(stderr, StoredText):
        stderr = stderr.tail
    lines = last_lines(stderr, _LINES) if isinstance(stderr, str) else []
    return lines if lines or log is None else last_lines(_tail(log), _LINES)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _BYTES_READ, 0))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
