"""`plait step`: the step types that workflows of a project can use."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.catalog import catalog_group, catalogs_of
from plait.cli.confirm import agreed
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import project_root, recorded_project
from plait.cli.step_catalog import search, update
from plait.cli.step_source import prepared
from plait.packages.project import Project
from plait.packages.step_packages import (
    NotInstalledError,
    install_package,
    installed_steps,
    remove_package,
)
from plait.steps import StepTypes
from plait.views.catalogs import entry_lines, entry_payload
from plait.views.step_types import (
    installed_payload,
    package_lines,
    step_info_lines,
    step_types_lines,
    step_types_payload,
)
from plait.views.text import one_line

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def step() -> None:
    """Show, find, add, update and remove step types."""


step.add_command(search)
step.add_command(update)
step.add_command(catalog_group("step"), "catalog")


@step.command("list")
@project_option
@json_option
def list_steps(project: Path | None, *, as_json: bool) -> None:
    """List the built-in step types and the project's packages; runs none of their code."""
    built_in, installed = list(StepTypes()), installed_steps(Project(recorded_project(project)))
    payload = step_types_payload(built_in, installed) if as_json else None
    show(payload, step_types_lines(built_in, installed, palette_for(sys.stdout)))


@step.command()
@click.argument("step_type", metavar="TYPE")
@project_option
@json_option
def info(step_type: str, project: Path | None, *, as_json: bool) -> None:
    """Show what is known of a step type."""
    if step_type in StepTypes():
        payload = {"type_key": step_type, "built_in": True, "installed": True}
        show(payload if as_json else None, [f"{step_type} is built in"])
        return
    for each in installed_steps(Project(recorded_project(project))):
        if each.type_key == step_type:
            files = _python_files(each.folder)
            payload = {**installed_payload(each), "python_files": files}
            show(payload if as_json else None, step_info_lines(each, files, palette_for(sys.stdout)))
            return
    with catalogs_of(project_root(project), "step") as stack:
        entry = next(iter(stack.versions(step_type)), None)
    if entry is None:
        raise NotInstalledError(f"no step type {step_type!r} is known", hint="`plait step list` shows what is there")
    payload = entry_payload(entry) | {"type_key": entry.id, "built_in": False, "installed": False}
    show(payload if as_json else None, entry_lines(entry, palette_for(sys.stdout)))


@step.command()
@click.argument("source", metavar="SOURCE")
@click.option("--force", is_flag=True, help="Replace the package if the step type is installed already.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@project_option
@json_option
def add(source: str, project: Path | None, *, force: bool, yes: bool, as_json: bool) -> None:
    """Install a step package: a folder, a .zip or .tar.gz archive, its address, or a name that a catalog knows.

    It shows what is in the package and asks before it installs. Nothing of the package is run by that.
    """
    here = Project(recorded_project(project))
    with prepared(here, source, replace=force) as (package, origin):
        for line in package_lines(package, palette_for(sys.stderr)):
            click.echo(line, err=True, color=True)
        if not agreed("Install it?", yes=yes):
            show({"type_key": package.manifest.type_key, "installed": False} if as_json else None, ["not installed"])
            return
        install_package(here, package, source=origin, replace=force)
    key = package.manifest.type_key
    installed = next(each for each in installed_steps(here) if each.type_key == key)
    show(installed_payload(installed) if as_json else None, [f"installed the step type {one_line(key)}"])


@step.command()
@click.argument("step_type", metavar="TYPE")
@project_option
@json_option
def remove(step_type: str, project: Path | None, *, as_json: bool) -> None:
    """Remove a step package from the project."""
    removed = remove_package(Project(recorded_project(project)), step_type)
    if not removed.registered and not as_json:
        click.echo(f"warning: {one_line(step_type)} was not registered; its folder is removed", err=True)
    payload = {"type_key": step_type, "removed": True, **removed._asdict()}
    show(payload if as_json else None, [f"removed the step type {one_line(step_type)}"])


def _python_files(folder: Path | None) -> list[str]:
    return [] if folder is None else sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))
