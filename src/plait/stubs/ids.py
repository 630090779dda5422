"""The ids that occurrences of a workflow's steps can have, known before it runs."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from plait.load.config_facts import ConfigFacts, facts_of
from plait.model.fields import StepConfig
from plait.steps import BUILT_IN
from plait.stubs.stub import is_pattern, written_id
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.model.workflow import Step, Workflow

Shape = tuple[str, ...]
"""Characters; among them a digit, more digits or any characters at all, whichever they may be."""
_DIGIT, _MORE, _ANY = "<digit>", "<digits>", "<any>"
_NUMBER: Shape = (":", _DIGIT, _MORE)
_MOST_SHAPES = 64
_FEW = 8
_MOST_GUESSES = 100
"""Comparing words is slow, and a recording of another workflow has thousands of ids that it does not have."""
_NO_FACTS = ConfigFacts({}, (), opens_scope=False, repeats=False)
_SET = re.compile(r"\[!?\]?[^\]]*\]")


class Possible(NamedTuple):
    """Ids that one step may have; `step` is None for an item that is several steps, and where it is open."""

    shape: Shape
    step: Step | None

    @property
    def is_open(self) -> bool:
        """Whether it stands for steps that only the run itself makes."""
        return _ANY in self.shape

    def shown(self, number: str) -> str:
        """Return an id of this shape, with a number in every place of one."""
        parts = {_DIGIT: number, _MORE: "", _ANY: "*"}
        return "".join(parts.get(each, each) for each in self.shape)


class Ids:
    """All ids that occurrences of the steps of a workflow can have, and of those that it calls."""

    def __init__(self, workflow: Workflow) -> None:
        self._guesses_left = _MOST_GUESSES
        self._all = tuple(each for top in _top(workflow) for each in _of_step(top, ((),), ((),), workflow))

    @cached_property
    def _by_written(self) -> dict[str, list[Possible]]:
        found: dict[str, list[Possible]] = {}
        for each in self._all:
            name = "item" if each.step is None else each.step.id
            if not each.is_open:
                found.setdefault(name, []).append(each)
        return found

    @cached_property
    def _open(self) -> list[Possible]:
        return [each for each in self._all if each.is_open]

    @property
    def steps(self) -> list[Step]:
        """Every step, each once, in the order of the files."""
        return list({each.step.order: each.step for each in self._all if each.step is not None}.values())

    def matching(self, key: str) -> list[Possible]:
        """Return what a key may mean: a plain id of a step, the id of an occurrence, or a pattern of such ids."""
        if is_pattern(key) and key not in self._by_written:
            glob = _glob(key)
            return [each for each in self._all if _meet(glob, each.shape)]
        if key in self._by_written:
            return self._by_written[key]
        near = [each for part in {written_id(key), *key.split(":")[-2:]} for each in self._by_written.get(part, ())]
        return [each for each in (*near, *self._open) if _meet(tuple(key), each.shape)]

    def steps_of(self, key: str) -> list[Step]:
        """Return the steps that a key may mean, without items of fan-outs."""
        return [each.step for each in self.matching(key) if each.step is not None]

    def nearest(self, key: str) -> str:
        """Return a hint for a key that means nothing: the nearest id or, without one, the steps that there are."""
        self._guesses_left -= 1
        if self._guesses_left < 0:
            return ""
        number = re.search(r":(\d+)", key)
        shown = number[1] if number else "*"
        known = {*self._by_written, *(each.shown(shown) for each in self._all)}
        steps = [step.id for step in self.steps[:_FEW]]
        more = ", …" if len(self.steps) > _FEW else ""
        return suggestion(key, sorted(known)) or f"its steps: {', '.join(steps)}{more}"


def _top(workflow: Workflow) -> tuple[Step, ...]:
    return (*workflow.steps, *workflow.finally_steps)


def _of_step(step: Step, ids: tuple[Shape, ...], inner: tuple[Shape, ...], workflow: Workflow) -> Iterator[Possible]:
    """Yield the ids of a step and of all inside it.

    `ids` are what its id may begin with, `inner` what the ids of steps in a block beside it begin with.
    """
    own = tuple((*each, *step.id) for each in ids)[:_MOST_SHAPES]
    yield from _inside(step, own, inner, workflow)


def _inside(step: Step, own: tuple[Shape, ...], inner: tuple[Shape, ...], workflow: Workflow) -> Iterator[Possible]:
    own, inner = own[:_MOST_SHAPES], inner[:_MOST_SHAPES]
    for shape in own:
        yield Possible(shape, step)
    kind = step.type
    facts = _NO_FACTS if kind.Config is None else facts_of(kind.Config)
    called = _called(step, workflow)
    if called is not None:
        within = tuple((*each, ":") for each in own)
        for top in _top(called):
            yield from _of_step(top, within, within, called)
    if facts.opens_scope:
        yield from _items(step, own, workflow)
        return
    for child in step.children:
        plain = tuple((*each, *child.id) for each in inner)
        if not facts.repeats:
            yield from _inside(child, plain, inner, workflow)
            continue
        later = tuple((*each, ":", *child.id, *_NUMBER) for each in own)
        yield from _inside(child, (*plain, *later), (*inner, *((*each, ":") for each in later)), workflow)
    if kind.type_key not in BUILT_IN and not kind.acts:
        # What steps a type of somebody else's hands back is known when it does.
        for shape in (*inner, *((*each, ":") for each in own)):
            yield Possible((*shape, _ANY), None)


def _items(step: Step, own: tuple[Shape, ...], workflow: Workflow) -> Iterator[Possible]:
    """Yield the ids inside a fan-out: its one step is the item, or several steps stand in one."""
    alone = getattr(step.config, "step", None)
    for child in step.children:
        if child is alone:
            items = tuple((*each, ":", *child.id, *_NUMBER) for each in own)
            yield from _inside(child, items, tuple((*each, ":") for each in items), workflow)
    if alone is None:
        items = tuple((*each, *":item", *_NUMBER) for each in own)
        for shape in items:
            yield Possible(shape, None)
        within = tuple((*each, ":") for each in items)
        for child in step.children:
            yield from _of_step(child, within, within, workflow)


def _called(step: Step, workflow: Workflow) -> Workflow | None:
    named = step.config.calls() if isinstance(step.config, StepConfig) else None
    return None if named is None else workflow.calls.get(named[1])


def _glob(pattern: str) -> Shape:
    """Return the parts of a pattern: characters, `*`, `?` and whole sets."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        found = _SET.match(pattern, at)
        part = found[0] if found else pattern[at]
        parts.append(part)
        at += len(part)
    return tuple(parts)


def _meet(glob: Shape, shape: Shape) -> bool:
    """Whether some id of a shape fits a pattern."""
    pending, seen = [(0, 0)], set()
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        i, j = at
        if i == len(glob) and j == len(shape):
            return True
        wanted = glob[i] if i < len(glob) else ""
        here = shape[j] if j < len(shape) else ""
        if wanted == "*":
            pending.append((i + 1, j))
        if here in (_MORE, _ANY):
            pending.append((i, j + 1))
        if wanted and here and _fits(wanted, here):
            pending.append((i if wanted == "*" else i + 1, j if here in (_MORE, _ANY) else j + 1))
    return False


def _fits(wanted: str, here: str) -> bool:
    """Whether one part of a pattern may take one character of a shape."""
    if wanted in ("*", "?") or here == _ANY:
        return True
    characters = "0123456789" if here in (_DIGIT, _MORE) else here
    if len(wanted) == 1:
        return wanted in characters
    chosen = re.compile(wanted.replace("[!", "[^", 1).replace("\\", "\\\\"))
    return any(chosen.fullmatch(each) for each in characters)
