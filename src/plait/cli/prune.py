"""Choosing and removing recorded runs."""

from __future__ import annotations

import re
import shutil
import time
from datetime import datetime
from typing import TYPE_CHECKING

from plait.errors import RunOwnedError, StorageError, UsageError
from plait.journal import RunFolder
from plait.journal.folder import describe
from plait.journal.ownership import RunLock

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from plait.runs import RunSummary

_AGE = re.compile(r"(\d+)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def parse_age(text: str) -> int:
    """Return an age such as `30d` in seconds."""
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"{text!r} is not an age", hint="write a number and one of s, m, h, d, w, such as 30d")
    return int(match[1]) * _SECONDS[match[2]]


def chosen_runs(
    runs: Sequence[RunSummary], *, keep: int | None, age: int | None, statuses: Collection[str]
) -> list[RunSummary]:
    """Return the runs to remove: of those statuses, beyond the newest `keep`, unchanged for `age` seconds.

    `runs` come newest first. A running one is never chosen.
    """
    now = time.time()
    fitting = [run for run in runs if str(run.status) in statuses and str(run.status) != "running"]
    beyond = fitting[keep:] if keep is not None else fitting
    return [run for run in beyond if age is None or _age(run, now) >= age]


def _age(run: RunSummary, now: float) -> float:
    try:
        return now - datetime.fromisoformat(run.updated_at).timestamp()
    except ValueError:
        return 0.0


def remove_run(run_id: str, root: Path) -> bool:
    """Remove a run's folder; False if a living process has come to own it."""
    folder = RunFolder.of(run_id, root)
    try:
        lock = RunLock(folder).acquire()
    except RunOwnedError:
        return False
    with lock:
        try:
            # Under another name first: a folder half removed must not look like a run.
            doomed = folder.path.rename(folder.path.with_name(f".removing-{run_id}"))
            shutil.rmtree(doomed)
        except OSError as error:
            raise StorageError(f"cannot remove run {run_id}: {describe(error)}") from error
    return True
