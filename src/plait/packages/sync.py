"""What a project has installed against its `plait.lock`, and mending what differs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import PlaitError, UsageError
from plait.packages.install import examine, install
from plait.packages.lock_file import LockFile, digests_of, locked_as, overlay_digests
from plait.packages.registry import Registry, shelf_folder
from plait.packages.sources import SourceError, Wanted, obtain
from plait.packages.transaction import changing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plait.packages.lock_file import Locked
    from plait.packages.project import Project
    from plait.packages.registry import Shelf
    from plait.packages.sources import Obtained

_KINDS: dict[Shelf, str] = {"workflows": "workflow", "steps": "step type"}


class Difference(NamedTuple):
    """Something that is not as `plait.lock` says: the kind of thing, its name, and what is different."""

    kind: str
    name: str
    reason: str


class Synced(NamedTuple):
    """What was mended, and what is different still."""

    mended: tuple[Difference, ...]
    left: tuple[Difference, ...]


def differences(project: Project) -> list[Difference]:
    """Return everything that is not as the lock file says; raises `UsageError` if there is none."""
    lock = _lock_of(project)
    return [
        *(each for shelf in lock.shelves for each in _shelf_differences(project, lock, shelf)),
        *_overlay_differences(project, lock),
    ]


def sync(
    project: Project, warn: Callable[[str], None], *, progress: Callable[[int, int | None], None] | None = None
) -> Synced:
    """Install every workflow that differs as it was locked, from where it came from; the rest is only told.

    What is not in the lock file stays. `warn` is told what fails, `progress` as in `obtain`.
    """
    before = differences(project)
    lock = _lock_of(project)
    stale = [each.name for each in before if each.kind == "workflow" and each.name in lock.shelves["workflows"]]
    own = {f"workflow:{name}" for name in lock.shelves["workflows"]}
    for each in before:
        source = lock.shelves["steps"].get(each.name, {}).get("source") if each.kind == "step type" else None
        if source in own:
            stale.append(str(source).partition(":")[2])
    for name in dict.fromkeys(stale):
        try:
            wanted = _wanted_of(project, name, lock.shelves["workflows"][name])
            with tempfile.TemporaryDirectory(prefix="plait-sync-") as temporary:
                obtained = obtain(wanted, Path(temporary), progress=progress, warn=warn)
                _mend(project, obtained, lock.shelves["workflows"][name])
        except PlaitError as error:
            warn(f"{name}: {error.message}")
    left = differences(project)
    return Synced(tuple(each for each in before if each not in left), tuple(left))


def accept(project: Project) -> LockFile:
    """Write down what is installed now as what is wanted, and return the new lock file."""
    with changing(project):
        lock = LockFile(project)
        for shelf, packages in lock.shelves.items():
            entries = Registry(project, shelf).sound
            known = dict(packages)
            packages.clear()
            for key, entry in entries.items():
                digests = digests_of(shelf_folder(project, shelf) / key)
                before = known.get(key, {})
                same = before.get("files") == digests and "sha256" in before
                packages[key] = locked_as({**entry, "sha256": before["sha256"]} if same else entry, digests)
        lock.overlays = overlay_digests(project)
        lock.save()
    return lock


def _lock_of(project: Project) -> LockFile:
    lock = LockFile(project)
    if not lock.exists:
        raise UsageError(f"{project.root} has no plait.lock", hint="`plait sync --accept` writes one")
    return lock


def _shelf_differences(project: Project, lock: LockFile, shelf: Shelf) -> Iterator[Difference]:
    entries = Registry(project, shelf).sound
    for key, locked in sorted(lock.shelves[shelf].items()):
        reasons = _reasons(shelf_folder(project, shelf) / key, locked, entries.get(key))
        yield from (Difference(_KINDS[shelf], key, reason) for reason in reasons)
    for key in sorted(set(entries) - set(lock.shelves[shelf])):
        yield Difference(_KINDS[shelf], key, "it is installed, and not in plait.lock")


def _reasons(folder: Path, locked: Locked, entry: Mapping[str, object] | None) -> Iterator[str]:
    if entry is None or not folder.is_dir():
        yield "it is not installed"
        return
    if str(entry.get("version", "")) != locked.get("version", ""):
        yield f"version {entry.get('version')} is installed, {locked.get('version')} is locked"
    yield from _file_reasons(locked["files"], digests_of(folder))


def _file_reasons(locked: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*locked, *found}):
        if name not in found:
            yield f"{name} is missing"
        elif name not in locked:
            yield f"{name} is not in plait.lock"
        elif locked[name] != found[name]:
            yield f"{name} has been changed"


def _overlay_differences(project: Project, lock: LockFile) -> Iterator[Difference]:
    found = overlay_digests(project)
    for workflow_id in sorted({*lock.overlays, *found}):
        reasons = _file_reasons(lock.overlays.get(workflow_id, {}), found.get(workflow_id, {}))
        yield from (Difference("overlays of", workflow_id, reason) for reason in reasons)


def _mend(project: Project, obtained: Obtained, locked: Locked) -> None:
    candidate = examine(project, obtained)
    found = digests_of(obtained.folder)
    wrong = [reason for reason in _file_reasons(locked["files"], found) if not reason.startswith("overlays/")]
    if wrong:
        raise SourceError(f"what {obtained.shown} holds is not what was locked: {'; '.join(wrong)}")
    install(project, candidate)


def _wanted_of(project: Project, workflow_id: str, locked: Locked) -> Wanted:
    source, url = locked.get("source", ""), locked.get("url")
    origin: dict[str, str] = {key: locked[key] for key in ("source", "catalog_name", "url") if key in locked}
    if url is None and source.lower().startswith(("https://", "http://")):
        url = source
    if url is not None:
        sha256 = locked.get("sha256")
        return Wanted(
            url=url, origin=origin, workflow_id=workflow_id, version=locked.get("version"), sha256=sha256,
            is_vouched_for=True,
        )  # fmt: skip
    path = project.root / source
    if not source or source == "bundled" or not path.exists():
        raise SourceError(f"{source or 'where it is from'!r} is not there to install it from")
    return Wanted(path=path, origin=origin, workflow_id=workflow_id)
