"""`plait remove`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option
from plait.cli.output import show
from plait.cli.project import recorded_project
from plait.packages.install import remove as remove_workflow
from plait.packages.project import Project
from plait.views.text import one_line

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("workflow_id", metavar="ID")
@project_option
@json_option
def remove(workflow_id: str, project: Path | None, *, as_json: bool) -> None:
    """Remove an installed workflow, and the step types that came with it; its overlays and runs stay."""
    entry = remove_workflow(Project(recorded_project(project)), workflow_id)
    payload = {"id": workflow_id, "removed": True, "version": entry.get("version")}
    show(payload if as_json else None, [f"removed {one_line(workflow_id)} {one_line(str(entry.get('version', '')))}"])
