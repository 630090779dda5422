"""Which installed step types have newer versions in the catalogs they came from (STP-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.version import InvalidVersion, Version

from plait.packages.step_packages import NotInstalledError, installed_steps
from plait.packages.step_registry import registered_steps

if TYPE_CHECKING:
    from plait.packages.catalogs import CatalogEntry, CatalogStack
    from plait.packages.project import Project


class NewerStep(NamedTuple):
    """A step type, the version that is installed, and the catalog's entry that has a newer one."""

    type_key: str
    installed: str
    entry: CatalogEntry


class StepOutlook(NamedTuple):
    """What an update would do: what is newer, what is up to date and, by name, why others are passed over."""

    newer: tuple[NewerStep, ...]
    current: tuple[str, ...]
    skipped: dict[str, str]


def step_outlook(project: Project, stack: CatalogStack, type_key: str | None = None) -> StepOutlook:
    """Compare one installed step type, or all, with the catalogs; raises `NotInstalledError`, `CatalogError`."""
    installed = [each for each in installed_steps(project) if type_key in (None, each.type_key)]
    if type_key is not None and not installed:
        raise NotInstalledError(f"no step type {type_key!r} is installed", hint="`plait step list` shows what is")
    registered = registered_steps(project)
    newer: list[NewerStep] = []
    current: list[str] = []
    skipped: dict[str, str] = {}
    for each in installed:
        if each.source != "catalog":
            skipped[each.type_key] = "it is not from a catalog"
            continue
        version = str(registered.get(each.type_key, {}).get("version", each.manifest.version))
        found = _compared(each.type_key, version, stack)
        if isinstance(found, str):
            skipped[each.type_key] = found
        elif found is None:
            current.append(each.type_key)
        else:
            newer.append(found)
    return StepOutlook(tuple(newer), tuple(current), skipped)


def _compared(type_key: str, version: str, stack: CatalogStack) -> NewerStep | str | None:
    """Return what is newer, None if nothing is, or why that cannot be said (UPD-02, UPD-03)."""
    entry = stack.find(type_key)
    if entry is None:
        return "no catalog has it"
    if not entry.install_allowed:
        return f"the catalog {entry.catalog_name!r} is for discovery only"
    if entry.problem:
        return entry.problem
    try:
        is_newer = Version(entry.version) > Version(version)
    except InvalidVersion as error:
        return str(error)
    return NewerStep(type_key, version, entry) if is_newer else None
