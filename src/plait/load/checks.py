"""What is wrong between steps: ids used twice, references to nowhere, and what step types check themselves."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from plait.errors import ExpressionError
from plait.expressions import Condition, Template
from plait.load.config_facts import facts_of
from plait.load.findings import Part
from plait.load.messages import complaint_target
from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.load.references import Names, Reader, ReferenceChecker, find_sources, node_at
from plait.load.settings import SettingsFields
from plait.model.fields import StepConfig
from plait.model.workflow import Surroundings

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Collection, Iterator
    from collections.abc import Mapping as MappingABC

    from plait.load.findings import Findings, Path
    from plait.load.references import Source
    from plait.load.steps import ReadStep
    from plait.model.problems import Flaw
    from plait.model.workflow import Input, Workflow

_KNOWN_VALUES = (Template, Condition, str, int, float, dict, list, tuple, type(None))
_SETTING_KEYS = {facts.name: facts.key for facts in facts_of(SettingsFields).fields.values()}


def check_steps(
    read: list[ReadStep],
    inputs: MappingABC[str, Input],
    *,
    inputs_are_valid: bool,
    findings: Findings,
    folder: pathlib.Path | None = None,
    called: MappingABC[str, Workflow | None] | None = None,
) -> None:
    """Check every step with the others in view (VAL-07, VAL-11).

    `read` is in document order; `folder` is where the file is, if it is one. `called` holds what steps call, by the
    references to it.
    """
    scopes, kinds, loops_last = _Scopes(findings), dict[str, str](), -1
    for each in read:
        scopes.enter(each)
        step = each.step
        if step is None:
            continue
        kinds[each.id] = step.type.type_key
        if isinstance(step.config, StepConfig):
            named = step.config.calls()
            surroundings = Surroundings(
                each.id,
                inputs,
                scopes.declared,
                each.inside_fan_out,
                inputs_are_valid,
                folder,
                called.get(named[1]) if named and called else None,
                kinds,
                in_loop=each.order <= loops_last,
            )
            for flaw in step.config.check(surroundings):
                _add_flaw(flaw, each, findings)
        if each.facts.repeats:
            loops_last = max(loops_last, each.last)


class _Scopes:
    """The ids declared so far. Those of a fan-out's steps are apart, and gone after it."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.declared: set[str] = set()
        self._open: list[_Scope] = [_Scope(last=None)]

    def enter(self, read: ReadStep) -> None:
        while (last := self._open[-1].last) is not None and read.order > last:
            self.declared -= self._open.pop().added
        scope = self._open[-1]
        first = scope.seen.setdefault(read.id, read)
        if first is not read:
            self._complain(read, first)
        if read.id not in self.declared:
            self.declared.add(read.id)
            scope.added.add(read.id)
        if read.facts.opens_scope and read.last > read.order:
            self._open.append(_Scope(last=read.last))

    def _complain(self, read: ReadStep, first: ReadStep) -> None:
        here, there = (each.node.get("id") or each.node for each in (read, first))
        place = f"in line {there.source.mark(there.start).line}"
        if there.source is not here.source:
            place += f" of {there.source.name}"
        message = f"the id `{read.id}` is used twice; the first is {place}"
        self.findings.add(here, message, (*read.path, "id"))


class _Scope:
    def __init__(self, last: int | None) -> None:
        self.last = last
        self.seen: dict[str, ReadStep] = {}
        self.added: set[str] = set()


def _add_flaw(flaw: Flaw, read: ReadStep, findings: Findings) -> None:
    path = (*read.path, *flaw.path)
    node = node_at(read.node, flaw.path) if flaw.path else read.node
    place: Node | Part = complaint_target(read.node, flaw.path, node)
    if flaw.length and isinstance(node, Scalar):
        place = Part(node, flaw.offset, flaw.length)
    findings.add(place, flaw.message, path, hint=flaw.hint, severity=flaw.severity)


def schemas_of(read: list[ReadStep], folder: pathlib.Path | None) -> dict[str, MappingABC[str, object]]:
    """Return the JSON Schemas of the data that steps put into their outputs, by the steps' ids."""
    found: dict[str, MappingABC[str, object]] = {}
    for each in read:
        config = each.step.config if each.step is not None else None
        schema = config.data_schema(folder) if isinstance(config, StepConfig) else None
        if schema is not None:
            found.setdefault(each.id, schema)
    return found


def output_keys_of(read: list[ReadStep], called: MappingABC[str, Workflow | None]) -> dict[str, Collection[str]]:
    """Return what the outputs of steps can hold, by the steps' ids, where that is known before they run."""
    found: dict[str, Collection[str]] = {}
    for each in read:
        config = each.step.config if each.step is not None else None
        if isinstance(config, StepConfig):
            named = config.calls()
            keys = config.output_keys(called.get(named[1]) if named else None)
            if keys is not None:
                found.setdefault(each.id, keys)
    return found


def check_references(
    read: list[ReadStep],
    roots: list[Node],
    names: Names,
    findings: Findings,
) -> ReferenceChecker:
    """Check every expression of every sound step; returns the checker, for the expressions outside steps.

    `roots` are the blocks as written: ids of steps that could not be read are known too.
    """
    names.known_ids = {*names.orders, *(step_id for root in roots for step_id in _written_ids(root))}
    checker = ReferenceChecker(names, findings)
    loops: list[tuple[int, int]] = []
    for each in read:
        while loops and each.order > loops[-1][1]:
            loops.pop()
        around = tuple(loops)
        for path, source in _sources_of(each):
            allowed = each.inside_fan_out or (each.facts.opens_scope and path[0] == "outputs")
            reader = Reader(each, allowed, around)
            checker.check(source, node_at(each.node, path), (*each.path, *path), reader)
        if each.facts.repeats:
            loops.append((each.order, each.last))
    return checker


def _sources_of(read: ReadStep) -> Iterator[tuple[Path, Source]]:
    step = read.step
    if step is None:
        yield from _sources_as_written(read)
        return
    if isinstance(step.config, StepConfig):
        for key, facts in read.facts.fields.items():
            if facts.nested is not None:
                continue
            value = getattr(step.config, facts.name)
            yield from find_sources(value, (key,)) if isinstance(value, _KNOWN_VALUES) else _written(read, key)
    settings = step.settings
    for name, key in _SETTING_KEYS.items():
        if hasattr(settings, name):
            yield from find_sources(getattr(settings, name), (key,))
    yield from find_sources(dict(settings.overrides))


def _sources_as_written(read: ReadStep) -> Iterator[tuple[Path, Source]]:
    """Yield the expressions of a step that is broken elsewhere, so that their mistakes are told at once too."""
    for key, _ in read.node.entries:
        yield from _written(read, key.text)


def _written(read: ReadStep, key: str) -> Iterator[tuple[Path, Source]]:
    """Yield the expressions of a field as it was written, for one that is compiled to something of its type's own."""
    node = read.node.get(key)
    if isinstance(node, Scalar) and "{{" in node.text:
        with suppress(ExpressionError):  # told already
            yield (key,), Template.parse(node.text)


def _written_ids(node: Node) -> Iterator[str]:
    pending = [node]
    while pending:
        here = pending.pop()
        if isinstance(here, Sequence):
            pending.extend(here.items)
        elif isinstance(here, Mapping):
            written = here.get("id")
            if isinstance(written, Scalar) and written.text:
                yield written.text
            pending.extend(value for _, value in here.entries if not isinstance(value, Scalar))
