"""`plait run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plait.cli.dry_run import DryRun
from plait.cli.inputs import ask_for_missing, declared_inputs, parse_inputs
from plait.cli.options import running_options, source_argument
from plait.cli.project import command_suffix, project_root
from plait.cli.session import Session, Settings
from plait.cli.source import is_address, read_workflow
from plait.errors import UsageError

if TYPE_CHECKING:
    from plait.api import WorkflowEngine
    from plait.journal import RunState
    from plait.load import WorkflowDefinition


@click.command()
@source_argument
@running_options
@click.option(
    "--run-id", metavar="ID", help="The id of the new run; by default $SPECKIT_WORKFLOW_RUN_ID or a random one."
)
@click.option("--dry-run", is_flag=True, help="Walk the workflow with stubs in place of commands and agents.")
@click.option("--stubs", type=click.Path(path_type=Path), metavar="FILE", help="The answers of steps in a dry run.")
@click.option(
    "--default-stub", metavar="STUB", help="The answer of all other steps: `ok`, {output: …}, or a file that has one."
)
@click.option(
    "--record", type=click.Path(path_type=Path), metavar="FILE", help="Write the stubs that repeat this run to a file."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before running what comes from an address.")
def run(
    source: str,
    inputs: tuple[str, ...],
    run_id: str | None,
    project: Path | None,
    stubs: Path | None,
    default_stub: str | None,
    record: Path | None,
    *,
    dry_run: bool,
    yes: bool,
    **options: Any,
) -> int:
    """Run a workflow: a .yml or .yaml file, the id of an installed one, or an address, from which nothing is installed.

    \b
    Exit codes: 0 completed, 1 failed, 2 wrong call or invalid workflow,
                3 paused, 4 aborted, 130 interrupted.
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    dry = DryRun(dry_run, stubs, default_stub, record)
    dry.check()
    if dry_run and is_address(source):
        raise UsageError("a dry run takes a file or an installed workflow, not an address")
    with dry.rehearsal() as rehearsal:
        session = Session(
            project_root(project), Settings.of(options), suffix=command_suffix(project), rehearsal=rehearsal
        )

        def start(engine: WorkflowEngine) -> RunState:
            if not is_address(source):
                return begin(engine, read_workflow(engine, source))
            from plait.cli.remote import downloaded  # noqa: PLC0415 - imports an HTTP client

            with downloaded(engine, source, yes=yes) as definition:
                return begin(engine, definition)

        def begin(engine: WorkflowEngine, definition: WorkflowDefinition) -> RunState:
            given = parse_inputs(inputs)
            session.check(engine, definition, given)
            values = ask_for_missing(declared_inputs(definition), given)
            session.announce(definition)
            state = engine.execute(definition, values, run_id)
            session.note(dry.keep(engine, definition, state))
            return state

        return session.conduct(start)
