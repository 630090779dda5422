"""`plait list`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import recorded_project
from plait.packages.project import Project
from plait.packages.registry import Registry
from plait.views.installed import corrupted_line, installed_lines, installed_payload

if TYPE_CHECKING:
    from pathlib import Path


@click.command("list")
@project_option
@json_option
def list_workflows(project: Path | None, *, as_json: bool) -> None:
    """List the installed workflows."""
    registry = Registry(Project(recorded_project(project)), "workflows")
    for name in registry.corrupted:
        click.echo(corrupted_line(name), err=True)
    entries = registry.sound
    show(installed_payload(entries) if as_json else None, installed_lines(entries, palette_for(sys.stdout)))
