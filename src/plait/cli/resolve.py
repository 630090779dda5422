"""`plait resolve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import recorded_project
from plait.load.report import format_problem
from plait.packages.compose import resolve as compose_installed
from plait.packages.project import Project
from plait.views.layers import layers_lines, layers_payload
from plait.views.text import clean

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("workflow_id", metavar="WORKFLOW")
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the workflow with its overlays applied, as a file.")
@project_option
@json_option
def resolve(workflow_id: str, project: Path | None, *, as_yaml: bool, as_json: bool) -> None:
    """Show which overlays change an installed workflow, and where each of its steps comes from."""
    root = recorded_project(project)
    composed = compose_installed(Project(root), workflow_id)
    for problem in composed.definition.notes:
        click.echo(clean(format_problem(problem)), err=True)
    text = composed.definition.text if as_yaml else None
    if as_json:
        show(layers_payload(workflow_id, composed, root) | ({} if text is None else {"yaml": text}), ())
    elif text is not None:
        # A pipe gets the file as it is; a terminal nothing that could steer it.
        click.echo(clean(text) if sys.stdout.isatty() else text, nl=not text.endswith("\n"))
    else:
        show(None, layers_lines(workflow_id, composed, root, palette_for(sys.stdout)))
