"""`plait answer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, optional_step_argument, project_option, run_argument
from plait.cli.output import show
from plait.cli.project import command_suffix, recorded_project
from plait.journal import RunFolder
from plait.journal.ownership import owner_of
from plait.runs import RecordedRuns
from plait.views.text import one_line

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@run_argument
@optional_step_argument
@click.option("--choice", "-c", required=True, metavar="OPTION", help="One of the gate's options.")
@click.option("--comment", metavar="TEXT", help="Why; kept with the answer.")
@project_option
@json_option
def answer(
    run_id: str, step_id: str | None, project: Path | None, *, choice: str, comment: str | None, as_json: bool
) -> None:
    """Answer the gate at which a run waits; name STEP if several wait."""
    root = recorded_project(project)
    answered = RecordedRuns(root).answer(run_id, choice, step_id=step_id, comment=comment)
    owned = owner_of(RunFolder.of(run_id, root)) is not None
    lines = [f"{one_line(answered)}: {one_line(choice)}"]
    if not owned:
        lines.append(f"go on with: plait resume {run_id}{command_suffix(project)}")
    show({"run_id": run_id, "step_id": answered, "choice": choice, "running": owned} if as_json else None, lines)
