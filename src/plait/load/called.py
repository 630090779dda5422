"""The workflows that a workflow calls: each is read once, whoever calls it, and all problems come together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.errors import InvalidWorkflowError, PlaitError, UsageError
from plait.journal.called import read_called
from plait.load.definition import WorkflowDefinition
from plait.load.references import node_at
from plait.load.source import Source
from plait.model.fields import StepConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plait.journal.folder import RunFolder
    from plait.load.findings import Findings
    from plait.load.loader import Loaded
    from plait.load.steps import ReadStep
    from plait.model.problems import Problem
    from plait.model.workflow import Workflow

    FindWorkflow = Callable[[str, WorkflowDefinition], WorkflowDefinition]
    """Returns the definition that a reference in another one means; raises `PlaitError` if there is none."""
    Key = tuple[Path | None, str]

DEEPEST = 16
"""How many calls may stand inside each other (ADD-B)."""


class _Open(NamedTuple):
    """A definition that is being read because others, before it in a list, call it."""

    key: Key
    name: str


class Library:
    """The definitions that one workflow is made of.

    `load` reads a definition with the help of this library. `next_order` is the place in the document of the first
    step of the definition to be read next: no two steps of a run share one.
    """

    def __init__(self, find: FindWorkflow, load: Callable[[WorkflowDefinition], Loaded]) -> None:
        self.next_order = 0
        self.problems: list[Problem] = []
        self._find = find
        self._load = load
        self._open: list[_Open] = []
        self._read: dict[Key, Workflow | None] = {}
        self._heights: dict[Key, int] = {}

    def called_by(self, definition: WorkflowDefinition, read: list[ReadStep], findings: Findings) -> dict[str, Any]:
        """Return the workflows that the steps of a definition call, by reference; None for one with errors."""
        self.next_order += len(read)
        calling = [(each, named) for each in read if (named := _reference(each)) is not None]
        if not calling:
            return {}
        key = _key(definition)
        self._open.append(_Open(key, definition.id or definition.source.name))
        self._heights[key] = 0
        called: dict[str, Workflow | None] = {}
        told: set[str] = set()
        try:
            for each, (field, reference) in calling:
                if reference in told:
                    continue
                problem = self._take(definition, key, reference, called)
                if problem is not None:
                    path = (*each.path, field)
                    findings.add(node_at(each.node, (field,)), problem.message, path, hint=problem.hint)
                    called[reference] = None
                else:
                    told.add(reference)
        finally:
            self._open.pop()
        return called

    def _take(
        self, caller: WorkflowDefinition, around: Key, reference: str, called: dict[str, Workflow | None]
    ) -> PlaitError | None:
        """Read what a reference means into `called`; return what keeps it from being called, if anything does."""
        try:
            definition = self._find(reference, caller)
        except InvalidWorkflowError as error:
            self.problems += [each for each in error.problems if each not in self.problems]
            called[reference] = None
            return None
        except PlaitError as error:
            return error
        key = _key(definition)
        chain = [each.name for each in self._open]
        names = [each.key for each in self._open]
        if key in names:
            circle = " -> ".join([*chain[names.index(key) :], definition.id])
            return UsageError(f"a workflow cannot call itself: {circle}")
        if len(self._open) + self._heights.get(key, 0) > DEEPEST:
            way = " -> ".join([*chain, definition.id])
            return UsageError(f"more than {DEEPEST} calls inside each other: {way}")
        if key not in self._read:
            self._heights[key] = 0
            loaded = self._load(definition)
            self._read[key] = loaded.workflow
            self.problems += loaded.problems
        self._heights[around] = max(self._heights[around], self._heights[key] + 1)
        called[reference] = self._read[key]
        return None


class FrozenWorkflows:
    """The workflows that were called when a run began, found as they were then."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._entries = read_called(folder)
        self._definitions: dict[int, WorkflowDefinition] = {}

    def find(self, reference: str, caller: WorkflowDefinition) -> WorkflowDefinition:
        """Return the definition that a reference in another one meant; raises `UsageError` if it was not kept."""
        place = next((place for place, each in self._definitions.items() if each is caller), 0)
        try:
            wanted = self._entries[place]["calls"][reference]
            return self._definition(wanted)
        except (IndexError, KeyError, TypeError):
            raise UsageError(f"run {self._folder.run_id} kept no workflow {reference!r}") from None

    def _definition(self, place: int) -> WorkflowDefinition:
        if place not in self._definitions:
            from pathlib import Path  # noqa: PLC0415 - needed at run time here alone

            entry = self._entries[place]
            path = None if entry["path"] is None else Path(entry["path"])
            self._definitions[place] = WorkflowDefinition(Source(entry["text"], str(path or entry["id"])), path)
        return self._definitions[place]


def _reference(read: ReadStep) -> tuple[str, str] | None:
    config = read.step.config if read.step is not None else None
    return config.calls() if isinstance(config, StepConfig) else None


def _key(definition: WorkflowDefinition) -> Key:
    path = definition.source_path
    return (None if path is None else path.resolve(), definition.text)
