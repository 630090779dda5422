"""Turns the tree of an expression into closures that take the scope and return the value.

The closures never meet lazy text: a path reads it, also inside lists and mappings, before anything works with it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from plait.errors import EvaluationError
from plait.expressions.filters import Filter, parse_number
from plait.expressions.nodes import Comparison, Constant, Group, Node, Not, Path, Piped, Several
from plait.expressions.values import UnsuitableError, settle, shown

Scope = Mapping[str, object]
Evaluate = Callable[[Scope], object]
_Compare = Callable[[Any, Any], bool]

_PLAIN = frozenset({str, int, float, bool, type(None)})
_ORDERS: dict[str, _Compare] = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


def compile_node(node: Node, text: str) -> Evaluate:  # noqa: PLR0911 - one return a kind of node
    """Return the function that evaluates a node of the template `text`."""
    match node:
        case Constant(value=value):
            return lambda _scope: value
        case Path(keys=keys):
            return _settled(compile_lookup(keys))
        case Group(inner=inner):
            return compile_node(inner, text)
        case Not(operand=operand):
            return _negation(compile_node(operand, text))
        case Several(role=role, operands=operands):
            return _several(role, tuple(compile_node(each, text) for each in operands))
        case Comparison():
            return _comparison(node, text)
        case Piped():
            return _piped(node, text)
    raise AssertionError(node)


def compile_lookup(keys: tuple[str | int, ...]) -> Evaluate:
    """Return the function that walks a path, lazy text left unread; anything missing is null (EXP-08..11)."""

    def walk(scope: Scope) -> object:
        value: Any = scope
        for key in keys:
            if type(value) is dict:
                value = value.get(key)
            elif value is None:
                return None
            else:
                value = _enter(value, key)
        return value

    return walk


def _enter(value: object, key: str | int) -> object:
    if isinstance(value, Mapping):
        return cast("object", value.get(key))
    if isinstance(key, int) and isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return value[key] if -len(value) <= key < len(value) else None
    return None


def _settled(lookup: Evaluate) -> Evaluate:
    def read(scope: Scope) -> object:
        value = lookup(scope)
        return value if type(value) in _PLAIN else settle(value)

    return read


def _negation(operand: Evaluate) -> Evaluate:
    return lambda scope: not operand(scope)


def _several(role: str, operands: tuple[Evaluate, ...]) -> Evaluate:
    def all_true(scope: Scope) -> bool:
        for operand in operands:  # noqa: SIM110 - all() with a generator takes twice as long
            if not operand(scope):
                return False
        return True

    def any_true(scope: Scope) -> bool:
        for operand in operands:  # noqa: SIM110 - any() with a generator takes twice as long
            if operand(scope):
                return True
        return False

    def items(scope: Scope) -> list[object]:
        return [operand(scope) for operand in operands]

    return {"and": all_true, "or": any_true, "list": items}[role]


def _comparison(node: Comparison, text: str) -> Evaluate:
    left, right = compile_node(node.left, text), compile_node(node.right, text)
    match node.operator:
        case "==":
            return lambda scope: left(scope) == right(scope)
        case "!=":
            return lambda scope: left(scope) != right(scope)
        case "in":
            return lambda scope: _is_in(left(scope), right(scope))
        case "not in":
            return lambda scope: not _is_in(left(scope), right(scope))
    order = _ORDERS[node.operator]
    return lambda scope: _ordered(order, left(scope), right(scope))


def _is_in(value: object, container: Any) -> bool:
    try:
        return value in container
    except TypeError:
        # Not a container, or one that cannot hold such a value (EXP-21).
        return False


def _ordered(order: _Compare, left: object, right: object) -> bool:
    left_number, right_number = _as_number(left), _as_number(right)
    if left_number is not None and right_number is not None:
        return order(left_number, right_number)
    try:
        return bool(order(left, right))
    except TypeError:
        return False


def _as_number(value: object) -> int | float | None:
    if isinstance(value, str):
        return parse_number(value)
    return value if isinstance(value, (int, float)) else None


def _piped(node: Piped, text: str) -> Evaluate:
    value = compile_node(node.value, text)
    arguments = tuple(compile_node(argument, text) for argument in node.arguments)
    chosen = node.filter

    def put_through(scope: Scope) -> object:
        given = value(scope)
        values = [argument(scope) for argument in arguments]
        try:
            if chosen.text_arguments:
                _check_text(chosen, values)
            return chosen.apply(given, *values)
        except UnsuitableError as error:
            raise EvaluationError(
                f"{error} in {shown(text[node.start : node.end])}",
                text=text,
                offset=node.name_start,
                length=len(chosen.name),
                hint=error.hint,
            ) from None

    return put_through


def _check_text(chosen: Filter, values: list[object]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise UnsuitableError(f"{chosen.name} takes text as its argument, not {value!r}")
