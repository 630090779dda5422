"""What the shell completes: run ids, step ids, workflow files; a mistake completes nothing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click

_MOST = 200


def run_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the id of a recorded run, the newest first."""
    del param
    from plait.journal.folder import recorded_runs  # noqa: PLC0415 - only while completing

    with suppress(Exception):
        folders = [run for run in recorded_runs(_project(ctx)) if run.run_id.startswith(incomplete)]
        folders.sort(key=lambda run: run.path.stat().st_mtime, reverse=True)
        return [CompletionItem(run.run_id) for run in folders[:_MOST]]
    return []


def step_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the id of a step of the run named before."""
    del param
    from plait.journal import RunState  # noqa: PLC0415 - only while completing

    with suppress(Exception):
        state = RunState.load(str(ctx.params["run_id"]), _project(ctx))
        found = [step_id for step_id in state.records if step_id.startswith(incomplete)]
        return [CompletionItem(step_id, help=state.records[step_id].status.value) for step_id in found[:_MOST]]
    return []


def workflow_sources(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a workflow file or the id of an installed workflow."""
    del param
    with suppress(Exception):
        installed = _project(ctx) / ".specify" / "workflows"
        names = sorted(file.parent.name for file in installed.glob("*/workflow.yml"))
        items = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [*items, CompletionItem(incomplete, type="file")]
    return [CompletionItem(incomplete, type="file")]


def _project(ctx: click.Context) -> Path:
    from plait.cli.project import project_root  # noqa: PLC0415 - only while completing

    given = ctx.params.get("project")
    return project_root(Path(given) if given else None)
