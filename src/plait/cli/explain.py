"""`plait explain`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option, run_argument, step_argument
from plait.cli.output import palette_for, show
from plait.cli.project import recorded_project
from plait.cli.recorded import fit_for_terminal, recorded_run, terminal_width
from plait.history.explain import explain as explained
from plait.views.explanation import explanation_lines, explanation_payload

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@run_argument
@step_argument
@project_option
@json_option
def explain(run_id: str, step_id: str, project: Path | None, *, as_json: bool) -> None:
    """Say why a step of a run came to be as it is: it ran, was skipped, tried again, waited, failed or never began.

    STEP is a step's id as `plait show` lists it, or the plain one: then its latest pass in a loop is meant, and of
    several items the last that did not end well.
    """
    run = recorded_run(run_id, recorded_project(project))
    found = explained(run, step_id)
    lines = explanation_lines(found, palette_for(sys.stdout), width=terminal_width())
    show(explanation_payload(run.state.run_id, found) if as_json else None, fit_for_terminal(lines))
