"""A workflow with its overlays (OVL-07..14): composed of the nodes of all files, so that each knows its own.

What validation finds wrong with the result is told where it is written: in an overlay's file for what it brought.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import UsageError
from plait.load import WorkflowDefinition
from plait.load.compose import MAX_DEPTH
from plait.load.findings import Findings
from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.load.source import MAX_BYTES
from plait.packages.edited_tree import Applied, TreeEditor, deciding
from plait.packages.overlay import BASE, InputEdit, KeyEdit, Overlay, OverlayError, StepEdit, application_order
from plait.packages.overlays import overlays_of
from plait.packages.step_tree import Place, step_id, walk

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingABC
    from collections.abc import Sequence as SequenceABC
    from pathlib import Path

    from plait.packages.project import Project


class Layer(NamedTuple):
    """A file that has a part in a workflow; `priority` and `id` are those of an overlay, None for the base."""

    source: str
    id: str | None
    priority: int | None
    path: Path | None


class Setting(NamedTuple):
    """A key of a base step or of an input (`kind`) that an overlay has set, and what set it."""

    kind: str
    name: str
    key: str
    source: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A workflow as it runs: `layers` from the one with the last word to the base, `origins` by step id."""

    definition: WorkflowDefinition
    layers: tuple[Layer, ...]
    origins: MappingABC[str, str]
    settings: tuple[Setting, ...] = ()


def resolve(project: Project, workflow_id: str) -> Composed:
    """Return an installed workflow with its overlays.

    Raises `UsageError` if it is not installed, `OverlayError` for overlays that do not fit it,
    `InvalidWorkflowError` if the workflow itself is not YAML.
    """
    overlays = overlays_of(project, workflow_id)
    path = project.workflows / workflow_id / "workflow.yml"
    if not path.is_file():
        raise UsageError(f"no workflow {workflow_id!r} is installed in {project.root}")
    return compose(WorkflowDefinition.from_yaml(path), overlays)


def compose(definition: WorkflowDefinition, overlays: SequenceABC[Overlay]) -> Composed:
    """Apply overlays to a workflow, in whatever order they are given; raises `OverlayError` for what cannot be."""
    ordered = application_order(overlays)
    if ordered:
        composition = _Composition(definition, ordered)
        definition = composition.result()
        settings = tuple(Setting(*named, source) for named, source in composition.settings.items())
    else:
        settings = ()
    labels = {overlay.source: overlay.label for overlay in ordered}
    origins = {
        name: labels.get(place.step.source, BASE)
        for place in walk(definition.root)
        if (name := step_id(place.step)) is not None
    }
    layers = [Layer(each.label, each.id, each.priority, each.path) for each in reversed(ordered)]
    return Composed(definition, (*layers, Layer(BASE, None, None, definition.source_path)), origins, settings)


@dataclass
class _Composition:
    """One application of overlays, the first to be applied first."""

    definition: WorkflowDefinition
    overlays: list[Overlay]
    settings: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.findings = Findings(self.definition.source)
        self.edits: dict[str, list[Applied]] = {}
        self.places: dict[str, Place] = {}

    def result(self) -> WorkflowDefinition:
        for place in walk(self.definition.root):
            if (name := step_id(place.step)) is not None:
                self.places.setdefault(name, place)
        self._collect()
        self._find_conflicts()
        root = TreeEditor(self.edits, self.findings, self._tell).edited(self.definition.root)
        root = self._with_inputs(root)
        self._check_extent(root)
        if self.findings.has_errors:
            raise OverlayError.of_workflow(self.findings.problems, self.definition.id)
        return self.definition.changed_to(root, tuple(each for overlay in self.overlays for each in overlay.warnings))

    def _collect(self) -> None:
        """Group the edits of steps by the step that they name (OVL-13)."""
        for overlay in self.overlays:
            for edit in overlay.edits:
                if isinstance(edit, InputEdit):
                    continue
                if edit.anchor in self.places:
                    self.edits.setdefault(edit.anchor, []).append(Applied(overlay, edit))
                else:
                    self._unknown_step(edit)

    def _unknown_step(self, edit: StepEdit | KeyEdit) -> None:
        brought = next((each for each in self.overlays if edit.anchor in _brought_by(each)), None)
        hint = self.findings.guess(edit.anchor, self.places)
        if brought is not None:
            hint = f"overlay `{brought.id}` adds one; edits name the steps of the workflow itself"
        elif edit.anchor in _ids_below(self.definition.root):
            hint = "a step in the template of a fan-out cannot be named; `set` can change it with a key of the fan-out"
        self.findings.add(edit.place, f"the workflow has no step `{edit.anchor}`", hint=hint)

    def _find_conflicts(self) -> None:
        """Refuse edits of steps inside one that is replaced or removed (OVL-12)."""
        for name, edits in self.edits.items():
            for outer in reversed(self.places[name].around):
                outer_id = step_id(outer) or ""
                last = deciding(self.edits.get(outer_id, ()))
                if last is None or not isinstance(last.edit, StepEdit):
                    continue
                if last.edit.operation in ("replace", "remove"):
                    self._conflict(edits, outer_id, last)
                    break

    def _conflict(self, edits: list[Applied], outer_id: str, last: Applied) -> None:
        line = last.overlay.source.mark(last.edit.place.start).line
        does = "replaces" if isinstance(last.edit, StepEdit) and last.edit.operation == "replace" else "removes"
        for overlay, edit in edits:
            who = "this overlay" if overlay is last.overlay else f"overlay `{last.overlay.id}`"
            message = (
                f"step `{edit.anchor}` is inside `{outer_id}`, which {who} {does} ({last.overlay.source.name}:{line})"
            )
            self.findings.add(edit.place, message, hint="edit either the outer step or those inside it")

    def _with_inputs(self, root: Mapping) -> Mapping:
        inputs = root.get("inputs")
        for overlay in self.overlays:
            for edit in overlay.edits:
                if isinstance(edit, InputEdit):
                    inputs = self._with_input(inputs, edit, overlay)
        key = root.key("inputs")
        return root if key is None or inputs is None or inputs is root.get("inputs") else root.with_entry(key, inputs)

    def _with_input(self, inputs: Node | None, edit: InputEdit, overlay: Overlay) -> Node | None:
        known = inputs.by_name() if isinstance(inputs, Mapping) else {}
        declaration = known.get(edit.name)
        if not isinstance(inputs, Mapping) or not isinstance(declaration, Mapping):
            hint = self.findings.guess(edit.name, known)
            self.findings.add(edit.place, f"the workflow has no input `{edit.name}`", hint=hint)
            return inputs
        for key, value in edit.changes:
            declaration = declaration.with_entry(key, value)
            self.settings["input", edit.name, key.text] = overlay.label
        return inputs.with_entry(inputs.key(edit.name) or edit.place, declaration)

    def _tell(self, name: str, edit: KeyEdit, overlay: Overlay) -> None:
        self.settings["step", name, edit.key] = overlay.label

    def _check_extent(self, root: Mapping) -> None:
        """Refuse what, once it is written out and frozen with a run, could not be read again."""
        place = self.overlays[0].edits[0].place
        if root.height > MAX_DEPTH:
            message = f"with its overlays the workflow is nested more than {MAX_DEPTH} levels deep"
            self.findings.add(place, message)
        elif _written_length(root, {}) > MAX_BYTES:
            message = f"with its overlays the workflow is longer than {MAX_BYTES // 1024 // 1024} MiB"
            self.findings.add(place, message)


def _brought_by(overlay: Overlay) -> set[str]:
    steps = (edit.step for edit in overlay.edits if isinstance(edit, StepEdit))
    return {name for step in steps if step is not None and (name := step_id(step)) is not None}


def _ids_below(node: Node) -> set[str]:
    """Return the ids of whatever has one."""
    found: set[str] = set()
    pending: list[Node] = [node]
    seen: set[int] = set()
    while pending:
        here = pending.pop()
        if id(here) in seen or isinstance(here, Scalar):
            continue
        seen.add(id(here))
        if isinstance(here, Sequence):
            pending += here.items
        else:
            found.add(step_id(here) or "")
            pending += (value for _, value in here.entries)
    return found


def _written_length(node: Node, known: dict[int, int]) -> int:
    """Return about how many characters a tree takes that is written without aliases, its indentation included."""
    if isinstance(node, Scalar):
        return len(node.text)
    if id(node) not in known:
        inside = node.items if isinstance(node, Sequence) else [each for entry in node.entries for each in entry]
        known[id(node)] = sum(_written_length(each, known) + 2 * each.size for each in inside)
    return known[id(node)]
