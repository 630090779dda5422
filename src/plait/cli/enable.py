"""`plait enable`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option
from plait.cli.output import show
from plait.cli.project import recorded_project
from plait.packages.install import set_enabled
from plait.packages.project import Project
from plait.views.text import one_line

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("workflow_id", metavar="ID")
@project_option
@json_option
def enable(workflow_id: str, project: Path | None, *, as_json: bool) -> None:
    """Let a disabled workflow be run again."""
    changed = set_enabled(Project(recorded_project(project)), workflow_id, enabled=True)
    payload = {"id": workflow_id, "enabled": True, "changed": changed}
    show(payload if as_json else None, [f"{one_line(workflow_id)} is {'now' if changed else 'already'} enabled"])
