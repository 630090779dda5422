"""`plait overlay`: edits of installed workflows, in files of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import recorded_project
from plait.load.report import format_problem
from plait.packages.overlay_files import add_overlay, remove_overlay, set_enabled, set_priority
from plait.packages.overlays import every_overlay_of
from plait.packages.project import Project
from plait.views.layers import overlay_payload, overlays_lines, overlays_payload
from plait.views.text import clean, one_line

if TYPE_CHECKING:
    from plait.packages.overlay import Overlay

_workflow = click.argument("workflow_id", metavar="WORKFLOW")
_overlay = click.argument("name", metavar="OVERLAY")
_priority_type = click.IntRange(min=1)


@click.group()
def overlay() -> None:
    """Change installed workflows without editing them."""


@overlay.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--priority",
    type=_priority_type,
    help="The priority to write into the copy in place of the file's own; the lowest has the last word.",
)
@project_option
@json_option
def add(file: Path, priority: int | None, project: Path | None, *, as_json: bool) -> None:
    """Check an overlay and copy it into the project, among those of the workflow that it extends.

    The workflow need not be installed yet. An overlay of the same id is replaced.
    """
    target = _project(project)
    added = add_overlay(target, file, priority)
    _warn([added.overlay])
    payload = overlay_payload(added.overlay, added.path, target.root) | {"replaced": added.replaced}
    said = "replaced" if added.replaced else "added"
    line = f"{said} overlay {added.overlay.id} of workflow {added.overlay.extends}, priority {added.overlay.priority}"
    show(payload if as_json else None, [line])


@overlay.command("list")
@_workflow
@project_option
@json_option
def list_overlays(workflow_id: str, project: Path | None, *, as_json: bool) -> None:
    """List the overlays of a workflow, the one with the last word first."""
    target = _project(project)
    found = every_overlay_of(target, workflow_id)
    _warn(found)
    payload = overlays_payload(workflow_id, found, target.root) if as_json else None
    show(payload, overlays_lines(workflow_id, found, target.root, palette_for(sys.stdout)))


@overlay.command("remove")
@_workflow
@_overlay
@project_option
@json_option
def remove(workflow_id: str, name: str, project: Path | None, *, as_json: bool) -> None:
    """Delete an overlay."""
    remove_overlay(_project(project), workflow_id, name)
    _done(workflow_id, name, "removed", as_json=as_json)


@overlay.command("enable")
@_workflow
@_overlay
@project_option
@json_option
def enable(workflow_id: str, name: str, project: Path | None, *, as_json: bool) -> None:
    """Apply an overlay again."""
    _switch(_project(project), workflow_id, name, enabled=True, as_json=as_json)


@overlay.command("disable")
@_workflow
@_overlay
@project_option
@json_option
def disable(workflow_id: str, name: str, project: Path | None, *, as_json: bool) -> None:
    """Keep an overlay, and apply it no longer."""
    _switch(_project(project), workflow_id, name, enabled=False, as_json=as_json)


@overlay.command("set-priority")
@_workflow
@_overlay
@click.argument("priority", type=_priority_type)
@project_option
@json_option
def change_priority(workflow_id: str, name: str, priority: int, project: Path | None, *, as_json: bool) -> None:
    """Give an overlay another priority, a whole number of at least 1; the lowest has the last word."""
    set_priority(_project(project), workflow_id, name, priority)
    _done(workflow_id, name, f"has priority {priority}", as_json=as_json)


def _project(given: Path | None) -> Project:
    return Project(recorded_project(given))


def _switch(target: Project, workflow_id: str, name: str, *, enabled: bool, as_json: bool) -> None:
    changed = set_enabled(target, workflow_id, name, enabled=enabled)
    word = "enabled" if enabled else "disabled"
    _done(workflow_id, name, word if changed else f"{word} already", as_json=as_json)


def _done(workflow_id: str, name: str, what: str, *, as_json: bool) -> None:
    payload = {"workflow_id": workflow_id, "overlay": name, "result": what}
    show(payload if as_json else None, [f"overlay {one_line(name)} of workflow {one_line(workflow_id)}: {what}"])


def _warn(overlays: list[Overlay]) -> None:
    for each in overlays:
        for problem in each.warnings:
            click.echo(clean(format_problem(problem)), err=True)
