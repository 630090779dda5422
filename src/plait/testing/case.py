"""A test of a workflow, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from plait.api import WorkflowEngine
    from plait.journal.state import RunState
    from plait.load import WorkflowDefinition
    from plait.load.nodes import Node
    from plait.model.problems import Problem
    from plait.stubs import Rehearsal, Stubs


class Outcome(NamedTuple):
    """What a dry run did: its state, what steps would have been given, and when they began and ended.

    `given` has one text an attempt; `begun` and `ended` count events, so that they tell an order.
    """

    state: RunState
    given: Mapping[str, Sequence[str]]
    begun: Mapping[str, int]
    ended: Mapping[str, int]


class Mismatch(NamedTuple):
    """Where an expectation is not met, in words; `details` are further lines."""

    node: Node
    message: str
    details: tuple[str, ...] = ()


Check = "Callable[[Outcome], Mismatch | None]"


class Failure(NamedTuple):
    """Why a test failed: the expectation's place, and lines that show the difference."""

    problem: Problem
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class Case:
    """One test. `node` is the place of its name in the file."""

    file: Path
    name: str
    node: Node
    definition: WorkflowDefinition
    inputs: Mapping[str, Any]
    stubs: Stubs
    engine: WorkflowEngine
    rehearsal: Rehearsal
    trace: Trace
    checks: list[Callable[[Outcome], Mismatch | None]] = field(default_factory=list)

    @property
    def line(self) -> int:
        """The line in which it begins."""
        return self.node.source.mark(self.node.start).line


class Result(NamedTuple):
    """What came of a test; it passed if nothing failed."""

    case: Case
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures


class Trace:
    """Listens to a run, and counts when each step first began and last ended."""

    def __init__(self) -> None:
        self.begun: dict[str, int] = {}
        self.ended: dict[str, int] = {}
        self._count = 0

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """Take note of a step."""
        del state
        self._count += 1
        name = event["event"]
        if name == "step_started":
            self.begun.setdefault(event["step_id"], self._count)
        elif name == "step_completed":
            self.ended[event["step_id"]] = self._count

    def on_output(self, step_id: str, line: str) -> None:
        """Nothing to note."""
