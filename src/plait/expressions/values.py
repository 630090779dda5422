"""The values that expressions work with: how they are named, written as text and kept out of memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

MAX_NODES = 5_000_000
"""The most values a list or mapping may hold, all levels together, when it is written as text."""

_SCALARS = frozenset({str, int, float, bool, type(None)})
_CONTAINERS = frozenset({dict, list, tuple})
_OPEN = -1
_LONGEST_SHOWN = 120
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "null"),
    (bool, "a boolean"),
    ((int, float), "a number"),
    ((list, tuple), "a list"),
    (Mapping, "a mapping"),
)


class LazyText:
    """Text too large to be kept in memory; subclasses know where it is.

    A path yields the object itself; operators, filters, interpolation and the result of an evaluation read it.
    """

    __slots__ = ()

    @property
    def size(self) -> int:
        """The length in bytes."""
        raise NotImplementedError

    def read(self) -> str:
        """Return the whole text."""
        raise NotImplementedError


class UnsuitableError(Exception):
    """A filter was given a value it cannot work with; becomes an `EvaluationError` that knows the place."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def kind(value: object) -> str:
    """Name the kind of a value in a user's words: `text`, `a number`, `a list`, `a mapping`, `null`, ..."""
    if isinstance(value, (str, LazyText)):
        return "text"
    return next((name for types, name in _KINDS if isinstance(value, types)), f"a {type(value).__name__}")


def shown(source: str) -> str:
    """Quote the source of an expression for a message, a long one shortened."""
    return repr(source if len(source) <= _LONGEST_SHOWN else f"{source[: _LONGEST_SHOWN - 3]}...")


def to_text(value: object) -> str:
    """Write a value the way it appears inside text: null as nothing, lists, mappings and booleans as JSON (EXP-03)."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, LazyText):
        return value.read()
    if isinstance(value, (bool, list, tuple, Mapping, AbstractSet)):
        return to_json(value)
    return str(value)


def to_json(value: object) -> str:
    """Write a value as JSON on one line; non-ASCII text stays readable.

    Raises:
        UnsuitableError: the value holds itself, or more than `MAX_NODES` values.
    """
    check_expanded_size(value)
    try:
        return json.dumps(value, ensure_ascii=False, default=_jsonable)
    except (TypeError, ValueError) as error:
        raise UnsuitableError(f"{kind(value)} cannot be written as JSON: {error}") from None


def _jsonable(value: object) -> object:
    if isinstance(value, LazyText):
        return value.read()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet):
        return sorted(value, key=str)
    return str(value)


def check_expanded_size(value: object) -> None:
    """Refuse a value whose parts, shared ones counted every time they appear, are too many to write down.

    Nested YAML aliases make such values out of a few hundred bytes. Each container is looked at once.

    Raises:
        UnsuitableError: the value holds itself, or more than `MAX_NODES` values.
    """
    if type(value) in _CONTAINERS and _expanded_size(value, {}) > MAX_NODES:
        raise UnsuitableError(f"{kind(value)} of more than {MAX_NODES:,} values is too large to write as text")


def _expanded_size(value: object, sizes: dict[int, int]) -> int:
    # An explicit stack: a value may be nested as deep as its parser allowed, the call stack may not.
    stack: list[tuple[object, bool]] = [(value, False)]
    while stack:
        container, children_done = stack.pop()
        key = id(container)
        children = _children(container)
        if children_done:
            sizes[key] = 1 + sum(sizes[id(child)] if type(child) in _CONTAINERS else 1 for child in children)
        elif key not in sizes:
            sizes[key] = _OPEN
            stack.append((container, True))
            for child in children:
                if type(child) not in _CONTAINERS:
                    continue
                if sizes.get(id(child)) == _OPEN:
                    raise UnsuitableError(f"{kind(value)} that holds itself cannot be written as text")
                stack.append((child, False))
    return sizes[id(value)]


def _children(container: Any) -> Any:
    return container.values() if type(container) is dict else container


def settle(value: object) -> object:
    """Read the lazy text that a value is or holds; a value without any is returned as it is, not copied."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, LazyText):
        return value.read()
    if type(value) in _CONTAINERS and _holds_lazy_text(value):
        return _read_within(value, {})
    return value


def _holds_lazy_text(value: object) -> bool:
    seen = {id(value)}
    stack = [value]
    while stack:
        for child in _children(stack.pop()):
            if type(child) in _SCALARS:
                continue
            if isinstance(child, LazyText):
                return True
            if type(child) in _CONTAINERS and id(child) not in seen:
                seen.add(id(child))
                stack.append(child)
    return False


def _read_within(value: Any, done: dict[int, object]) -> object:
    if isinstance(value, LazyText):
        return value.read()
    if type(value) not in _CONTAINERS:
        return value
    if id(value) not in done:
        if type(value) is dict:
            done[id(value)] = {key: _read_within(child, done) for key, child in value.items()}
        else:
            done[id(value)] = type(value)([_read_within(child, done) for child in value])
    return done[id(value)]
