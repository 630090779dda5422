"""`plait step search` and `plait step update`: step types in catalogs."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.cli.catalog import catalogs_of, refresh_option
from plait.cli.confirm import agreed
from plait.cli.downloads import download_progress, warn
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import recorded_project
from plait.cli.search import search_command
from plait.cli.step_source import step_origin
from plait.errors import PlaitError
from plait.packages.project import Project
from plait.packages.step_downloads import download_step
from plait.packages.step_packages import install_package
from plait.packages.step_updates import step_outlook
from plait.views import exits
from plait.views.step_types import package_lines, step_update_lines, step_update_payload
from plait.views.text import one_line

if TYPE_CHECKING:
    from plait.packages.step_packages import StepPackage
    from plait.packages.step_updates import NewerStep, StepOutlook


search = search_command("step")


@click.command()
@click.argument("step_type", metavar="[TYPE]", required=False)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@refresh_option
@project_option
@json_option
def update(step_type: str | None, project: Path | None, *, yes: bool, refresh: bool, as_json: bool) -> int:
    """Install the newest version of a step type that came from a catalog, or of all of them.

    It downloads what is newer, shows it and asks once. Whatever fails keeps its old version; the exit code is then 1.
    """
    here = Project(recorded_project(project))
    failed: dict[str, str] = {}
    updated: list[str] = []
    with catalogs_of(here.root, "step") as stack, tempfile.TemporaryDirectory(prefix="plait-step-") as temporary:
        if refresh:
            stack.readings(refresh=True)
        outlook = step_outlook(here, stack, step_type)
        packages = _downloaded(outlook, Path(temporary), failed)
        for package, _ in packages:
            for line in package_lines(package, palette_for(sys.stderr)):
                click.echo(line, err=True, color=True)
        if packages and agreed("Update?" if len(packages) == 1 else "Update all?", yes=yes):
            for package, newer in packages:
                _install(here, package, newer, updated, failed)
    for key, reason in failed.items():
        click.echo(f"error: {one_line(key)} is not updated: {one_line(reason)}", err=True)
    payload = step_update_payload(outlook, updated, failed) if as_json else None
    show(payload, step_update_lines(outlook, updated))
    return exits.FAILED if failed else exits.COMPLETED


def _downloaded(outlook: StepOutlook, temporary: Path, failed: dict[str, str]) -> list[tuple[StepPackage, NewerStep]]:
    found = []
    for number, newer in enumerate(outlook.newer):
        folder = temporary / str(number)
        folder.mkdir()
        try:
            wanted = newer.entry.version
            with download_progress() as progress:
                package = download_step(newer.entry, folder, progress=progress, warn=warn, version=wanted)
        except PlaitError as error:
            failed[newer.type_key] = error.message
        else:
            found.append((package, newer))
    return found


def _install(
    project: Project, package: StepPackage, newer: NewerStep, updated: list[str], failed: dict[str, str]
) -> None:
    try:
        install_package(project, package, source=step_origin(newer.entry), replace=True)
    except PlaitError as error:
        failed[newer.type_key] = error.message
    else:
        updated.append(newer.type_key)
