"""Which installed workflows catalogs have in a newer version, and installing that (UPD-01..07)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.version import InvalidVersion, Version

from plait.packages.install import Installed, examine, install, not_installed
from plait.packages.registry import Registry
from plait.packages.sources import SourceError, Wanted, obtain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plait.packages.project import Project


class Newer(NamedTuple):
    """A newer version of an installed workflow."""

    workflow_id: str
    entry: Mapping[str, Any]
    wanted: Wanted


class Outlook(NamedTuple):
    """What can be updated, what is up to date, and what was passed over, with the reason, by id."""

    newer: tuple[Newer, ...]
    current: tuple[str, ...]
    skipped: Mapping[str, str]


def outlook(project: Project, workflow_id: str | None, find: Callable[[str], Wanted]) -> Outlook:
    """Compare what is installed, or one workflow, with what catalogs have.

    `find` returns what a catalog has, or raises `SourceError`. Raises `UsageError` for an id that is not installed.
    """
    entries = Registry(project, "workflows").entries
    if workflow_id is not None:
        if workflow_id not in entries:
            raise not_installed(project, workflow_id)
        entries = {workflow_id: entries[workflow_id]}
    newer: list[Newer] = []
    current: list[str] = []
    skipped: dict[str, str] = {}
    for key, entry in sorted(entries.items()):
        try:
            found = _newer(key, entry, find)
        except SourceError as error:
            skipped[key] = error.message
            continue
        if found is None:
            current.append(key)
        else:
            newer.append(found)
    return Outlook(tuple(newer), tuple(current), skipped)


def update(
    project: Project,
    newer: Newer,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Installed:
    """Install a newer version; whatever fails, the old one stays (UPD-06). `progress` and `warn` are as in `obtain`."""
    with tempfile.TemporaryDirectory(prefix="plait-update-") as temporary:
        obtained = obtain(newer.wanted, Path(temporary), progress=progress, warn=warn)
        return install(project, examine(project, obtained), instead_of=newer.entry)


def _newer(key: str, entry: object, find: Callable[[str], Wanted]) -> Newer | None:
    if not isinstance(entry, dict):
        raise SourceError("its entry in the registry is damaged")
    if entry.get("source") != "catalog":
        raise SourceError("it is not from a catalog")
    installed = _version(entry.get("version"), "the installed version")
    wanted = find(key)
    announced = _version(wanted.version, "the catalog's version")
    return Newer(key, entry, wanted) if announced > installed else None


def _version(text: object, what: str) -> Version:
    try:
        return Version(str(text))
    except InvalidVersion:
        raise SourceError(f"{what}, {text!r}, cannot be compared") from None
