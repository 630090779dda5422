"""Changes to what a project has installed that happen whole or not at all, whenever the process dies.

A change has a folder of its own: `change.json` says what is to be, `new-0` and so on is what comes, `old-0` what goes.
Whoever looks next ends what was left half-way: forward once everything stands in its place, else back (REG-03, REG-04).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import StorageError
from plait.install_lock import install_lock
from plait.packages.lock_file import LockFile, digests_of, locked_as
from plait.packages.registry import Registry, is_folder_name, shelf_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plait.packages.lock_file import Locked
    from plait.packages.project import Project
    from plait.packages.registry import Entry, Shelf

STAGED = ".plait-change-"
"""How the names of the folders of changes begin."""
_PLAN = "change.json"


class Change(NamedTuple):
    """What is to become of a package: its entry in the registry, or None if it goes.

    `fill` puts its files into a new folder; without one the files that are there stay. `sha256` is the digest of what
    it was downloaded as, kept in the lock file.
    """

    shelf: Shelf
    key: str
    entry: Entry | None
    fill: Callable[[Path], None] | None = None
    sha256: str | None = None


class _Part(NamedTuple):
    """A change as it is written down, to be ended by another process."""

    shelf: Shelf
    key: str
    entry: Entry | None
    locked: Locked | None


@contextmanager
def changing(project: Project) -> Iterator[None]:
    """Keep every other process from changing what is installed, and end what one that died has left."""
    with install_lock(project.install_lock):
        for folder in _left_overs(project):
            _finish(project, folder)
        _sweep(project)
        yield


def settle(project: Project) -> None:
    """End what a process that died has left half-way, if there is any; waits for one that is at work."""
    if _left_overs(project):
        with suppress(StorageError), changing(project):
            pass


def apply(project: Project, changes: Sequence[Change]) -> None:
    """Put packages in their places, or take them away, all of them; undone if anything fails, also on Ctrl-C.

    Must be called inside `changing`. Raises `StorageError`, and before anything is changed `RegistryError` and
    `LockFileError`.
    """
    shelves = {change.shelf for change in changes}
    registries = [Registry(project, shelf) for shelf in shelves]
    lock = LockFile(project)
    made = _make_folders([project.workflows, *(shelf_folder(project, shelf) for shelf in shelves)])
    folder = Path(tempfile.mkdtemp(prefix=STAGED, dir=project.workflows))
    try:
        parts = [_prepare(change, folder, number) for number, change in enumerate(changes)]
        _write_plan(folder, parts)
        for number, part in enumerate(parts):
            _move(project, part, folder, number)
        _register(project, parts)
    except BaseException as error:
        _undo(project, folder)
        for registry in registries:
            registry.put_back()
        _put_back(lock, project)
        for each in reversed(made):
            with suppress(OSError):
                each.rmdir()
        if isinstance(error, OSError):
            raise StorageError(f"nothing is installed: {error.filename}: {error.strerror or error}") from error
        raise
    (folder / _PLAN).unlink()  # from here on nobody has anything to end
    shutil.rmtree(folder, ignore_errors=True)


def _make_folders(folders: Sequence[Path]) -> list[Path]:
    made: list[Path] = []
    for folder in folders:
        try:
            folder.mkdir()
            made.append(folder)
        except FileExistsError:
            continue
        except OSError as error:
            raise StorageError(f"{folder} cannot be made: {error.strerror}") from error
    return made


def _prepare(change: Change, folder: Path, number: int) -> _Part:
    if change.fill is None or change.entry is None:
        return _Part(change.shelf, change.key, change.entry, None)
    new = folder / f"new-{number}"
    new.mkdir()
    change.fill(new)
    entry = change.entry if change.sha256 is None else {**change.entry, "sha256": change.sha256}
    return _Part(change.shelf, change.key, change.entry, locked_as(entry, digests_of(new)))


def _write_plan(folder: Path, parts: Sequence[_Part]) -> None:
    written = folder / f"{_PLAN}.part"
    written.write_text(json.dumps(parts), encoding="utf-8")
    written.rename(folder / _PLAN)


def _move(project: Project, part: _Part, folder: Path, number: int) -> None:
    if part.entry is not None and part.locked is None:
        return
    home = shelf_folder(project, part.shelf) / part.key
    if os.path.lexists(home):
        home.rename(folder / f"old-{number}")
    if part.entry is not None:
        (folder / f"new-{number}").rename(home)


def _register(project: Project, parts: Sequence[_Part]) -> None:
    """Write down what has been moved; does nothing new when it is done twice."""
    for shelf in dict.fromkeys(part.shelf for part in parts):
        registry = Registry(project, shelf)
        for part in parts:
            if part.shelf == shelf and part.entry is not None:
                registry.entries[part.key] = part.entry
            elif part.shelf == shelf:
                registry.entries.pop(part.key, None)
        registry.save()
    lock = LockFile(project)
    before = lock.text()
    for part in parts:
        if part.locked is not None:
            lock.shelves[part.shelf][part.key] = part.locked
        elif part.entry is None:
            lock.shelves[part.shelf].pop(part.key, None)
    if lock.text() != before:
        lock.save()


def _put_back(lock: LockFile, project: Project) -> None:
    if not lock.exists:
        project.lock_file.unlink(missing_ok=True)
    elif LockFile(project).text() != lock.text():
        lock.save()


def _left_overs(project: Project) -> list[Path]:
    return sorted(path for path in project.workflows.glob(f"{STAGED}*") if path.is_dir() and not path.is_symlink())


def _sweep(project: Project) -> None:
    """Take away half-written files of processes that died."""
    for path in (project.registry, project.step_registry, project.lock_file):
        for part in path.parent.glob(f".{path.name}.*.tmp"):
            part.unlink(missing_ok=True)


def _planned(folder: Path) -> list[_Part]:
    """Return what a change was to do; nothing if it never got so far as to move anything."""
    try:
        parts = [_Part(*part) for part in json.loads((folder / _PLAN).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []
    return parts if all(part.shelf in ("workflows", "steps") and is_folder_name(part.key) for part in parts) else []


def _finish(project: Project, folder: Path) -> None:
    """End a change whose process died: forward once its last move was made, else back."""
    parts = _planned(folder)
    if all(_is_moved(project, part, folder, number) for number, part in enumerate(parts)):
        if parts:
            _register(project, parts)
        shutil.rmtree(folder, ignore_errors=True)
    else:
        _undo(project, folder)


def _is_moved(project: Project, part: _Part, folder: Path, number: int) -> bool:
    home = shelf_folder(project, part.shelf) / part.key
    if part.entry is None:
        return not os.path.lexists(home)
    return not (folder / f"new-{number}").exists()


def _undo(project: Project, folder: Path) -> None:
    """Put everything back where it was, as far as it was moved."""
    parts = _planned(folder)
    for number, part in reversed(list(enumerate(parts))):
        home = shelf_folder(project, part.shelf) / part.key
        new, old = folder / f"new-{number}", folder / f"old-{number}"
        if part.locked is not None and not new.exists() and home.exists():
            home.rename(new)
        if os.path.lexists(old):
            old.rename(home)
    shutil.rmtree(folder, ignore_errors=True)
