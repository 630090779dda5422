"""The overlays of a workflow, found and read (OVL-08, OVL-15).

Files are opened without following links: what changes the steps of a workflow must be in the project itself.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import InvalidWorkflowError, StorageError, UsageError
from plait.load.findings import Findings
from plait.load.source import MAX_BYTES, Source, decode_source
from plait.packages.overlay import Overlay, OverlayError, application_order
from plait.packages.overlay_reading import is_disabled, parse_overlay, read_overlay
from plait.packages.project import is_workflow_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plait.load.nodes import Mapping
    from plait.model.problems import Problem
    from plait.packages.project import Project

_SUFFIXES = (".yml", ".yaml")


class OverlayFile(NamedTuple):
    """A file in the folder of a workflow's overlays, and the tree that it holds."""

    path: Path
    root: Mapping


def overlays_of(project: Project, workflow_id: str) -> list[Overlay]:
    """Return the overlays that are applied to a workflow, the one with the last word first.

    Raises `OverlayError` with everything that is wrong with any of them, `UsageError` for what is no workflow's id.
    """
    return _read_all(project, workflow_id, also_disabled=False)


def every_overlay_of(project: Project, workflow_id: str) -> list[Overlay]:
    """Return all overlays of a workflow, those that are disabled too; raises as `overlays_of` does."""
    return _read_all(project, workflow_id, also_disabled=True)


def folder_of(project: Project, workflow_id: str) -> Path:
    """Return the folder of a workflow's overlays, which may not be there; raises `UsageError` for a link."""
    if not is_workflow_id(workflow_id):
        raise UsageError(f"{workflow_id!r} cannot be the id of a workflow")
    folder = project.overlays / workflow_id
    for each in (project.overlays, folder):
        if each.is_symlink():
            raise UsageError(f"{each} is a symbolic link; overlays must be in the project itself")
    return folder


def overlay_files(project: Project, workflow_id: str) -> Iterator[OverlayFile | OverlayError]:
    """Yield the files of a workflow's overlays by their names; for one that cannot be read, why."""
    folder = folder_of(project, workflow_id)
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise UsageError(f"{folder} is not a folder") from None
    except OSError as error:
        raise StorageError(f"cannot read {folder}: {(error.strerror or str(error)).lower()}") from error
    for path in paths:
        try:
            yield OverlayFile(path, parse_overlay(read_file(path)))
        except OverlayError as error:
            yield error


def read_file(path: Path, *, follow: bool = False) -> Source:
    """Read the text of an overlay; raises `OverlayError` for what is none, a link unless `follow`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _unreadable(path, "this is not a file")
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = "this is a symbolic link" if path.is_symlink() and not follow else error.strerror or str(error)
        raise _unreadable(path, reason.lower()) from error
    try:
        return decode_source(content, str(path))
    except InvalidWorkflowError as error:
        raise OverlayError.of_file(error.problems, str(path)) from None


def _unreadable(path: Path, reason: str) -> OverlayError:
    return OverlayError.of_file([Source("", str(path)).problem(reason, (0, 0))], str(path))


def _read_all(project: Project, workflow_id: str, *, also_disabled: bool) -> list[Overlay]:
    problems: list[Problem] = []
    found: list[Overlay] = []
    paths: dict[str, Path] = {}
    for each in overlay_files(project, workflow_id):
        if isinstance(each, OverlayError):
            problems += each.problems
            continue
        if is_disabled(each.root) and not also_disabled:
            continue
        findings = Findings(each.root.source)
        overlay = read_overlay(each.root, findings, stored_for=workflow_id, path=each.path)
        first = paths.setdefault(overlay.id, each.path) if overlay.id else each.path
        if first != each.path:
            message = f"there are two overlays `{overlay.id}`; the other is in {first.name}"
            findings.add(each.root.get("id") or each.root, message, ("id",))
        problems += findings.problems
        found.append(overlay)
    if any(problem.is_error for problem in problems):
        raise OverlayError.of_workflow(problems, workflow_id)
    return application_order(found)[::-1]
