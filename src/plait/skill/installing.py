"""Putting the skill into a folder and taking it away, without losing what a person has written there."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from packaging.version import InvalidVersion, Version

from plait._version import __version__
from plait.errors import StorageError, UsageError
from plait.scaffold.tree import Tree, digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.skill.places import Place

RECORD = ".plait.json"
"""The file beside the skill that says which version wrote it, and the digest of each file as it was written."""
State = Literal["absent", "current", "outdated", "newer"]


class Installed(NamedTuple):
    """What became of the files of one place; `kept` are those that somebody has changed, left as they were."""

    place: Place
    written: tuple[str, ...]
    kept: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    before: str | None
    """The version that was there, None if there was none."""


class Removed(NamedTuple):
    """What was taken away from one place."""

    place: Place
    removed: tuple[str, ...]
    kept: tuple[str, ...]


class Standing(NamedTuple):
    """How the skill stands in one place; `changed` are the files that somebody has changed."""

    place: Place
    state: State
    version: str | None
    changed: tuple[str, ...]


class _Record(NamedTuple):
    version: str | None
    files: Mapping[str, str]


def install(place: Place, texts: Mapping[str, str], *, force: bool = False) -> Installed:
    """Write the skill's files, renewing those of an older version; done twice it changes nothing.

    A file that somebody has changed, or that is not Plait's, is overwritten with `force` alone.

    Raises:
        UsageError: The place leads out of its root, or a newer Plait has written it and `force` is not given.
        StorageError: A file cannot be read or written.
    """
    record = _recorded(place)
    if _is_newer(record.version) and not force:
        raise UsageError(
            f"{place.shown} was written by plait {record.version}, which is newer than this one ({__version__})",
            hint="update plait, or overwrite it with --force",
        )
    tree = Tree(place.root, force=force)
    tree.known = {f"{place.path}/{name}": value for name, value in record.files.items()}
    for name, text in texts.items():
        tree.put(f"{place.path}/{name}", text)
    removed = _drop(tree, place, {name: value for name, value in record.files.items() if name not in texts})
    written = tuple(tree.written)
    _write_record(tree, place, record.files)
    return Installed(place, written, tuple(tree.kept), tuple(tree.unchanged), tuple(removed), record.version)


def remove(place: Place, *, force: bool = False) -> Removed:
    """Take away the files that Plait has written; those that somebody has changed stay, unless `force` is given."""
    record = _recorded(place)
    tree = Tree(place.root)
    removed = _drop(tree, place, record.files, force=force)
    kept = [f"{place.path}/{name}" for name in record.files if tree.read(f"{place.path}/{name}") is not None]
    if record.files:
        tree.place(f"{place.path}/{RECORD}").unlink(missing_ok=True)
    folder = tree.place(place.path)
    for each in (folder / "references", folder):
        with suppress(OSError):  # it holds something else
            each.rmdir()
    return Removed(place, tuple(removed), tuple(kept))


def standing(place: Place, texts: Mapping[str, str]) -> Standing:
    """Return how the skill stands in a place, compared with the texts that would be written now."""
    record = _recorded(place)
    tree = Tree(place.root)
    there = {name: tree.read(f"{place.path}/{name}") for name in {*texts, *record.files}}
    if all(data is None for data in there.values()):
        return Standing(place, "absent", None, ())
    changed = [
        name
        for name, data in there.items()
        if data is not None and digest(data) != record.files.get(name) and data != texts.get(name, "").encode()
    ]
    current = all(there[name] is not None for name in texts) and all(
        there[name] == text.encode() for name, text in texts.items() if name not in changed
    )
    state: State = "newer" if _is_newer(record.version) else "current" if current else "outdated"
    return Standing(place, state, record.version, tuple(sorted(changed)))


def _drop(tree: Tree, place: Place, files: Mapping[str, str], *, force: bool = False) -> list[str]:
    """Remove files that are still as they were written."""
    removed = []
    for name, value in files.items():
        path = f"{place.path}/{name}"
        data = tree.read(path)
        if data is None or not (force or digest(data) == value):
            continue
        try:
            tree.place(path).unlink()
        except OSError as error:
            raise StorageError(f"{place.shown}/{name} cannot be removed: {error.strerror}") from error
        removed.append(path)
    return removed


def _recorded(place: Place) -> _Record:
    """Return what is recorded of a place; a record that is damaged says nothing, so that all files count as changed."""
    data = Tree(place.root).read(f"{place.path}/{RECORD}")
    try:
        value: Any = {} if data is None else json.loads(data)
        files = {str(name): str(digest) for name, digest in value["files"].items() if _is_inside(str(name))}
        return _Record(str(value["version"]), files)
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return _Record(None, {})


def _is_inside(name: str) -> bool:
    return bool(name) and not name.startswith("/") and ".." not in name.split("/")


def _write_record(tree: Tree, place: Place, before: Mapping[str, str]) -> None:
    """Note what was written; a changed file stays known by what it was, so that it goes on to count as changed."""
    names = {path: path.removeprefix(f"{place.path}/") for path in (*tree.digests, *tree.kept)}
    known = {name: tree.digests.get(path) or before.get(name) for path, name in sorted(names.items())}
    files = {name: value for name, value in known.items() if value is not None}
    text = json.dumps({"version": __version__, "files": files}, indent=2) + "\n"
    path = f"{place.path}/{RECORD}"
    if files and tree.read(path) != text.encode():
        tree.replace(path, text.encode())


def _is_newer(version: str | None) -> bool:
    try:
        return version is not None and Version(version) > Version(__version__)
    except InvalidVersion:
        return False
