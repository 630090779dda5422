"""Step mappings to `Step` values, every problem collected on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from plait.load.config_facts import ConfigFacts, FieldFacts, facts_of
from plait.load.messages import Subject, report
from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.load.scalars import truth_of
from plait.load.settings import OVERRIDES, SILENT_KEYS, SettingsFields
from plait.model.problems import Severity
from plait.model.step_type import BrokenStepTypeError
from plait.model.workflow import NO_SETTINGS, Step

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingABC

    from plait.load.findings import Findings, Path
    from plait.model.step_type import StepBase
    from plait.model.workflow import Block, StepSettings

DEFAULT_TYPE = "command"
_SETTINGS = facts_of(SettingsFields)
_COMMON = frozenset(_SETTINGS.fields)
_ALWAYS_COMMON = _COMMON - set(OVERRIDES)
_NO_FIELDS = ConfigFacts({}, (), opens_scope=False, repeats=False)
KNOWN_BLOCKS = ("then", "else", "steps", "default", "cases", "step")
"""Fields that hold steps in a type that reads its own mapping, if they plainly do."""


@dataclass(slots=True)
class ReadStep:
    """A step as read, with what later checks need: its place, and where it stands among the others.

    `own_scope` tells that ids inside it are apart from those outside (a fan-out's template); `step` is None if the
    step is not sound enough to be checked further.
    """

    node: Mapping
    path: Path
    id: str
    order: int
    parent: int | None
    facts: ConfigFacts
    inside_fan_out: bool
    step: Step | None = None
    last: int = 0


class _Place(NamedTuple):
    """Where a block stands: the order of the step around it, and whether it runs for items."""

    parent: int | None = None
    inside_fan_out: bool = False


TOP = _Place()


class StepReader:
    """Reads the blocks of one file; `read` lists every step met, in document order."""

    def __init__(self, step_types: MappingABC[str, StepBase], findings: Findings, first: int = 0) -> None:
        self.step_types = step_types
        self.findings = findings
        self._first = first
        """The order of the first step."""
        self.read: list[ReadStep] = []

    def block(self, node: Node | None, path: Path, key: Node | None = None, place: _Place = TOP) -> Block:
        """Read a list of steps; problems are pinned on `key` when the value is not a list."""
        if not isinstance(node, Sequence):
            if node is not None:
                self.findings.add(_best(node, key), f"`{path[-1]}` must be a list of steps", path)
            return ()
        steps = [self.step(item, (*path, index), place) for index, item in enumerate(node.items)]
        return tuple(step for step in steps if step is not None)

    def step(self, node: Node, path: Path, place: _Place = TOP) -> Step | None:
        """Read one step; None if it has no sound id or type, which leaves nothing else to check (VAL-09)."""
        if not isinstance(node, Mapping):
            self.findings.add(node, "a step must be a mapping", path, hint="such as `- id: build`")
            return None
        named = self._identity(node, path)
        if named is None:
            return None
        step_id, step_type = named
        facts = facts_of(step_type.Config) if step_type.Config is not None else _NO_FIELDS
        read = ReadStep(node, path, step_id, self._first + len(self.read), place.parent, facts, place.inside_fan_out)
        self.read.append(read)
        nodes = node.by_name()
        children = self._nested(read, nodes, has_config=step_type.Config is not None)
        read.last = self._first + len(self.read) - 1
        config, is_sound = self._config(read, step_type, nodes, children)
        settings = self._settings(read, step_type, nodes)
        step = Step(
            id=step_id,
            type=step_type,
            config=config,
            settings=settings or NO_SETTINGS,
            order=read.order,
            last=read.last,
            parent=read.parent,
            mark=node.source.mark(node.start),
            document=node.source.document,
            written=_by_text(node),
            children=tuple(child for group in children.values() for child in _flat(group)),
        )
        if is_sound and settings is not None:
            read.step = step
        return step

    def _identity(self, node: Mapping, path: Path) -> tuple[str, StepBase] | None:
        """Read `id` and `type` (VAL-05, VAL-06, VAL-08)."""
        step_id = self._id(node, path)
        written = node.get("type")
        if written is not None and not (isinstance(written, Scalar) and isinstance(written.value, str)):
            self.findings.add(_best(written, node.key("type")), "`type` must be text", (*path, "type"))
            return None
        name = written.text if written is not None else DEFAULT_TYPE
        try:
            step_type = self.step_types[name]
        except KeyError as error:
            hint = error.reason if isinstance(error, BrokenStepTypeError) else self._near(name)
            self.findings.add(written or node, f"unknown step type `{name}`", (*path, "type"), hint=hint)
            return None
        return (step_id, step_type) if step_id is not None else None

    def _near(self, name: str) -> str:
        known = sorted(self.step_types)
        return self.findings.guess(name, known) or "known types: " + ", ".join(known)

    def _id(self, node: Mapping, path: Path) -> str | None:
        written = node.get("id")
        where = (*path, "id")
        if written is None or (isinstance(written, Scalar) and written.value in {None, ""}):
            self.findings.add(node if written is None else node.key("id") or node, "`id` is required", where)
        elif not isinstance(written, Scalar) or not isinstance(written.value, str):
            hint = f'put quotes around it: "{written.text}"' if isinstance(written, Scalar) else ""
            self.findings.add(_best(written, node.key("id")), "`id` must be text", where, hint=hint)
        elif not written.text.isprintable():
            self.findings.add(written, "`id` must not contain control characters", where)
        elif ":" in written.text:
            hint = "colons make up the ids of a fan-out's items"
            self.findings.add(written, "`id` must not contain `:`", where, hint=hint)
        else:
            return written.text
        return None

    def _nested(
        self, read: ReadStep, nodes: MappingABC[str, Node], *, has_config: bool
    ) -> dict[str, Step | Block | dict[str, Block] | None]:
        """Read the blocks inside a step, in document order, by field key."""
        children: dict[str, Step | Block | dict[str, Block] | None] = {}
        place = _Place(read.order, read.inside_fan_out or read.facts.opens_scope)
        if not has_config:
            for key in nodes:
                if key in KNOWN_BLOCKS and _is_block(nodes[key]):
                    children[key] = self.block(nodes[key], (*read.path, key), None, place)
            return children
        shapes = {facts.key: facts for facts in read.facts.nested}
        if not shapes:
            return children
        for key, value in nodes.items():
            if key in shapes:
                children[key] = self._nested_field(shapes[key], value, read, place)
        return children

    def _nested_field(
        self, facts: FieldFacts, node: Node, read: ReadStep, place: _Place
    ) -> Step | Block | dict[str, Block] | None:
        key, path = read.node.key(facts.key), (*read.path, facts.key)
        if _is_null(node):
            if facts.required and not facts.takes_null:
                self.findings.add(_best(node, key), f"`{facts.key}` must be {facts.phrase}", path)
            return None
        if facts.nested == "block":
            return self.block(node, path, key, place)
        if facts.nested == "one":
            return self.step(node, path, place)
        if not isinstance(node, Mapping):
            self.findings.add(_best(node, key), f"`{facts.key}` must be {facts.phrase}", path)
            return None
        return self._named_blocks(node, path, place)

    def _named_blocks(self, node: Mapping, path: Path, place: _Place) -> dict[str, Block]:
        """Read blocks by name; a name is the key's text as written, so `true:` is "true" (SWI-03)."""
        blocks: dict[str, Block] = {}
        for key, value in node.entries:
            if key.text in blocks:
                message = f"`{key.text}` is here a second time; the first one is taken"
                self.findings.add(key, message, (*path, key.text), severity=Severity.WARNING)
                continue
            blocks[key.text] = self.block(value, (*path, key.text), key, place)
        return blocks

    def _config(
        self,
        read: ReadStep,
        step_type: StepBase,
        nodes: MappingABC[str, Node],
        children: MappingABC[str, Step | Block | dict[str, Block] | None],
    ) -> tuple[object, bool]:
        """Build a step's configuration; the flag tells whether it is sound."""
        if step_type.Config is None:
            raw = _by_text(read.node)
            messages = step_type.validate(raw)
            for message in messages:
                self.findings.add(read.node, message, read.path)
            return raw, not messages
        fields = read.facts.fields
        data: dict[str, object] = {}
        for key, value in nodes.items():
            if key not in fields:
                continue
            found = children[key] if key in children else plain(value, fields[key])
            if found is not None or _means_null(fields[key], is_block=key in children):
                data[key] = found
        self._unknown_keys(read, step_type)
        faults = self._refused_booleans(read, data)
        broken = {key for key, value in children.items() if value is None}
        try:
            config = step_type.Config.model_validate(data)
            # A block that could not be read is known to be wrong: it must not count as missing, too.
            return config, not faults and all(_is_null(nodes[key]) for key in broken)
        except ValidationError as error:
            report(error, Subject(read.facts, read.node, read.path), self.findings, leave_out=broken | faults)
            return None, False

    def _refused_booleans(self, read: ReadStep, data: dict[str, object]) -> set[str]:
        """Complain about booleans where a number belongs: Python would take `true` for 1."""
        faults = set()
        for key, value in data.items():
            facts = read.facts.fields[key]
            if isinstance(value, bool) and facts.refuses_boolean:
                node = read.node.get(key) or read.node
                self.findings.add(node, f"`{key}` must be {facts.phrase}", (*read.path, key))
                faults.add(key)
        return faults

    def _unknown_keys(self, read: ReadStep, step_type: StepBase) -> None:
        own = read.facts.fields
        if all(key.text in own or key.text in _COMMON or key.text in SILENT_KEYS for key, _ in read.node.entries):
            return
        known = {*own, *_ALWAYS_COMMON, *OVERRIDES, *SILENT_KEYS}
        self.findings.check_keys(read.node, known, f"a `{step_type.type_key}` step", read.path)

    def _settings(self, read: ReadStep, step_type: StepBase, nodes: MappingABC[str, Node]) -> StepSettings | None:
        """Read the fields every step has; None if they are wrong.

        A type that reads its own mapping may use the same words for something else, so there they only warn.
        """
        own = read.facts.fields
        data = {key: plain(nodes[key], _SETTINGS.fields[key]) for key in nodes if key in _COMMON and key not in own}
        if not data:
            return NO_SETTINGS
        try:
            return SettingsFields.model_validate(data).as_settings()
        except ValidationError as error:
            is_free = step_type.Config is None
            severity = Severity.WARNING if is_free else Severity.ERROR
            report(error, Subject(_SETTINGS, read.node, read.path), self.findings, severity)
            return NO_SETTINGS if is_free else None


def plain(node: Node, facts: FieldFacts) -> object:
    """Return a node's value as its field reads it.

    Unquoted `yes` and `off` are booleans where a boolean is expected; names in a mapping are text as written.
    """
    if facts.has_names and isinstance(node, Mapping):
        return _by_text(node)
    if facts.takes_boolean and isinstance(node, Scalar) and not node.style and isinstance(node.value, str):
        truth = truth_of(node.text)
        return node.value if truth is None else truth
    return node.value


def _means_null(facts: FieldFacts, *, is_block: bool) -> bool:
    """Whether a null is a value of the field; where it is not, and none is needed, nothing was written."""
    return not is_block and (facts.takes_null or facts.required)


def _by_text(node: Mapping) -> dict[str, object]:
    """Return a mapping as plain data, its keys as text."""
    return {key.text: value.value for key, value in node.entries}


def _best(node: Node, key: Node | None) -> Node:
    """Return what to underline for a value of the wrong shape."""
    if isinstance(node, Scalar) and node.end > node.start and node.style not in {"|", ">"}:
        return node
    return key or node


def _is_block(node: Node) -> bool:
    """Whether a value of a free-form step type is plainly a list of steps."""
    return (
        isinstance(node, Sequence)
        and bool(node.items)
        and all(isinstance(item, Mapping) and item.get("id") is not None for item in node.items)
    )


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _flat(group: Step | Block | dict[str, Block] | None) -> Block:
    if group is None:
        return ()
    if isinstance(group, Step):
        return (group,)
    if isinstance(group, dict):
        return tuple(step for block in group.values() for step in block)
    return group
