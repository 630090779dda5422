"""`plait cancel`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option, run_argument
from plait.cli.output import show
from plait.cli.project import recorded_project
from plait.runs import RecordedRuns
from plait.views.text import one_line

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@run_argument
@click.option("--pause", is_flag=True, help="Stop it in a way that can be resumed.")
@project_option
@json_option
def cancel(run_id: str, project: Path | None, *, pause: bool, as_json: bool) -> None:
    """End a run for good, or pause it, whichever process it runs in; its children are ended with it."""
    happened = _cancel(recorded_project(project), run_id, pause=pause)
    payload = {"run_id": run_id, "request": "pause" if pause else "cancel", "result": happened}
    if happened == "requested":
        told = f"the process that runs {run_id} has been told to {'pause' if pause else 'end'} it"
    else:
        told = f"run {run_id} is {one_line(happened)}"
    show(payload if as_json else None, [told])


def _cancel(root: Path, run_id: str, *, pause: bool) -> str:
    runs = RecordedRuns(root)
    if pause or not runs.is_abandoned(run_id):
        return runs.cancel(run_id, pause=pause)
    from plait.api import WorkflowEngine  # noqa: PLC0415 - only where `finally` must run
    from plait.cli.observers import Observers  # noqa: PLC0415 - see above

    with Observers(quiet=False) as observers:
        return WorkflowEngine(root, telemetry=observers.telemetry, warn=observers.warn).cancel(run_id)
