"""Installing and removing step packages, from folders that are ready (STP-09..11)."""

from __future__ import annotations

import ast
import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import PlaitError, UsageError
from plait.packages.custom_steps import package_folders
from plait.packages.step_manifest import MANIFEST, StepManifest, StepPackageError, flaw_of_id, read_manifest
from plait.packages.step_registry import registered_steps
from plait.packages.transaction import Change, apply, changing
from plait.steps import StepTypes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.packages.project import Project

MAX_FILES = 512
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_BYTES = 50 * 1024 * 1024
_LEFT_OUT = frozenset({"__pycache__", ".git", ".hg", ".svn", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


class StepPackage(NamedTuple):
    """A folder that has been found fit to be installed; `files` are the paths inside it, in order."""

    folder: Path
    manifest: StepManifest
    files: tuple[str, ...]

    @property
    def python_files(self) -> tuple[str, ...]:
        """The files whose code runs when a workflow uses the step type."""
        return tuple(name for name in self.files if name.endswith(".py"))


class InstalledStep(NamedTuple):
    """A step package of a project: what it says of itself or, without files, what the registry says.

    `source` is where the registry has it from, None for a folder that is not registered; `problem` is why its
    `step.yml` cannot be read.
    """

    type_key: str
    manifest: StepManifest
    folder: Path | None
    source: str | None = None
    installed_at: str | None = None
    updated_at: str | None = None
    problem: str = ""


class Removed(NamedTuple):
    """What there was to remove."""

    registered: bool
    had_files: bool


class NotInstalledError(UsageError):
    """The project has no step package of this name."""


class AlreadyInstalledError(PlaitError):
    """The project has a step package of this name."""


def check_package(folder: Path) -> StepPackage:
    """Look through a folder that is to be installed, without running its code.

    Raises `StepPackageError` if it is no step package, has links or special files, or is too large (STP-06, STP-10).
    """
    manifest = read_manifest(folder)
    flaw = flaw_of_id(manifest.type_key)
    if flaw:
        reason = f"`step.type_key` {manifest.type_key!r} cannot be the name of a folder: {flaw}"
        raise StepPackageError(folder / MANIFEST, reason)
    if manifest.type_key in StepTypes():
        reason = f"`{manifest.type_key}` is a built-in step type, which no package can replace"
        raise StepPackageError(folder / MANIFEST, reason)
    files = _files_of(folder)
    for name in files:
        if name.endswith(".py"):
            _check_python(folder / name)
    return StepPackage(folder, manifest, tuple(files))


def find_package(folder: Path) -> Path:
    """Return the folder of the package in an unpacked archive: this one, or the only one in it."""
    if os.path.lexists(folder / MANIFEST):
        return folder
    inside = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return inside[0] if len(inside) == 1 and os.path.lexists(inside[0] / MANIFEST) else folder


def install_package(
    project: Project, package: StepPackage, *, source: Mapping[str, object], replace: bool = False
) -> None:
    """Copy a package into the project and register it, all or nothing.

    `source` has the registry's entries on where it comes from, such as `{"source": "local"}`. Raises
    `AlreadyInstalledError` unless it may `replace` what is there.
    """
    key = package.manifest.type_key
    _check_places(project)
    with changing(project):
        known = registered_steps(project).get(key)
        if not replace and (known is not None or os.path.lexists(project.steps / key)):
            raise AlreadyInstalledError(
                f"the step type {key!r} is installed already",
                hint=f"replace it with `--force`, or remove it first: plait step remove {key}",
            )
        apply(project, [step_change(package, source, known)])


def step_change(package: StepPackage, source: Mapping[str, object], known: Mapping[str, object] | None) -> Change:
    """Return the change that installs a package; `known` is the entry that the registry has of it."""
    now = datetime.now(UTC).isoformat()
    manifest = package.manifest
    entry = {
        "name": manifest.name,
        "version": manifest.version,
        "description": manifest.description,
        "author": manifest.author,
        "type_key": manifest.type_key,
        **source,
        "installed_at": (known or {}).get("installed_at", now),
        "updated_at": now,
    }
    return Change("steps", manifest.type_key, entry, lambda folder: _copy(package, folder))


def remove_package(project: Project, type_key: str) -> Removed:
    """Take a package out of the registry and its folder away, all or nothing; raises `NotInstalledError`."""
    flaw = flaw_of_id(type_key)
    if flaw:
        raise NotInstalledError(f"{type_key!r} is no step package: {flaw}")
    _check_places(project)
    if not project.steps.is_dir():
        raise NotInstalledError(f"no step type {type_key!r} is installed in {project.root}")
    with changing(project):
        found = Removed(type_key in registered_steps(project), os.path.lexists(project.steps / type_key))
        if not any(found):
            raise NotInstalledError(
                f"no step type {type_key!r} is installed in {project.root}",
                hint="it is built in" if type_key in StepTypes() else "`plait step list` shows what is",
            )
        apply(project, [Change("steps", type_key, None)])
    return found


def installed_steps(project: Project) -> list[InstalledStep]:
    """Return the step packages of a project by name, without running their code (STP-01)."""
    entries = registered_steps(project)
    found: dict[str, InstalledStep] = {}
    for folder in package_folders(project.root):
        problem = ""
        try:
            manifest = read_manifest(folder)
        except StepPackageError as error:
            problem = f"{error.path}:{error.line}: {error.reason}"
            manifest = _registered(folder.name, entries.get(folder.name, {}))
        entry = entries.get(folder.name, {})
        found.setdefault(manifest.type_key, _installed(manifest, folder, entry, problem))
    for key, entry in entries.items():
        if key not in found:
            found[key] = _installed(_registered(key, entry), None, entry, "its folder is gone")
    return [found[key] for key in sorted(found)]


def _installed(manifest: StepManifest, folder: Path | None, entry: Mapping[str, object], problem: str) -> InstalledStep:
    source, installed_at, updated_at = (
        str(entry[key]) if key in entry else None for key in ("source", "installed_at", "updated_at")
    )
    return InstalledStep(manifest.type_key, manifest, folder, source, installed_at, updated_at, problem)


def _registered(key: str, entry: Mapping[str, object]) -> StepManifest:
    name, version, description, author = (str(entry.get(k, "")) for k in ("name", "version", "description", "author"))
    return StepManifest(key, name or key, version, description, author)


def _files_of(folder: Path) -> list[str]:
    """Return the files of a package that are worth installing; refuses links, special files and too much (STP-06)."""
    found: list[str] = []
    total = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in [*folders, *sorted(names)]:
            path = Path(place, name)
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                continue
            if not stat.S_ISREG(status.st_mode):
                kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "neither a file nor a folder"
                raise StepPackageError(path, f"it is {kind}, which step packages must not have")
            if status.st_size > MAX_FILE_BYTES:
                raise StepPackageError(path, f"it is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB")
            found.append(str(path.relative_to(folder)))
            total += status.st_size
            if len(found) > MAX_FILES or total > MAX_BYTES:
                raise StepPackageError(
                    folder, f"a step package has at most {MAX_FILES} files and {MAX_BYTES // 1024 // 1024} MiB"
                )
    return found


def _check_python(path: Path) -> None:
    try:
        ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise StepPackageError(path, f"it is not Python: {error.msg}", line=error.lineno or 1) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise StepPackageError(path, f"it is not Python: {error or type(error).__name__}") from None


def _check_places(project: Project) -> None:
    """Refuse to write through links (STP-13)."""
    if not (project.root / ".specify").is_dir():
        raise UsageError(f"{project.root} is not a project: it has no .specify folder")
    for place in (project.root / ".specify", project.workflows, project.steps):
        if place.is_symlink():
            raise UsageError(f"{place} is a symbolic link, and nothing is installed through one")


def _copy(package: StepPackage, folder: Path) -> None:
    for name in package.files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package.folder / name, target, follow_symlinks=False)
        target.chmod(stat.S_IMODE((package.folder / name).stat().st_mode) & 0o755 | 0o600)
