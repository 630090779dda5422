"""`plait add`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from plait.cli.confirm import agreed
from plait.cli.downloads import download_progress, warn
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import recorded_project
from plait.errors import UsageError
from plait.load.report import format_problem
from plait.packages.install import examine, install
from plait.packages.project import Project
from plait.packages.sources import Wanted, obtain, wanted_entry, wanted_of
from plait.views.packages import UNTRUSTED, candidate_lines, candidate_payload, installed_line, unmet_lines
from plait.views.text import clean


@click.command()
@click.argument("source", metavar="SOURCE")
@click.option("--from", "url", metavar="URL", help="Download it from here; SOURCE is then its id.")
@click.option("--version", metavar="VERSION", help="Which version a catalog's workflow is to have: 1.2.0, or '>=1,<2'.")
@click.option("--dev", is_flag=True, help="SOURCE is a local file or folder, whatever else it looks like.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--strict", is_flag=True, help="Refuse a workflow whose `requires` are not met.")
@project_option
@json_option
def add(
    source: str,
    url: str | None,
    version: str | None,
    project: Path | None,
    *,
    dev: bool,
    yes: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Install a workflow: a file, a folder, an archive, an address, or an id that a catalog knows.

    It shows what is in it and asks before it installs. Nothing of it is run by that.
    """
    here = Project(recorded_project(project))
    wanted = wanted_of(here, source, url=url, dev=dev, catalog=lambda each: _listed(here, each, version))
    if version is not None and wanted.origin.get("source") != "catalog":
        raise UsageError(
            "`--version` is for workflows that a catalog lists", hint="elsewhere there is just one version"
        )
    with tempfile.TemporaryDirectory(prefix="plait-add-") as temporary:
        with download_progress() as progress:
            obtained = obtain(wanted, Path(temporary), progress=progress, warn=warn)
        candidate = examine(here, obtained)
        for problem in candidate.warnings:
            click.echo(clean(format_problem(problem)), err=True)
        palette = palette_for(sys.stderr)
        for line in (*candidate_lines(candidate, palette), *unmet_lines(candidate)):
            click.echo(line, err=True, color=True)
        if strict and candidate.unmet:
            raise UsageError("its requirements are not met", hint="leave out `--strict` to install it all the same")
        if wanted.url is not None and not wanted.is_vouched_for:
            click.echo(palette.paint(UNTRUSTED, "yellow"), err=True, color=True)
        payload = candidate_payload(candidate)
        if not agreed("Install it?", yes=yes):
            show({**payload, "installed": False} if as_json else None, ["not installed"])
            return
        installed = install(here, candidate)
    payload |= {"installed": True, "replaced": installed.replaced}
    show(payload if as_json else None, [installed_line(installed)])


def _listed(project: Project, workflow_id: str, version: str | None) -> Wanted:
    from plait.cli.catalog import catalogs_of  # noqa: PLC0415 - only for what comes from a catalog

    with catalogs_of(project.root, "workflow") as stack:
        return wanted_entry(stack, workflow_id, version)
