"""`plait catalog` and `plait step catalog`: where packages are looked for."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from plait.cli.downloads import download_progress, warn
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import project_root, recorded_project
from plait.packages.catalogs import CatalogStack
from plait.packages.project import Project
from plait.user_folders import home_folder
from plait.views import exits
from plait.views.catalogs import readings_lines, readings_payload, source_payload, sources_lines, sources_payload
from plait.views.text import one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from plait.packages.catalogs import CatalogKind

refresh_option = click.option(
    "--refresh", is_flag=True, help="Ask the catalogs again, also those that were asked within the last hour."
)
NOUNS: Mapping[CatalogKind, str] = {"workflow": "workflow", "step": "step type"}


@contextmanager
def catalogs_of(root: Path, kind: CatalogKind, *, quiet: bool = False) -> Iterator[CatalogStack]:
    """Yield the catalogs of a project; what is wrong with them is told on stderr, as long downloads are."""
    home = home_folder(os.environ)
    with download_progress() as progress:
        yield CatalogStack.of(Project(root), kind, os.environ, home, warn=None if quiet else warn, progress=progress)


@click.command("list")
@project_option
@json_option
@click.pass_obj
def list_catalogs(kind: CatalogKind, project: Path | None, *, as_json: bool) -> None:
    """List the catalogs, the one that is asked first at the top; asks none."""
    with catalogs_of(project_root(project), kind) as stack:
        sources = stack.sources
    show(sources_payload(sources) if as_json else None, sources_lines(sources, palette_for(sys.stdout)))


@click.command()
@click.argument("url", metavar="URL")
@click.option("--name", help="What the catalog is called.")
@click.option("--priority", type=int, help="Which of the project's catalogs is asked first: the lowest number.")
@click.option("--discovery-only", is_flag=True, help="Show what it lists, and install nothing from it.")
@project_option
@json_option
@click.pass_obj
def add(
    kind: CatalogKind,
    url: str,
    name: str | None,
    priority: int | None,
    project: Path | None,
    *,
    discovery_only: bool,
    as_json: bool,
) -> None:
    """Add a catalog to the project; it is asked before your own ones and those that are built in."""
    with catalogs_of(recorded_project(project), kind) as stack:
        added = stack.add(url, name=name, priority=priority, install_allowed=not discovery_only)
        if added is None:
            known = next(source for source in stack.sources if source.url == url.strip())
            show(source_payload(known) | {"added": False} if as_json else None, ["this catalog is there already"])
            return
        reading = stack.read(added, refresh=True)
    payload = source_payload(added) | {"added": True, "entries": None if reading.failure else len(reading.entries)}
    count = "" if reading.failure else f", which lists {plural(len(reading.entries), NOUNS[kind])}"
    show(payload if as_json else None, [f"added the catalog {one_line(added.name)}{count}"])


@click.command()
@click.argument("which", metavar="NAME|URL|NUMBER")
@project_option
@json_option
@click.pass_obj
def remove(kind: CatalogKind, which: str, project: Path | None, *, as_json: bool) -> None:
    """Remove a catalog from the project; what was installed from it stays."""
    with catalogs_of(recorded_project(project), kind) as stack:
        removed = stack.remove(which)
    payload = source_payload(removed) | {"removed": True}
    show(payload if as_json else None, [f"removed the catalog {one_line(removed.name)} ({one_line(removed.url)})"])


@click.command()
@project_option
@json_option
@click.pass_obj
def refresh(kind: CatalogKind, project: Path | None, *, as_json: bool) -> int:
    """Ask every catalog again, whatever was kept of it; exits with 1 if one cannot be read."""
    with catalogs_of(recorded_project(project), kind) as stack:
        readings = [stack.read(source, refresh=True) for source in stack.sources]
    payload = readings_payload(readings) if as_json else None
    show(payload, readings_lines(readings, NOUNS[kind], palette_for(sys.stdout)))
    return exits.FAILED if any(reading.failure for reading in readings) else exits.COMPLETED


def catalog_group(kind: CatalogKind) -> click.Group:
    """Return the command that shows and changes the catalogs of one kind of package."""

    @click.group("catalog", help=f"Show and change the catalogs in which {NOUNS[kind]}s are looked for.")
    @click.pass_context
    def group(context: click.Context) -> None:
        context.obj = kind

    for command in (list_catalogs, add, remove, refresh):
        group.add_command(command)
    return group


catalog = catalog_group("workflow")
