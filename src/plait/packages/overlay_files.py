"""Changes to the files of overlays (OVL-17, OVL-19, OVL-20): each is written beside and then put in place at once.

They come one after the other with all that installs or removes, and `plait.lock` is kept up to date.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import StorageError, UsageError
from plait.load.findings import Findings
from plait.load.nodes import Scalar
from plait.load.source import Source
from plait.load.yaml_text import to_yaml
from plait.packages.lock_file import LockFile
from plait.packages.overlay import OverlayError
from plait.packages.overlay_reading import is_disabled, overlay_id, parse_overlay, read_overlay
from plait.packages.overlays import OverlayFile, folder_of, overlay_files, read_file
from plait.packages.registry import write_at_once
from plait.packages.transaction import changing
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plait.load.nodes import Mapping
    from plait.packages.overlay import Overlay
    from plait.packages.project import Project

_READABLE = 0o644


class Added(NamedTuple):
    """An overlay as it was put into a project, and whether there was one of its id before."""

    overlay: Overlay
    path: Path
    replaced: bool


def add_overlay(project: Project, file: Path, priority: int | None = None) -> Added:
    """Put a copy of an overlay among those of the workflow that it extends, which need not be installed.

    A `priority` given replaces that of the file. Raises `OverlayError` for an overlay that is not sound,
    `UsageError` if another overlay has the file that it would get.
    """
    source = read_file(file, follow=True)
    root = parse_overlay(source)
    if priority is not None:
        source = Source(_with_key(root, "priority", _checked(priority)), source.name)
        root = parse_overlay(source)
    findings = Findings(source)
    overlay = read_overlay(root, findings, stored_for=None, path=file)
    if findings.has_errors:
        raise OverlayError.of_file(findings.problems, str(file))
    with _changing(project, overlay.extends):
        known = _find(project, overlay.extends, overlay.id)
        path = known.path if known is not None else folder_of(project, overlay.extends) / f"{overlay.id}.yml"
        if known is None and os.path.lexists(path):
            what = f"{path} is there already, and is not an overlay `{overlay.id}`"
            raise UsageError(what, hint="remove or rename it")
        write_at_once(path, source.text.encode(), mode=_READABLE)
    return Added(overlay, path, known is not None)


def remove_overlay(project: Project, workflow_id: str, name: str) -> Path:
    """Delete the file of an overlay, found by the overlay's id, and return its path."""
    with _changing(project, workflow_id):
        path = _existing(project, workflow_id, name).path
        try:
            path.unlink()
            with suppress(OSError):
                path.parent.rmdir()  # only if it was the last one
        except OSError as error:
            raise StorageError(f"cannot remove {path}: {(error.strerror or str(error)).lower()}") from error
    return path


def set_priority(project: Project, workflow_id: str, name: str, priority: int) -> Path:
    """Write another priority into the file of an overlay, whose comments stay."""
    _checked(priority)
    with _changing(project, workflow_id):
        found = _existing(project, workflow_id, name)
        write_at_once(found.path, _with_key(found.root, "priority", priority).encode(), mode=_READABLE)
    return found.path


def set_enabled(project: Project, workflow_id: str, name: str, *, enabled: bool) -> bool:
    """Switch an overlay on or off; return whether it was otherwise before."""
    with _changing(project, workflow_id):
        found = _existing(project, workflow_id, name)
        if is_disabled(found.root) is not enabled:
            return False
        write_at_once(found.path, _with_key(found.root, "enabled", enabled).encode(), mode=_READABLE)
    return True


@contextmanager
def _changing(project: Project, workflow_id: str) -> Iterator[None]:
    """Keep others out while the overlays of a workflow are changed, and write them down in the project's lock file.

    A lock file that is damaged stops the change before it is made.
    """
    for place in (project.root / ".specify", project.workflows):
        if place.is_symlink():
            raise UsageError(f"{place} is a symbolic link; overlays must be in the project itself")
    with changing(project):
        lock = LockFile(project)
        yield
        if lock.exists:
            lock.take_overlays(project, workflow_id)
            lock.save()


def _checked(priority: int) -> int:
    if priority < 1:
        raise UsageError(f"a priority must be at least 1, and this is {priority}")
    return priority


def _existing(project: Project, workflow_id: str, name: str) -> OverlayFile:
    known: list[str] = []
    found = _find(project, workflow_id, name, known)
    if found is None:
        raise UsageError(f"workflow {workflow_id!r} has no overlay {name!r}", hint=suggestion(name, known))
    return found


def _find(project: Project, workflow_id: str, name: str, known: list[str] | None = None) -> OverlayFile | None:
    """Return the file of the overlay with an id, whatever else is wrong with it; `known` gets the ids there are.

    Raises `UsageError` if there are two, and for a file that cannot be read if the overlay could be in it.
    """
    found: list[OverlayFile] = []
    broken: list[OverlayError] = []
    for each in overlay_files(project, workflow_id):
        if isinstance(each, OverlayError):
            broken.append(each)
        elif (other := overlay_id(each.root)) == name:
            found.append(each)
        elif other is not None and known is not None:
            known.append(other)
    if len(found) > 1:
        names = " and ".join(each.path.name for each in found)
        raise UsageError(f"workflow {workflow_id!r} has several overlays {name!r}: {names}", hint="remove all but one")
    if not found and broken:
        problems = [problem for error in broken for problem in error.problems]
        raise OverlayError(problems, f"overlays of {workflow_id} cannot be read")
    return found[0] if found else None


def _with_key(root: Mapping, key: str, value: bool | int) -> str:
    """Return the text of an overlay in which a key has another value; as a whole anew only where a line cannot do."""
    wanted = {**root.value, key: value}
    text = _edited_text(root, key, to_yaml(value).split()[0])
    try:
        if text is not None and parse_overlay(Source(text, root.source.name)).value == wanted:
            return text
    except OverlayError:
        pass
    return to_yaml(wanted)


def _edited_text(root: Mapping, key: str, value: str) -> str | None:
    """Return the text with one line changed or added; None if there is no place for it."""
    text = root.source.text
    node = root.get(key)
    if node is not None:
        gap = " " if node.start == node.end and not text[: node.start].endswith(" ") else ""
        return text[: node.start] + gap + value + text[node.end :] if isinstance(node, Scalar) else None
    before = root.get("extends") or root.get("id")
    if before is None:
        return None
    line_end = text.find("\n", before.end)
    if line_end < 0:
        return None
    indent = " " * (root.source.mark(root.start).column - 1)
    return f"{text[: line_end + 1]}{indent}{key}: {value}{_line_break(text, line_end)}{text[line_end + 1 :]}"


def _line_break(text: str, line_end: int) -> str:
    return "\r\n" if text[:line_end].endswith("\r") else "\n"
