"""`plait plan`."""

from __future__ import annotations

import shutil
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import click

from plait.api import WorkflowEngine
from plait.cli.inputs import parse_inputs
from plait.cli.options import input_option, json_option, project_option, source_argument
from plait.cli.output import palette_for, show
from plait.cli.project import project_root
from plait.cli.source import read_local_workflow
from plait.views.plan_payload import workflow_plan_payload
from plait.views.workflow_plan import Look, workflow_plan_lines

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@source_argument
@input_option
@click.option("--full", is_flag=True, help="Show long texts whole.")
@project_option
@json_option
def plan(source: str, inputs: tuple[str, ...], project: Path | None, *, full: bool, as_json: bool) -> None:
    """Show what a run of a workflow would do, and what it is likely to take, without running anything.

    What depends on steps that have not run stays as it is written, in {{ }}. No agent has to be installed.
    """
    engine = WorkflowEngine(project_root(project))
    given = parse_inputs(inputs)
    with redirect_stdout(sys.stderr):  # step packages may print while they are imported
        planned = engine.plan(read_local_workflow(engine, source), given)
        estimate = engine.estimate(planned)
    look = Look.of(palette_for(sys.stdout), shutil.get_terminal_size((100, 24)).columns, full=full)
    payload = workflow_plan_payload(planned, estimate) if as_json else None
    show(payload, workflow_plan_lines(planned, estimate, look))
