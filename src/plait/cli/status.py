"""`plait status`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, optional_run_argument, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import command_suffix, recorded_project
from plait.journal import RunState
from plait.runs import RecordedRuns, shown_status
from plait.views.payload import status_payload
from plait.views.table import runs_payload, runs_table
from plait.views.tree import status_lines

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@optional_run_argument
@click.option("--all", "everything", is_flag=True, help="Show every item of long fan-outs.")
@project_option
@json_option
def status(run_id: str | None, project: Path | None, *, everything: bool, as_json: bool) -> None:
    """Show where a run stands or, without RUN, list all runs, the newest first."""
    root = recorded_project(project)
    if run_id is None:
        show_runs(root, as_json=as_json)
        return
    state = RunState.load(run_id, root)
    shown = shown_status(state.status, state.folder)
    suffix = command_suffix(project)
    lines = status_lines(
        state,
        shown,
        palette_for(sys.stdout),
        now=time.time(),
        everything=everything,
        suffix=suffix,
    )
    show(status_payload(state, shown) if as_json else None, lines)


def show_runs(root: Path, *, as_json: bool, limit: int | None = None) -> None:
    """List the runs of a project, the newest first."""
    runs = RecordedRuns(root).summaries()[:limit]
    lines = runs_table(runs, palette_for(sys.stdout)) if runs else ["no runs yet"]
    show({"runs": runs_payload(runs)} if as_json else None, lines)
