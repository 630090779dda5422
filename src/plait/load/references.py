"""What expressions refer to: unknown inputs, steps and roots are errors, unlikely ones warnings (VAL-17)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel

from plait.expressions import ROOTS, Condition, Reference, Template
from plait.load.data_references import find_gap
from plait.load.findings import Part
from plait.load.nodes import Node, Scalar, child
from plait.model.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from plait.load.data_references import Gap
    from plait.load.findings import Findings, Path
    from plait.load.steps import ReadStep

RECORD_FIELDS = frozenset(
    {
        "type",
        "status",
        "output",
        "error",
        "integration",
        "model",
        "options",
        "input",
        "attempt",
        "attempts",
        "started_at",
        "ended_at",
        "duration",
        "outputs",
    }
)
"""What is kept of a step besides its output."""
CONTEXT_FIELDS = ("run_id", "workflow_dir")
_ITEM_ROOTS = frozenset({"item", "item_index"})
Source = Template | Condition


@dataclass(slots=True)
class Names:
    """Everything that expressions of one file may refer to.

    `steps` holds the order of every step declared, by id; `known_ids` also those of steps too broken to be read;
    `schemas` those of the data in steps' outputs, and `output_keys` what is in outputs, of steps where that is known.
    """

    inputs: AbstractSet[str]
    known_ids: AbstractSet[str]
    orders: Mapping[str, int]
    inputs_are_valid: bool = True
    schemas: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    output_keys: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Reader:
    """Who reads an expression: a step, or the workflow itself (then `step` is None)."""

    step: ReadStep | None = None
    item_allowed: bool = False
    loops: tuple[tuple[int, int], ...] = field(default=())
    """The first and last order of every loop around the step."""


class _Use(NamedTuple):
    """One reference, where it is written, and who reads it."""

    reference: Reference
    node: Scalar
    path: Path
    reader: Reader

    @property
    def name(self) -> str | None:
        """The second part of the path: an input's name, a step's id."""
        return str(self.reference.path[1]) if len(self.reference.path) > 1 else None


def find_sources(value: object, path: Path = ()) -> Iterator[tuple[Path, Source]]:
    """Yield every compiled expression in a value, with the path that leads to it."""
    if isinstance(value, (Template, Condition)):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from find_sources(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from find_sources(item, (*path, index))
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from find_sources(getattr(value, name), (*path, info.alias or name))


class ReferenceChecker:
    """Checks expressions against the names of a file."""

    def __init__(self, names: Names, findings: Findings) -> None:
        self.names = names
        self.findings = findings

    def check(self, source: Source, node: Node, path: Path, reader: Reader) -> None:
        """Report what is wrong with the references of the expression written at `node`."""
        if not isinstance(node, Scalar):
            return
        if isinstance(source, Template) and source.unterminated is not None:
            part = Part(node, source.unterminated, 2)
            message = "this `{{` is never closed, so it stays as it is"
            self.findings.add(part, message, path, severity=Severity.WARNING)
        for reference in source.references:
            self._check_reference(_Use(reference, node, path, reader))

    def _check_reference(self, use: _Use) -> None:
        root, name = use.reference.root, use.name
        if root not in ROOTS:
            known = ", ".join(f"`{each}`" for each in sorted(ROOTS))
            hint = self.findings.guess(root, ROOTS) or f"expressions can read {known}"
            self._complain(use, f"`{root}` is nothing that an expression can read", hint)
        elif root in _ITEM_ROOTS and not use.reader.item_allowed:
            message = f"`{root}` has a value only in the steps of a fan-out; here it is null"
            self._complain(use, message, "", Severity.WARNING)
        elif name is None:
            return
        elif root == "inputs" and self.names.inputs_are_valid and name not in self.names.inputs:
            hint = self.findings.guess(name, self.names.inputs) or "declare it under `inputs`"
            self._complain(use, f"there is no input `{name}`", hint)
        elif root == "context" and name not in CONTEXT_FIELDS:
            hint = self.findings.guess(name, CONTEXT_FIELDS) or "it has " + " and ".join(
                f"`{each}`" for each in CONTEXT_FIELDS
            )
            self._complain(use, f"there is no `context.{name}`", hint)
        elif root == "steps":
            self._check_step(use, name)

    def _check_step(self, use: _Use, step_id: str) -> None:
        known_ids = self.names.known_ids
        if step_id not in known_ids and not (":" in step_id and step_id.split(":", 1)[0] in known_ids):
            self._complain(use, f"there is no step `{step_id}`", self.findings.guess(step_id, known_ids))
            return
        rest = use.reference.path[2:]
        if rest and rest[0] not in RECORD_FIELDS:
            hint = self.findings.guess(str(rest[0]), RECORD_FIELDS) or f"write `steps.{step_id}.output.{rest[0]}`"
            self._complain(use, f"a step has no `{rest[0]}`, so this is null", hint, Severity.WARNING)
        self._check_output(use, step_id)
        schema = self.names.schemas.get(step_id)
        if schema is not None and rest[:2] == ("output", "data"):
            self._check_data(use, step_id, find_gap(schema, rest[2:]))
        if self._runs_later(step_id, use.reader):
            message = f"step `{step_id}` has not run when this is read, so it is null"
            self._complain(use, message, "", Severity.WARNING)

    def _check_output(self, use: _Use, step_id: str) -> None:
        known, read = self.names.output_keys.get(step_id), use.reference.path[2:4]
        if known is None or len(read) < 2 or read[0] != "output" or read[1] in known:  # noqa: PLR2004 - a key of it
            return
        hint = self.findings.guess(str(read[1]), known) or "it has " + ", ".join(f"`{each}`" for each in sorted(known))
        message = f"the output of step `{step_id}` has no `{read[1]}`, so this is null"
        self._complain(use, message, hint, Severity.WARNING)

    def _check_data(self, use: _Use, step_id: str, gap: Gap | None) -> None:
        if gap is None:
            return
        hint = self.findings.guess(gap.key, gap.known)
        if gap.is_certain:
            message = f"the data of step `{step_id}` has no `{gap.key}`: its `output_schema` rules it out"
            self._complain(use, message, hint)
        else:
            message = f"the `output_schema` of step `{step_id}` does not name `{gap.key}`, so this may be null"
            self._complain(use, message, hint, Severity.WARNING)

    def _runs_later(self, step_id: str, reader: Reader) -> bool:
        """Whether a step can only run after the reader: it is declared further down, and no loop comes back."""
        order = self.names.orders.get(step_id)
        if order is None or reader.step is None or order <= reader.step.last:
            return False
        return not any(first <= order <= last for first, last in reader.loops)

    def _complain(self, use: _Use, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> None:
        part = Part(use.node, use.reference.offset, use.reference.length)
        self.findings.add(part, message, use.path, hint=hint, severity=severity)


def node_at(node: Node, path: Path) -> Node:
    """Return what is at the end of a path, or the last node on the way; an output's long form holds a `value`."""
    for part in path:
        found = child(node, part)
        if found is None and (value := child(node, "value")) is not None:
            found = child(value, part)
        if found is None:
            break
        node = found
    return child(node, "value") or node
