"""`plait logs`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.follow import follow
from plait.cli.options import json_option, optional_run_argument, optional_step_argument, project_option
from plait.cli.output import show
from plait.cli.project import recorded_project
from plait.errors import UsageError
from plait.journal import RunState
from plait.runs import RecordedRuns
from plait.views.logs import attempts_of, log_lines, logs_payload, nothing_found

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@optional_run_argument
@optional_step_argument
@click.option("-f", "--follow", "following", is_flag=True, help="Go on until the run ends or stops.")
@click.option("--raw", is_flag=True, help="Show what agents themselves put out, as they did.")
@click.option("--attempt", type=click.IntRange(1), metavar="N", help="Show this try; by default the last one.")
@project_option
@json_option
def logs(
    run_id: str | None,
    step_id: str | None,
    project: Path | None,
    *,
    following: bool,
    raw: bool,
    attempt: int | None,
    as_json: bool,
) -> None:
    """Show what the steps of a run printed, by default of the newest run.

    STEP may hold others: then theirs are shown. Lines carry the id of their step if there are several. With --json
    and --follow, each line is an object of its own.
    """
    root = recorded_project(project)
    state = RunState.load(run_id or _newest(root), root)
    if step_id is not None and step_id not in state.records and step_id not in state.latest and not following:
        raise UsageError(
            f"run {state.run_id} has no step {step_id!r}", hint=f"`plait status {state.run_id}` lists them"
        )
    if following:
        follow(state.folder, step_id, as_json=as_json, raw=raw)
        return
    attempts = attempts_of(state, step_id, attempt, raw=raw)
    if not attempts:
        click.echo(nothing_found(state, step_id, attempt, raw=raw), err=True)
    lines = log_lines(attempts, safe=sys.stdout.isatty(), prefixed=len(attempts) > 1)
    show(logs_payload(state.run_id, attempts) if as_json else None, lines)


def _newest(root: Path) -> str:
    runs = RecordedRuns(root).summaries()
    if not runs:
        raise UsageError("there are no runs yet")
    return runs[0].run_id
