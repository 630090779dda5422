"""The step types that are not built in: those of the project's packages, then those of installed Python packages."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from plait.model.problems import Mark, Problem, Severity
from plait.model.step_type import BrokenStepTypeError, StepBase

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from pathlib import Path

    from plait.packages.custom_steps import CustomSteps

ENTRY_POINTS = "plait.steps"
"""The group of entry points that name step types: the name is the word after `type:`, the object its class."""


class AddedStepTypes(Mapping[str, StepBase]):
    """Step types by the word after `type:`; nothing is imported before the first is asked for.

    A type that is there but broken raises `BrokenStepTypeError`, which is a `KeyError`.
    """

    def __init__(self, project_root: Path) -> None:
        self._project_root = project_root
        self._lock = threading.RLock()
        self._packages: CustomSteps | None = None
        self._entry_points: dict[str, EntryPoint] | None = None
        self._made: dict[str, StepBase] = {}
        self._broken: dict[str, Problem] = {}

    def __getitem__(self, key: str) -> StepBase:
        with self._lock:
            packages = self._custom_steps()
            if key in packages.types:
                return packages.types[key]
            for problem in packages.problems:
                if problem.type_key == key:
                    raise BrokenStepTypeError(f"{problem.path}:{problem.line}: {problem.reason}")
            if key not in self._made:
                self._made[key] = self._of_entry_point(key)
            return self._made[key]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(dict.fromkeys([*self._custom_steps().types, *self._points()]))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the packages, if they have been asked for; empty if nothing was."""
        with self._lock:
            packages = () if self._packages is None else self._packages.problems
            return [_warning(each.path, each.reason, each.line) for each in packages] + list(self._broken.values())

    def _custom_steps(self) -> CustomSteps:
        if self._packages is None:
            # A workflow of built-in steps alone must not pay for the import.
            self._packages = import_module("plait.packages.custom_steps").custom_steps_of(self._project_root)
        return self._packages

    def _points(self) -> dict[str, EntryPoint]:
        if self._entry_points is None:
            found = import_module("importlib.metadata").entry_points(group=ENTRY_POINTS)
            self._entry_points = {point.name: point for point in reversed(tuple(found))}
        return self._entry_points

    def _of_entry_point(self, key: str) -> StepBase:
        point = self._points().get(key)
        if point is None:
            raise KeyError(key)
        source = f"{point.value} ({_distribution(point)})"
        try:
            made = point.load()
            made = made() if isinstance(made, type) else made
        except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code may raise anything
            reason = f"it cannot be loaded: {type(error).__name__}: {error}"
        else:
            if isinstance(made, StepBase) and made.type_key == key:
                return made
            has = f"the type_key {made.type_key!r}" if isinstance(made, StepBase) else "no StepBase"
            reason = f"the entry point {key!r} of {ENTRY_POINTS} must be a step type of that type_key; it has {has}"
        self._broken[key] = _warning(source, reason, 1)
        raise BrokenStepTypeError(f"{source}: {reason}")


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "an installed package"


def _warning(place: Path | str, reason: str, line: int) -> Problem:
    return Problem(f"a step package is not used: {reason}", str(place), Mark(line, 1), severity=Severity.WARNING)
