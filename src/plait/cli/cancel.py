"""`plait cancel`."""

from __future__ import annotations

from pathlib import Path

import click

from plait.api import WorkflowEngine
from plait.cli.options import json_option, project_option, run_argument
from plait.cli.output import show
from plait.cli.project import recorded_project
from plait.views.text import one_line


@click.command()
@run_argument
@click.option("--pause", is_flag=True, help="Stop it in a way that can be resumed.")
@project_option
@json_option
def cancel(run_id: str, project: Path | None, *, pause: bool, as_json: bool) -> None:
    """End a run for good, or pause it, whichever process it runs in; its children are ended with it."""
    happened = WorkflowEngine(recorded_project(project)).cancel(run_id, pause=pause)
    payload = {"run_id": run_id, "request": "pause" if pause else "cancel", "result": happened}
    show(payload if as_json else None, [one_line(happened)])
