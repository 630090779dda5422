"""`plait enable` and `plait disable`."""

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


def _switch(name: str, summary: str, *, enabled: bool) -> click.Command:
    """Return the command that lets a workflow be run, or forbids it."""

    @click.command(name, help=summary)
    @click.argument("workflow_id", metavar="ID")
    @project_option
    @json_option
    def switch(workflow_id: str, project: Path | None, *, as_json: bool) -> None:
        changed = set_enabled(Project(recorded_project(project)), workflow_id, enabled=enabled)
        payload = {"id": workflow_id, "enabled": enabled, "changed": changed}
        show(payload if as_json else None, [f"{one_line(workflow_id)} is {'now' if changed else 'already'} {name}d"])

    return switch


enable = _switch("enable", "Let a disabled workflow be run again.", enabled=True)
disable = _switch("disable", "Keep a workflow installed, and let it be run no more.", enabled=False)
