"""Runs that commands look back on: by id or the newest, with the workflow as it was then."""

from __future__ import annotations

import gc
import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from plait.errors import PlaitError, UsageError
from plait.history.recorded import RecordedRun, read_recorded
from plait.runs import RecordedRuns
from plait.views.plain import in_ascii

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_WIDTH = 100
"""Columns where nobody says how wide the terminal is."""


def newest_run(root: Path) -> str:
    """Return the id of the newest run of a project; raises `UsageError` if there is none."""
    summaries = RecordedRuns(root).summaries()
    if not summaries:
        raise UsageError("there are no runs yet", hint="`plait run FILE` begins one")
    return summaries[0].run_id


def read_run(run_id: str, root: Path) -> RecordedRun:
    """Read a run without its workflow; all of it stays until the command ends, and is not looked at for garbage."""
    run = read_recorded(run_id, root)
    gc.freeze()
    return run


def recorded_run(run_id: str, root: Path) -> RecordedRun:
    """Read a run, and its workflow as far as it can be loaded here."""
    from plait.api import WorkflowEngine  # noqa: PLC0415 - only where the workflow is of use

    run = read_run(run_id, root)
    with suppress(PlaitError):
        return run._replace(workflow=WorkflowEngine(root, signals=()).recorded_workflow(run_id))
    return run


def terminal_width() -> int:
    """Return the columns there are for lines on stdout."""
    return shutil.get_terminal_size((_WIDTH, 24)).columns


def has_unicode() -> bool:
    """Whether stdout takes signs beyond ASCII."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def fit_for_terminal(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines with Plait's own signs in ASCII, where stdout's encoding has no others."""
    return iter(lines) if has_unicode() else map(in_ascii, lines)
