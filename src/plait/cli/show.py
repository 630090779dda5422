"""`plait show`, which is `plait runs show`, too."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from plait.cli.complete import step_ids
from plait.cli.options import json_option, optional_run_argument, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import command_suffix, recorded_project
from plait.cli.recorded import fit_for_terminal, newest_run, read_run, recorded_run, terminal_width
from plait.views.show import show_lines, show_payload

if TYPE_CHECKING:
    from pathlib import Path


@click.command("show")
@optional_run_argument
@click.option("--step", "step_id", metavar="ID", shell_complete=step_ids, help="Show one step with all it left.")
@click.option("--all", "everything", is_flag=True, help="Show every item of long fan-outs, and texts to their end.")
@project_option
@json_option
def show_run(run_id: str | None, step_id: str | None, project: Path | None, *, everything: bool, as_json: bool) -> None:
    """Show a run, by default the newest: each step with its times, tries, agent, cost and outcome, and a timeline.

    With --json it is everything recorded: the inputs, each step's outputs and times, the timeline.
    """
    root = recorded_project(project)
    run_id = run_id or newest_run(root)
    if step_id is not None:
        _show_step(run_id, step_id, root, everything=everything, as_json=as_json)
        return
    run = read_run(run_id, root)
    suffix, palette, width = command_suffix(project), palette_for(sys.stdout), terminal_width()
    lines = show_lines(run, palette, now=time.time(), width=width, everything=everything, suffix=suffix)
    show(show_payload(run) if as_json else None, fit_for_terminal(lines))


def _show_step(run_id: str, name: str, root: Path, *, everything: bool, as_json: bool) -> None:
    from plait.errors import UsageError  # noqa: PLC0415 - only for one step
    from plait.history.places import Places  # noqa: PLC0415 - only for one step
    from plait.history.target import find_target  # noqa: PLC0415 - only for one step
    from plait.views.step_details import detail_lines, detail_payload  # noqa: PLC0415 - only for one step

    run = recorded_run(run_id, root)
    places = Places(run.events, run.workflow)
    step_id = find_target(run, name, places).step_id
    record = None if step_id is None else run.state.records.get(step_id)
    if step_id is None or record is None:
        raise UsageError(f"step {name!r} has left nothing", hint=f"`plait explain {run_id} {name}` says why")
    now = time.time() if run.now is None else run.now
    step = places.step(step_id)
    lines = detail_lines(run, record, step, palette_for(sys.stdout), now=now, everything=everything)
    show(detail_payload(run, record, step) if as_json else None, fit_for_terminal(lines))
