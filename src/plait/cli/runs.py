"""`plait runs`: list, show and remove recorded runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import recorded_project
from plait.cli.prune import chosen_runs, parse_age, remove_run
from plait.cli.show import show_run
from plait.cli.status import show_runs
from plait.errors import UsageError
from plait.runs import RecordedRuns
from plait.views.table import runs_payload, runs_table
from plait.views.text import plural

if TYPE_CHECKING:
    from pathlib import Path

_STATUSES = ("created", "paused", "completed", "failed", "aborted", "interrupted")
_ENDED = ("completed", "failed", "aborted")


@click.group()
def runs() -> None:
    """List, show and remove recorded runs."""


@runs.command("list")
@click.option("--limit", type=click.IntRange(1), help="Show only the newest ones.")
@project_option
@json_option
def list_runs(project: Path | None, *, limit: int | None, as_json: bool) -> None:
    """List the runs of the project, the newest first."""
    show_runs(recorded_project(project), as_json=as_json, limit=limit)


runs.add_command(show_run)


@runs.command()
@click.option("--keep", type=click.IntRange(0), metavar="N", help="Keep the newest N runs.")
@click.option("--older-than", metavar="AGE", help="Only runs last changed longer ago, such as 30d, 12h, 90m.")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(_STATUSES),
    multiple=True,
    help="Only runs with this status; may be repeated. By default those that ended: completed, failed, aborted.",
)
@click.option("--dry-run", is_flag=True, help="Only say which runs would be removed.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@project_option
@json_option
def prune(
    project: Path | None,
    *,
    keep: int | None,
    older_than: str | None,
    statuses: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove recorded runs; never one that a living process owns."""
    if keep is None and older_than is None and not statuses:
        raise UsageError("say which runs: --keep N, --older-than AGE or --status STATUS")
    root = recorded_project(project)
    age = None if older_than is None else parse_age(older_than)
    chosen = chosen_runs(RecordedRuns(root).summaries(), keep=keep, age=age, statuses=statuses or _ENDED)
    if chosen and not dry_run and not yes:
        _confirm(len(chosen))
    removed = chosen if dry_run else [run for run in chosen if remove_run(run.run_id, root)]
    verb = "would be removed" if dry_run else "removed"
    lines = [*runs_table(removed, palette_for(sys.stdout)), f"{plural(len(removed), 'run')} {verb}"]
    show({"dry_run": dry_run, "removed": runs_payload(removed)} if as_json else None, lines)


def _confirm(count: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to confirm", hint="add --yes, or --dry-run to see what would be removed")
    click.confirm(f"Remove {plural(count, 'run')}?", abort=True, err=True)
