"""An overlay: edits of a workflow that is installed, in a file of their own (OVL-01)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from plait.errors import InvalidWorkflowError, PlaitError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plait.load.nodes import Mapping, Node, Scalar
    from plait.load.source import Source
    from plait.model.problems import Problem

DEFAULT_PRIORITY = 10
BASE = "base"
"""What steps are from that no overlay brought."""
Operation = Literal["insert_after", "insert_before", "replace", "remove"]


class OverlayError(InvalidWorkflowError):
    """Overlays that cannot be read or applied; `problems` point into their files."""

    def __init__(self, problems: Sequence[Problem], what: str) -> None:
        super().__init__(problems)
        errors = sum(1 for problem in problems if problem.is_error)
        PlaitError.__init__(self, f"{what}: {errors} error{'s' * (errors != 1)}")

    @classmethod
    def of_file(cls, problems: Sequence[Problem], name: str) -> OverlayError:
        """Return the error of a file that is no overlay."""
        return cls(problems, f"{name} is not a valid overlay")

    @classmethod
    def of_workflow(cls, problems: Sequence[Problem], workflow_id: str) -> OverlayError:
        """Return the error of overlays that do not fit each other or their workflow."""
        return cls(problems, f"the overlays of {workflow_id} cannot be applied")


@dataclass(frozen=True, slots=True, eq=False)
class StepEdit:
    """Puts a step beside or in place of another, or takes one away; `place` is where the other is named."""

    operation: Operation
    anchor: str
    place: Scalar
    step: Mapping | None = None


@dataclass(frozen=True, slots=True, eq=False)
class KeyEdit:
    """Gives one key of a step another value; `key` leads there through mappings, `keys` are its parts as nodes."""

    anchor: str
    place: Scalar
    keys: tuple[Scalar, ...]
    value: Node

    @property
    def key(self) -> str:
        """The way to the key, as it is shown."""
        return ".".join(key.text for key in self.keys)


@dataclass(frozen=True, slots=True, eq=False)
class InputEdit:
    """Changes the declaration of an input: its default, its choices, whether it is required."""

    name: str
    place: Scalar
    changes: tuple[tuple[Scalar, Node], ...]


Edit = StepEdit | KeyEdit | InputEdit


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """One overlay as read. Of two, the one with the lower `priority` has the last word, then the later id."""

    id: str
    extends: str
    priority: int
    enabled: bool
    edits: tuple[Edit, ...]
    path: Path | None
    source: Source
    warnings: tuple[Problem, ...] = ()

    @property
    def label(self) -> str:
        """What steps are said to be from that this overlay brought."""
        return f"project:{self.id}"


def application_order(overlays: Sequence[Overlay]) -> list[Overlay]:
    """Return overlays in the order in which their edits are applied: the last has the last word (OVL-08)."""
    return sorted(overlays, key=lambda overlay: (-overlay.priority, overlay.id))
