"""`plait schema`."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from plait.api import WorkflowEngine
from plait.cli.options import json_option, project_option
from plait.cli.output import show
from plait.cli.project import project_root
from plait.errors import UsageError
from plait.load.json_schema import schema_text, workflow_schema
from plait.packages.overlay_schema import overlay_schema
from plait.packages.registry import write_at_once
from plait.steps import StepTypes
from plait.views.text import one_line

_READABLE = 0o644


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it into a file instead of stdout."
)
@click.option("--overlay", is_flag=True, help="The schema of overlays rather than of workflows.")
@click.option("--built-in", is_flag=True, help="Leave out the step types of the project.")
@project_option
@json_option
def schema(output: Path | None, project: Path | None, *, overlay: bool, built_in: bool, as_json: bool) -> None:
    """Print the JSON Schema of workflow files, with which editors complete and check them.

    It knows the step types of the project, too. It is of draft 7. With --output and --json the file is named on stdout.
    """
    with redirect_stdout(sys.stderr):  # step packages may print while they are imported
        step_types = StepTypes() if built_in else WorkflowEngine(project_root(project)).step_types
        text = schema_text(overlay_schema(step_types) if overlay else workflow_schema(step_types))
    if output is None:
        click.echo(text, nl=False)
        return
    if output.is_dir():
        raise UsageError(f"{output} is a folder", hint="name a file in it")
    write_at_once(output, text.encode(), mode=_READABLE)
    show({"file": str(output)} if as_json else None, [f"wrote {one_line(str(output))}"])
