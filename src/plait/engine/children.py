"""Child processes of a run: journaled as they start, logged as they print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.process import ProcessResult, run_process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.engine.run import Run
    from plait.engine.scope import Place
    from plait.process import Dialogue


class _Watch:
    """Tells the journal that a child has started, and the listeners what it prints."""

    __slots__ = ("_run", "_step_id")

    def __init__(self, run: Run, step_id: str) -> None:
        self._run = run
        self._step_id = step_id

    def started(self, pid: int, start_time: float) -> None:
        self._run.journal.append("child_started", step_id=self._step_id, pid=pid, start=start_time)

    def line(self, text: str) -> None:
        self._run.journal.output(self._step_id, text)


def run_child(
    run: Run,
    place: Place,
    numbers: tuple[int, int],
    argv: Sequence[str],
    env: Mapping[str, str],
    stdin: bytes | None,
    dialogue: Dialogue | None = None,
) -> ProcessResult:
    """Run a child process for a step, to its end or the end of the step's time.

    `numbers` are those of the attempt and of the child in it, both from 1.
    """
    run.started_children = True
    terms = place.terms
    attempt, part = numbers
    folder = folder_of(run, place)
    return run_process(
        argv,
        # Some programs take the folder's name from here, and would work in another one.
        env={**environment_of(run, place, attempt), "PWD": os.path.abspath(folder), **env},  # noqa: PTH100 - links keep their names
        cwd=folder,
        log=run.state.folder.attempt_log(place.id, attempt),
        stdin=stdin,
        dialogue=dialogue,
        part=part,
        idle_timeout=terms.idle_timeout,
        cancellation=terms.cancellation,
        watcher=_Watch(run, place.id),
        mark=f"{run.mark}{place.id}:{attempt}",
        redactor=run.redactor,
    )


def environment_of(run: Run, place: Place, attempt: int | None = None) -> dict[str, str]:
    """Return the environment variables that the children of a step run with; of one try, also those of that alone."""
    own = {} if run.child_variables is None or attempt is None else run.child_variables(run.state, place.id, attempt)
    return {**run.environment, **own, **(place.terms.env or {}), "PLAIT_STEP_ID": place.id}


def folder_of(run: Run, place: Place) -> Path:
    """Return the folder that the children of a step run in; raise `PlaitError` if it is none."""
    cwd = place.terms.cwd
    if cwd is None:
        return run.project_root
    folder = run.project_root / Path(cwd).expanduser()
    if not folder.is_dir():
        raise PlaitError(f"`cwd` is not a folder: {folder}")
    return folder
