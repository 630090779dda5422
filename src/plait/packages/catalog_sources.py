"""Which catalogs there are, from all the places that list some (CAT-01, CAT-03, ENV-05, ENV-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.errors import UsageError
from plait.packages.addresses import DownloadError, check_url
from plait.packages.catalog_files import CatalogSource, built_in_sources, sources_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plait.packages.catalog_entries import CatalogKind
    from plait.packages.catalog_files import Layer

_VARIABLES = {"workflow": "SPECKIT_WORKFLOW_CATALOG_URL", "step": "SPECKIT_STEP_CATALOG_URL"}


def sources_of(
    kind: CatalogKind, environ: Mapping[str, str], project_file: Path, user_file: Path
) -> tuple[CatalogSource, ...]:
    """Return the catalogs in the order in which they are asked, each address once.

    Raises `CatalogFileError` for a file that is wrong, `UsageError` for a variable that is.
    """
    override = environ.get(_VARIABLES[kind], "").strip()
    if override:
        try:
            check_url(override)
        except DownloadError as error:
            raise UsageError(f"{_VARIABLES[kind]} is {error.url}: {error.reason}", hint=error.hint) from None
        return (CatalogSource("env-override", override, 1, True, f"from {_VARIABLES[kind]}", "environment"),)
    found: dict[str, CatalogSource] = {}
    layers: tuple[tuple[Path, Layer], ...] = ((project_file, "project"), (user_file, "user"))
    for path, layer in layers:
        listed = sources_in(path, layer)
        for source in listed.sources:
            found.setdefault(source.url, source)
        if listed.replace:
            return tuple(found.values())
    for source in built_in_sources(kind):
        found.setdefault(source.url, source)
    return tuple(found.values())


def origin_of(source: CatalogSource, kind: CatalogKind, project_file: Path, user_file: Path) -> str:
    """Return why a catalog that is not of the project is there."""
    if source.layer == "environment":
        return f"it is in the variable {_VARIABLES[kind]}"
    if source.layer == "user":
        return f"it is in {user_file}"
    return f"it is built in; `replace: true` in {project_file} hides it"
