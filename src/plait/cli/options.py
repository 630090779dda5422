"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plait.cli.complete import run_ids, step_ids, workflow_sources

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
project_option = click.option(
    "--project",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The project's folder; by default $SPECIFY_INIT_DIR or the current folder.",
)
input_option = click.option(
    "-i", "--input", "inputs", multiple=True, metavar="KEY=VALUE", help="Give an input a value; may be repeated."
)
run_argument = click.argument("run_id", metavar="RUN", shell_complete=run_ids)
optional_run_argument = click.argument("run_id", metavar="[RUN]", required=False, shell_complete=run_ids)
step_argument = click.argument("step_id", metavar="STEP", shell_complete=step_ids)
optional_step_argument = click.argument("step_id", metavar="[STEP]", required=False, shell_complete=step_ids)
source_argument = click.argument("source", metavar="SOURCE", shell_complete=workflow_sources)


def running_options(command: F) -> F:
    """Add the options of the commands that advance a run."""
    for option in reversed(
        (
            input_option,
            json_option,
            click.option(
                "--events",
                is_flag=True,
                help="Print the run's events on stdout as they happen, one JSON object a line, and nothing else.",
            ),
            project_option,
            click.option(
                "--durability",
                type=click.Choice(["group", "full"]),
                default="group",
                show_default=True,
                help="full: every step waits until the disk has its result; group: at most 50 ms behind.",
            ),
            click.option("--exit-zero-on-pause", is_flag=True, help="Exit with 0 when the run waits for a person."),
            click.option("--no-notify", is_flag=True, help="Send no notices when the run stops."),
            click.option("--plain", is_flag=True, help="Print lines instead of the live view."),
            click.option("-q", "--quiet", is_flag=True, help="Print nothing but what went wrong."),
        )
    ):
        command = option(command)
    return command
