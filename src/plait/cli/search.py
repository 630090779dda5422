"""`plait search` and `plait step search`: what the catalogs have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.catalog import NOUNS, catalogs_of, refresh_option
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import project_root
from plait.views.catalogs import entries_lines, entries_payload

if TYPE_CHECKING:
    from pathlib import Path

    from plait.packages.catalogs import CatalogKind


def search_command(kind: CatalogKind) -> click.Command:
    """Return the command that searches the catalogs for one kind of package."""
    noun = NOUNS[kind]

    @click.command(
        "search",
        help=f"Search the catalogs for {noun}s whose name, id or description holds a text; without one, list all.",
    )
    @click.argument("query", required=False)
    @click.option("--tag", help=f"Only {noun}s with this tag.")
    @click.option("--author", help=f"Only {noun}s of this author.")
    @refresh_option
    @project_option
    @json_option
    def search(
        query: str | None, tag: str | None, author: str | None, project: Path | None, *, refresh: bool, as_json: bool
    ) -> None:
        with catalogs_of(project_root(project), kind) as stack:
            found = stack.search(query, tag, author, refresh=refresh)
        payload = entries_payload(found, f"{kind}s") if as_json else None
        show(payload, entries_lines(found, noun, palette_for(sys.stdout)))

    return search


search = search_command("workflow")
