"""`plait validate`."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import click

from plait.api import WorkflowEngine
from plait.cli.inputs import parse_inputs
from plait.cli.options import input_option, json_option, project_option, source_argument
from plait.cli.output import show
from plait.cli.project import project_root
from plait.cli.source import read_workflow
from plait.errors import InvalidWorkflowError
from plait.views import exits
from plait.views.problems import judged, problems_lines, problems_payload

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@source_argument
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@input_option
@project_option
@json_option
def validate(source: str, inputs: tuple[str, ...], project: Path | None, *, strict: bool, as_json: bool) -> int:
    """Say everything that is wrong with a workflow, each with its place; exit with 2 if it cannot run.

    The agents that its steps use are looked for, too; values of inputs may choose them.
    """
    engine = WorkflowEngine(project_root(project))
    given = parse_inputs(inputs)
    try:
        definition = read_workflow(engine, source)
        with redirect_stdout(sys.stderr):  # step packages may print while they are imported
            problems = engine.validate(definition)
        if not any(problem.is_error for problem in problems):
            problems += engine.check_agents(definition, given)
    except InvalidWorkflowError as error:
        problems = list(error.problems)
    verdict = judged(problems, strict=strict)
    payload = problems_payload(source, verdict) if as_json else None
    show(payload, problems_lines(source, verdict))
    return exits.USAGE if verdict.errors else exits.COMPLETED
