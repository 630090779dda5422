"""`plait report`."""

from __future__ import annotations

import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plait.cli.options import json_option, optional_run_argument, project_option
from plait.cli.output import show
from plait.cli.project import recorded_project
from plait.cli.recorded import newest_run, recorded_run
from plait.errors import PlaitError, UsageError
from plait.journal.folder import write_atomically
from plait.load import WorkflowDefinition
from plait.views.report import report_of
from plait.views.text import one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.history.recorded import RecordedRun
    from plait.journal import RunState
    from plait.views.report import Report

_STDOUT = "-"
_MEGABYTE = 1_000_000


@click.command()
@optional_run_argument
@click.option("-o", "--html", "target", metavar="FILE", help="Where to write it; `-` for stdout. [default: RUN.html]")
@click.option("--no-logs", is_flag=True, help="Leave out what the steps printed.")
@project_option
@json_option
def report(run_id: str | None, target: str | None, project: Path | None, *, no_logs: bool, as_json: bool) -> None:
    """Write a page about a run: its steps in time, their logs and answers, what was asked and what failed.

    By default it is about the newest run. The page is one HTML file that any browser opens and that needs no network;
    whoever has it can read what the run's steps said.
    """
    if as_json and target == _STDOUT:
        raise UsageError("--json and a page on stdout exclude each other", hint="write the page to a file")
    root = recorded_project(project)
    with redirect_stdout(sys.stderr):  # step packages may print while they are imported
        run = recorded_run(run_id or newest_run(root), root)
    state = run.state
    path = None if target == _STDOUT else _checked(Path(target or f"{state.run_id}.html"))
    made = report_of(run, name=_workflow_name(run), now=time.time(), with_logs=not no_logs)
    if path is None:
        sys.stdout.buffer.write(made.page)
        return
    write_atomically(path, made.page)
    show(_payload(state, path, made) if as_json else None, _lines(state, path, made))


def _checked(path: Path) -> Path:
    """Return the path if a file can be written there; what is no file is never replaced."""
    path = path.expanduser()
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint=f"name a file in it: --html {path / 'report.html'}")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file", hint="`--html -` writes to stdout")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}")
    return path


def _workflow_name(run: RecordedRun) -> str:
    """Return the name that the workflow gives itself; its id where that cannot be read any more."""
    state = run.state
    if run.workflow is not None:
        return run.workflow.name or state.workflow_id
    try:
        return WorkflowDefinition.from_yaml(state.folder.definition).name or state.workflow_id
    except (OSError, PlaitError):
        return state.workflow_id


def _payload(state: RunState, path: Path, made: Report) -> dict[str, Any]:
    return {
        "run_id": state.run_id,
        "path": str(path),
        "bytes": len(made.page),
        "steps": made.steps,
        "left_out": made.left_out._asdict(),
    }


def _lines(state: RunState, path: Path, made: Report) -> Iterator[str]:
    size = len(made.page)
    shown = f"{size / _MEGABYTE:.1f} MB" if size >= _MEGABYTE // 10 else f"{size / 1000:.0f} kB"
    yield f"{one_line(str(path))}: run {state.run_id}, {plural(made.steps, 'step')}, {shown}"
    left_out = made.left_out
    if left_out.logs:
        shortened = f"{plural(left_out.logs, 'log')} shortened, {left_out.log_bytes:,} bytes left out"
        yield f"  {shortened}: `plait logs {state.run_id}` has them"
    if left_out.texts:
        yield f"  {plural(left_out.texts, 'other text')} shortened, {left_out.text_bytes:,} bytes left out"
