"""The versions of a package that its catalog lists beside the current one (ADD-G)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from plait.packages.catalog_entries import CatalogError

if TYPE_CHECKING:
    from plait.packages.catalog_entries import CatalogEntry

_SHOWN = 12


def versions_of(entry: CatalogEntry) -> list[CatalogEntry]:
    """Return the current version of a package, then the others, the newest first; what is no version comes last."""
    numbered = sorted(_numbered(entry.releases).items(), key=lambda each: each[0], reverse=True)
    others = [each for each in entry.releases if _number(each.version) is None]
    return [entry, *(each for _, each in numbered), *others]


def release_of(entry: CatalogEntry, wanted: str) -> CatalogEntry:
    """Return the version that is wanted: an exact one, or the newest that a specifier such as `>=1,<2` lets through.

    Raises `CatalogError` if there is none; it says which there are.
    """
    known = versions_of(entry)
    written = wanted.strip()
    same = next((each for each in known if each.version == written), None)
    found = same or _newest(_numbered(known), _specifier(written))
    if found is None:
        listed = ", ".join(each.version or "one without a number" for each in known[:_SHOWN])
        more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
        raise CatalogError(
            f"the catalog {entry.catalog_name!r} has no version {written!r} of {entry.id!r}",
            hint=f"it has {listed}{more}",
        )
    return found


def _newest(known: dict[Version, CatalogEntry], specifier: SpecifierSet | None) -> CatalogEntry | None:
    fitting = specifier.filter(known) if specifier is not None else ()
    return max(((each, known[each]) for each in fitting), key=lambda each: each[0], default=(None, None))[1]


def _specifier(written: str) -> SpecifierSet | None:
    """Return what a text lets through; None for one that is neither a version nor a specifier."""
    number = _number(written)
    if number is not None:
        return SpecifierSet(f"=={number}")
    try:
        return SpecifierSet(written) if written else None
    except InvalidSpecifier:
        return None


def _numbered(entries: list[CatalogEntry] | tuple[CatalogEntry, ...]) -> dict[Version, CatalogEntry]:
    """Return entries by version; of two that are written differently and are one version, the first."""
    found: dict[Version, CatalogEntry] = {}
    for each in entries:
        number = _number(each.version)
        if number is not None:
            found.setdefault(number, each)
    return found


def _number(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
