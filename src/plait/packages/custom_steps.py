"""The step types of a project's own packages (CUS-01..10)."""

from __future__ import annotations

import inspect
import os
import traceback
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from plait.model.step_type import StepBase
from plait.packages.project import Project
from plait.packages.spec_kit_names import StepBase as SpecKitStepBase
from plait.packages.spec_kit_names import StepWrittenForSpecKit
from plait.packages.step_manifest import CODE, StepPackageError, read_manifest
from plait.packages.step_modules import imported_package
from plait.packages.transaction import settle
from plait.steps import StepTypes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from plait.packages.step_manifest import StepManifest

_IGNORED = frozenset({"__pycache__", "step-registry.json"})


class StepPackageProblem(NamedTuple):
    """Why a package has no step type: the file at fault, the reason, the line, and the type it would have been."""

    path: Path
    reason: str
    line: int = 1
    type_key: str = ""


class CustomSteps(NamedTuple):
    """The step types of a project's packages, by the word after `type:`, and what is wrong with the others."""

    types: Mapping[str, StepBase]
    problems: tuple[StepPackageProblem, ...] = ()


def custom_steps_of(project_root: Path) -> CustomSteps:
    """Import every step package of a project, in the order of their folders; one that is broken is a problem.

    Their code runs, with all rights of this process. The registry is not asked (CUS-02).
    """
    types: dict[str, StepBase] = {}
    problems: list[StepPackageProblem] = []
    built_in = StepTypes()
    homes: dict[str, Path] = {}
    try:
        for folder in package_folders(project_root):
            try:
                manifest = _manifest_of(folder)
                _check_free(folder, manifest.type_key, built_in, homes)
                types[manifest.type_key] = load_step_type(folder, manifest)
                homes[manifest.type_key] = folder
            except StepPackageError as error:
                problems.append(StepPackageProblem(error.path, error.reason, error.line, error.type_key))
    except StepPackageError as error:
        problems.append(StepPackageProblem(error.path, error.reason, error.line))
    return CustomSteps(MappingProxyType(types), tuple(problems))


def package_folders(project_root: Path) -> Iterator[Path]:
    """Yield what may be step packages: everything in their folder but files and what installations leave there.

    Raises `StepPackageError` if that folder is reached through a link, or cannot be read.
    """
    project = Project(project_root)
    steps = project.steps
    for place in (steps.parent.parent, steps.parent, steps):
        if place.is_symlink():
            raise StepPackageError(place, "it is a symbolic link, so no step package is loaded from it")
    settle(project)
    try:
        with os.scandir(steps) as entries:
            found = sorted(entry.name for entry in entries if not entry.is_file(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise StepPackageError(steps, f"it cannot be read: {error.strerror}") from None
    for name in found:
        if name not in _IGNORED and not name.startswith((".", "speckit_step_tmp_")):
            yield steps / name


def load_step_type(folder: Path, manifest: StepManifest) -> StepBase:
    """Import a package and make its step type; raises `StepPackageError`, with the line of its code at fault."""
    try:
        with imported_package(folder, manifest.type_key) as module:
            step_type = _step_class(folder, manifest.type_key, vars(module))()
        return StepWrittenForSpecKit(step_type) if isinstance(step_type, SpecKitStepBase) else step_type
    except StepPackageError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code may raise anything
        path, line = _place_of(error, folder)
        raise StepPackageError(path, _told(error), line=line, type_key=manifest.type_key) from None


def _manifest_of(folder: Path) -> StepManifest:
    if folder.is_symlink():
        raise StepPackageError(folder, "it is a symbolic link, which step packages must not be", type_key=folder.name)
    try:
        return read_manifest(folder)
    except StepPackageError as error:
        error.type_key = error.type_key or folder.name  # the likeliest word, as long as the package tells none
        raise


def _check_free(folder: Path, type_key: str, built_in: Mapping[str, object], homes: Mapping[str, Path]) -> None:
    """Refuse a word that is taken (CUS-05)."""
    if type_key in built_in:
        raise StepPackageError(folder, f"`{type_key}` is a built-in step type, which no package can replace")
    if type_key in homes:
        raise StepPackageError(folder, f"the step type `{type_key}` is that of {homes[type_key]} already")


def _step_class(folder: Path, type_key: str, names: Mapping[str, object]) -> type[StepBase]:
    """Return the step type among the names of a package (CUS-03)."""
    found = [each for each in names.values() if isinstance(each, type) and issubclass(each, StepBase)]
    own = [each for each in found if not inspect.isabstract(each)]
    for each in own:
        if each.type_key == type_key:
            return each
    if own:
        keys = ", ".join(sorted({f"{each.__name__}: {each.type_key!r}" for each in own}))
        reason = f"step.yml says `type_key: {type_key}`, and no class here has that type_key ({keys})"
    elif any(each.type_key == type_key for each in found):
        reason = "its step class has no `execute`"
    else:
        reason = "it has no class that derives from StepBase"
    raise StepPackageError(folder / CODE, reason, type_key=type_key)


def _place_of(error: BaseException, folder: Path) -> tuple[Path, int]:
    """Return the line of the package's code that an error comes from."""
    if isinstance(error, SyntaxError) and error.filename is not None and error.filename.startswith(f"{folder}{os.sep}"):
        return folder / os.path.relpath(error.filename, folder), error.lineno or 1
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(f"{folder}{os.sep}"):
            return folder / os.path.relpath(frame.filename, folder), frame.lineno or 1
    return folder / CODE, 1


def _told(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r}) while it was loaded"
    if isinstance(error, SyntaxError):
        return f"it is not Python: {error.msg}"
    text = _text_of(error)
    return f"it cannot be loaded: {type(error).__name__}{f': {text}' if text else ''}"


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the error is of the package's own making, and so may be its text
        return ""
