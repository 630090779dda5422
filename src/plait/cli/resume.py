"""`plait resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plait.api import WorkflowEngine
from plait.cli.budgets import parse_budgets
from plait.cli.complete import step_ids
from plait.cli.inputs import parse_inputs
from plait.cli.options import run_argument, running_options
from plait.cli.output import show
from plait.cli.project import command_suffix, recorded_project
from plait.cli.session import Session, Settings
from plait.errors import UsageError
from plait.journal import RunFolder, RunState
from plait.load import WorkflowDefinition
from plait.views.resume_plan import plan_lines, plan_payload

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@run_argument
@running_options
@click.option(
    "--from", "from_step", metavar="STEP", shell_complete=step_ids, help="Run this step and all after it again."
)
@click.option("--step", metavar="STEP", shell_complete=step_ids, help="Run this one step again.")
@click.option(
    "--budget",
    "budgets",
    multiple=True,
    metavar="[STEP:]UNIT=AMOUNT,…",
    help="Set a new limit of the run, or of a step with a budget: usd=20, tokens=3000000, minutes=60; may be repeated.",
)
@click.option("--plan", is_flag=True, help="Only say which steps would run and which are kept.")
def resume(run_id: str, inputs: tuple[str, ...], project: Path | None, *, plan: bool, **options: Any) -> int:
    """Go on with a run where it stopped: no finished step runs again.

    \b
    Exit codes: 0 completed, 1 failed, 2 wrong call, 3 paused, 4 aborted, 130 interrupted.
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    from_step, step = options["from_step"], options["step"]
    if from_step and step:
        raise UsageError("--from and --step exclude each other")
    root = recorded_project(project)
    given = parse_inputs(inputs) or None
    budget = parse_budgets(options["budgets"])
    if plan:
        steps = WorkflowEngine(root).plan_resume(run_id, given, from_step=from_step, step=step, budget=budget)
        state = RunState.load(run_id, root)
        show(plan_payload(steps, state, budget) if options["as_json"] else None, plan_lines(steps, state, budget))
        return 0
    folder = RunFolder.existing(run_id, root)
    session = Session(root, Settings.of(options), suffix=command_suffix(project))

    def go_on(engine: WorkflowEngine) -> RunState:
        if folder.definition.is_file():
            session.announce(WorkflowDefinition.from_yaml(folder.definition))
        return engine.resume(run_id, given, from_step=from_step, step=step, budget=budget)

    return session.conduct(go_on)
