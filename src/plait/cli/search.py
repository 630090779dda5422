"""`plait search`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.catalog import catalogs_of, refresh_option
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import project_root
from plait.views.catalogs import entries_lines, entries_payload

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("query", required=False)
@click.option("--tag", help="Only workflows with this tag.")
@click.option("--author", help="Only workflows of this author.")
@refresh_option
@project_option
@json_option
def search(
    query: str | None, tag: str | None, author: str | None, project: Path | None, *, refresh: bool, as_json: bool
) -> None:
    """Search the catalogs for workflows whose name, id or description holds a text; without one, list all."""
    with catalogs_of(project_root(project), "workflow") as stack:
        found = stack.search(query, tag, author, refresh=refresh)
    payload = entries_payload(found, "workflows") if as_json else None
    show(payload, entries_lines(found, "workflow", palette_for(sys.stdout)))
