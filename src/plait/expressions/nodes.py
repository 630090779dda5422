"""The tree an expression is parsed into; `start` and `end` are places in the template's text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.expressions.filters import Filter

Operator = Literal["==", "!=", ">", "<", ">=", "<=", "in", "not in"]


class Reference(NamedTuple):
    """A path that an expression reads, such as `steps.build.output`, and its place in the template's text."""

    path: tuple[str | int, ...]
    offset: int
    length: int

    @property
    def root(self) -> str:
        """The name the path starts with."""
        return str(self.path[0])


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A part of an expression."""

    start: int
    end: int


@dataclass(slots=True, eq=False, repr=False)
class Constant(Node):
    """A text, a number, `true`, `false` or `null`."""

    value: object


@dataclass(slots=True, eq=False, repr=False)
class Path(Node):
    """A value looked up in the scope."""

    keys: tuple[str | int, ...]


@dataclass(slots=True, eq=False, repr=False)
class Group(Node):
    """An expression in parentheses."""

    inner: Node


@dataclass(slots=True, eq=False, repr=False)
class Several(Node):
    """A list literal, or the operands of one row of `and` or `or`."""

    role: Literal["list", "and", "or"]
    operands: tuple[Node, ...]


@dataclass(slots=True, eq=False, repr=False)
class Not(Node):
    """A negation."""

    operand: Node


@dataclass(slots=True, eq=False, repr=False)
class Comparison(Node):
    """Two operands and the operator between them."""

    operator: Operator
    left: Node
    right: Node


@dataclass(slots=True, eq=False, repr=False)
class Piped(Node):
    """A value and the filter it is put through."""

    value: Node
    filter: Filter
    arguments: tuple[Node, ...]
    name_start: int


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts a node is made of, in the order they are written."""
    match node:
        case Group(inner=inner):
            return (inner,)
        case Not(operand=operand):
            return (operand,)
        case Several(operands=operands):
            return operands
        case Comparison(left=left, right=right):
            return (left, right)
        case Piped(value=value, arguments=arguments):
            return (value, *arguments)
    return ()


def references(node: Node) -> Iterator[Reference]:
    """Yield every path the expression reads, in the order they are written."""
    if isinstance(node, Path):
        yield Reference(node.keys, node.start, node.end - node.start)
    for child in children(node):
        yield from references(child)


def filter_names(node: Node) -> tuple[str, ...]:
    """Return the filters of the outermost pipeline, in the order they are applied."""
    names: list[str] = []
    while isinstance(node, (Group, Piped)):
        if isinstance(node, Piped):
            names.append(node.filter.name)
            node = node.value
        else:
            node = node.inner
    return tuple(reversed(names))
