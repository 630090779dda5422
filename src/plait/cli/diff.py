"""`plait diff`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.complete import run_ids
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import recorded_project
from plait.cli.recorded import fit_for_terminal, recorded_run
from plait.history.difference import compare
from plait.views import exits
from plait.views.difference import difference_lines, difference_payload

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("before", metavar="RUN", shell_complete=run_ids)
@click.argument("after", metavar="RUN", shell_complete=run_ids)
@click.option("--all", "everything", is_flag=True, help="Show every difference, to its end.")
@click.option("--exit-code", "tells", is_flag=True, help="Exit with 1 if the runs differ.")
@project_option
@json_option
def diff(before: str, after: str, project: Path | None, *, everything: bool, tells: bool, as_json: bool) -> int:
    """Show what differs between two runs: inputs, workflow, decisions, outcomes, outputs, agents and costs.

    Items are compared by their place in the list, passes of loops by their number. Times alone are no difference.
    """
    root = recorded_project(project)
    found = compare(recorded_run(before, root), recorded_run(after, root))
    lines = difference_lines(found, palette_for(sys.stdout), everything=everything)
    show(difference_payload(found) if as_json else None, fit_for_terminal(lines))
    return exits.FAILED if tells and not found.is_empty else exits.COMPLETED
