"""`plait update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plait.cli.catalog import catalogs_of
from plait.cli.confirm import agreed
from plait.cli.downloads import download_progress, warn
from plait.cli.options import json_option, project_option
from plait.cli.output import show
from plait.cli.project import recorded_project
from plait.errors import PlaitError
from plait.packages.project import Project
from plait.packages.sources import wanted_entry
from plait.packages.update import Outlook, outlook
from plait.packages.update import update as install_newer
from plait.views import exits
from plait.views.packages import installed_line
from plait.views.text import one_line, plural

if TYPE_CHECKING:
    from pathlib import Path

    from plait.packages.update import Newer


@click.command()
@click.argument("workflow_id", metavar="[ID]", required=False)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@project_option
@json_option
def update(workflow_id: str | None, project: Path | None, *, yes: bool, as_json: bool) -> int:
    """Install the newest version of a workflow that came from a catalog, or of all of them.

    It lists what would change and asks once. Whatever fails keeps its old version; the exit code is then 1.
    """
    here = Project(recorded_project(project))
    with catalogs_of(here.root, "workflow") as stack:
        found = outlook(here, workflow_id, lambda each: wanted_entry(stack, each))
    for key, reason in found.skipped.items():
        click.echo(f"skipped {one_line(key)}: {one_line(reason)}", err=True)
    for each in found.newer:
        click.echo(f"{one_line(each.workflow_id)}: {_versions(each)}", err=True)
    if not found.newer or not agreed("Update?" if len(found.newer) == 1 else "Update all?", yes=yes):
        show(_payload(found, [], {}) if as_json else None, [_idle_line(found)])
        return exits.COMPLETED
    lines: list[str] = []
    failed: dict[str, str] = {}
    for each in found.newer:
        try:
            with download_progress() as progress:
                lines.append(installed_line(install_newer(here, each, progress=progress, warn=warn)))
        except PlaitError as error:
            failed[each.workflow_id] = error.message
            click.echo(f"error: {one_line(each.workflow_id)} is not updated: {one_line(error.message)}", err=True)
    updated = [each.workflow_id for each in found.newer if each.workflow_id not in failed]
    show(_payload(found, updated, failed) if as_json else None, lines)
    return exits.FAILED if failed else exits.COMPLETED


def _versions(newer: Newer) -> str:
    return f"{one_line(str(newer.entry.get('version')))} → {one_line(str(newer.wanted.version))}"


def _idle_line(found: Outlook) -> str:
    if found.newer:
        return "nothing updated"
    if found.skipped:
        current = f"{plural(len(found.current), 'workflow')} up to date, " if found.current else ""
        return f"{current}{len(found.skipped)} skipped"
    return "all workflows are up to date" if found.current else "no workflows are installed"


def _payload(found: Outlook, updated: list[str], failed: dict[str, str]) -> dict[str, Any]:
    return {
        "available": [
            {"id": each.workflow_id, "from": each.entry.get("version"), "to": each.wanted.version}
            for each in found.newer
        ],
        "updated": updated,
        "failed": failed,
        "up_to_date": list(found.current),
        "skipped": dict(found.skipped),
    }
