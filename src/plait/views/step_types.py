"""Step types: the built-in ones and a project's packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.table import columns
from plait.views.text import clip, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from plait.packages.step_packages import InstalledStep, StepPackage
    from plait.packages.step_updates import StepOutlook
    from plait.views.palette import Palette
    from plait.views.table import Cell

_LONGEST = 60


def step_types_lines(built_in: Sequence[str], installed: Sequence[InstalledStep], palette: Palette) -> Iterator[str]:
    """Yield the built-in types, then one line a package."""
    yield f"built in: {', '.join(sorted(built_in))}"
    if not installed:
        return
    yield ""
    rows: list[list[Cell]] = [[(title, "dim") for title in ("STEP TYPE", "VERSION", "SOURCE", "NAME")]]
    for step in installed:
        shown = one_line(step.problem) if step.problem else clip(one_line(step.manifest.name), _LONGEST)
        rows.append(
            [
                (one_line(step.type_key), "bold"),
                (one_line(step.manifest.version) or "-", ""),
                (one_line(step.source or "not registered"), "" if step.source else "dim"),
                (shown, "red" if step.problem else ""),
            ]
        )
    yield from columns(rows, palette)


def step_types_payload(built_in: Sequence[str], installed: Sequence[InstalledStep]) -> dict[str, Any]:
    """Return the same as an object."""
    return {"built_in": sorted(built_in), "installed": [installed_payload(step) for step in installed]}


def installed_payload(step: InstalledStep) -> dict[str, Any]:
    """Return what is known of a package as an object."""
    return {
        **step.manifest._asdict(),
        "built_in": False,
        "installed": step.folder is not None,
        "registered": step.source is not None,
        "source": step.source,
        "folder": None if step.folder is None else str(step.folder),
        "installed_at": step.installed_at,
        "updated_at": step.updated_at,
        "problem": step.problem or None,
    }


def step_info_lines(step: InstalledStep, files: Sequence[str], palette: Palette) -> Iterator[str]:
    """Yield what is known of one package."""
    manifest = step.manifest
    yield palette.paint(one_line(step.type_key), "bold") + (
        f" ({one_line(manifest.name)})" if manifest.name != step.type_key else ""
    )
    facts = [
        ("version", manifest.version),
        ("author", manifest.author),
        ("description", manifest.description),
        ("source", step.source or "not registered"),
        ("folder", str(step.folder or "")),
        ("installed", step.installed_at or ""),
        ("updated", step.updated_at or ""),
        ("Python", ", ".join(files)),
        ("problem", step.problem),
    ]
    for name, value in facts:
        if value:
            yield f"    {name + ':':<13}{one_line(value)}"


def package_lines(package: StepPackage, palette: Palette) -> Iterator[str]:
    """Yield what is going to be installed, and what that means."""
    manifest = package.manifest
    version = f" {one_line(manifest.version)}" if manifest.version else ""
    yield f"{palette.paint(one_line(manifest.type_key), 'bold')}{version}: {one_line(manifest.name)}"
    if manifest.author or manifest.description:
        yield f"    {one_line(' - '.join(text for text in (manifest.author, manifest.description) if text))}"
    yield f"    {plural(len(package.files), 'file')}; Python code in:"
    for name in package.python_files:
        yield f"      {one_line(name)}"
    warning = "Python code of step packages runs with all your rights whenever a workflow uses the step type."
    yield palette.paint(warning, "yellow")


def step_update_lines(outlook: StepOutlook, updated: Collection[str]) -> Iterator[str]:
    """Yield what an update did; never that all is well when something was passed over (UPD-08)."""
    for newer in outlook.newer:
        done = "updated" if newer.type_key in updated else "not updated"
        yield f"{done}: {one_line(newer.type_key)} {one_line(newer.installed)} → {one_line(newer.entry.version)}"
    for key, reason in outlook.skipped.items():
        yield f"skipped: {one_line(key)}: {one_line(reason)}"
    if outlook.current:
        yield f"{plural(len(outlook.current), 'step type')} up to date"
    elif not outlook.newer and not outlook.skipped:
        yield "no step types are installed"


def step_update_payload(outlook: StepOutlook, updated: Collection[str], failed: Mapping[str, str]) -> dict[str, Any]:
    """Return the same as an object."""
    return {
        "available": [
            {"id": newer.type_key, "from": newer.installed, "to": newer.entry.version} for newer in outlook.newer
        ],
        "updated": list(updated),
        "failed": dict(failed),
        "up_to_date": list(outlook.current),
        "skipped": dict(outlook.skipped),
    }
