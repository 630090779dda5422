"""Catalogs and what they list, as `catalog`, `search` and `info` show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.packages.releases import versions_of
from plait.views.text import clip, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.packages.catalogs import CatalogEntry, CatalogSource, Reading
    from plait.views.palette import Palette

_LAYERS = {"environment": "from the environment", "project": "of the project", "user": "yours", "built-in": "built in"}
_LONGEST = 300


def sources_lines(sources: Sequence[CatalogSource], palette: Palette) -> Iterator[str]:
    """Yield the catalogs in the order in which they are asked, each with its number (CAT-13)."""
    if not sources:
        yield "there are no catalogs"
    for number, source in enumerate(sources):
        allowed = palette.paint("install allowed", "green") if source.install_allowed else "discovery only"
        yield f"[{number}] {palette.paint(one_line(source.name), 'bold')} - {allowed}, {_LAYERS[source.layer]}"
        yield f"    {one_line(source.url)}"
        if source.description:
            yield f"    {clip(one_line(source.description), _LONGEST)}"


def sources_payload(sources: Sequence[CatalogSource]) -> dict[str, Any]:
    """Return the same as an object."""
    return {"catalogs": [source_payload(source) | {"index": number} for number, source in enumerate(sources)]}


def source_payload(source: CatalogSource) -> dict[str, Any]:
    """Return a catalog as an object."""
    return {
        "name": source.name,
        "url": source.url,
        "priority": source.priority,
        "install_allowed": source.install_allowed,
        "description": source.description,
        "layer": source.layer,
    }


def readings_lines(readings: Sequence[Reading], noun: str, palette: Palette) -> Iterator[str]:
    """Yield what came of asking each catalog."""
    if not readings:
        yield "there are no catalogs"
    for reading in readings:
        name = palette.paint(one_line(reading.source.name), "bold")
        if reading.failure:
            yield f"{name}: {palette.paint(one_line(reading.failure), 'red')}"
        else:
            yield f"{name}: {plural(len(reading.entries), noun)}"


def readings_payload(readings: Sequence[Reading]) -> dict[str, Any]:
    """Return the same as an object."""
    return {
        "catalogs": [
            source_payload(reading.source) | {"entries": len(reading.entries), "error": reading.failure or None}
            for reading in readings
        ]
    }


def entries_lines(entries: Sequence[CatalogEntry], noun: str, palette: Palette) -> Iterator[str]:
    """Yield what a search has found (SEA-05, STP-03)."""
    if not entries:
        yield f"no {noun} found"
    for entry in entries:
        yield _entry_head(entry, palette)
        if entry.description:
            yield f"    {clip(one_line(entry.description), _LONGEST)}"
        if entry.tags:
            yield f"    {palette.paint('tags: ' + one_line(', '.join(entry.tags)), 'dim')}"
        if entry.releases:
            yield f"    {palette.paint('also: ' + _other_versions(entry), 'dim')}"


def versions_lines(versions: Sequence[CatalogEntry], installed: str | None, palette: Palette) -> Iterator[str]:
    """Yield the versions of a workflow that catalogs have, a line each, and which one is installed."""
    if not versions:
        yield "no version found"
    for entry in versions:
        mark = palette.paint(" (installed)", "green") if entry.version == installed else ""
        problem = palette.paint(f" cannot be installed: {one_line(entry.problem)}", "yellow") if entry.problem else ""
        yield f"{_entry_head(entry, palette)}{mark}{problem}"
    if installed is not None and installed not in [entry.version for entry in versions]:
        yield f"installed: {one_line(installed)}, which no catalog has"


def entry_lines(entry: CatalogEntry, palette: Palette, *, installed: bool = False) -> Iterator[str]:
    """Yield all that a catalog says of a package (INF-03)."""
    yield _entry_head(entry, palette)
    facts = [
        ("author", entry.author),
        ("description", entry.description),
        ("tags", ", ".join(entry.tags)),
        ("also", _other_versions(entry)),
        ("catalog", f"{entry.catalog_name} ({entry.catalog_url})"),
        ("address", entry.url),
        ("SHA-256", entry.sha256 or "the catalog has none"),
        *((name.replace("_", " "), text) for name, text in entry.facts.items()),
        *((f"requires {one_line(str(name))}", str(wanted)) for name, wanted in entry.requires.items()),
        ("problem", entry.problem),
        ("installed", "yes" if installed else "no"),
    ]
    for name, value in facts:
        if value:
            yield f"    {name + ':':<15} {clip(one_line(value), _LONGEST)}"


def entries_payload(entries: Sequence[CatalogEntry], key: str) -> dict[str, Any]:
    """Return packages as an object."""
    return {key: [entry_payload(entry) for entry in entries]}


def entry_payload(entry: CatalogEntry) -> dict[str, Any]:
    """Return a package as an object."""
    return {
        "id": entry.id,
        "name": entry.name,
        "version": entry.version,
        "description": entry.description,
        "author": entry.author,
        "tags": list(entry.tags),
        "url": entry.url,
        "sha256": entry.sha256,
        "catalog": entry.catalog_name,
        "catalog_url": entry.catalog_url,
        "install_allowed": entry.install_allowed,
        "requires": dict(entry.requires),
        **entry.facts,
        "problem": entry.problem or None,
        **({"other_versions": [each.version for each in versions_of(entry)[1:]]} if entry.releases else {}),
    }


def _entry_head(entry: CatalogEntry, palette: Palette) -> str:
    version = f" {one_line(entry.version)}" if entry.version else ""
    only = "" if entry.install_allowed else palette.paint(" (discovery only)", "yellow")
    where = palette.paint(f"  in {one_line(entry.catalog_name)}", "dim")
    name = f" - {clip(one_line(entry.name), 80)}" if entry.name != entry.id else ""
    return f"{palette.paint(one_line(entry.id), 'bold')}{version}{name}{only}{where}"


def _other_versions(entry: CatalogEntry) -> str:
    return clip(one_line(", ".join(each.version for each in versions_of(entry)[1:])), _LONGEST)
