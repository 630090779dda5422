"""The tree that a YAML text stands for, every node knowing its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value. `text` is what was written, quotes and escapes resolved; `value` what it means.

    `start` and `end` are indexes into the source, quotes included; `style` is YAML's own character (`'`, `"`, `|`,
    `>`), empty for plain text.
    """

    start: int
    end: int
    text: str
    style: str
    value: object
    size: int = 1
    height: int = 1


@dataclass(slots=True, eq=False)
class Sequence:
    """A list; `value` holds the plain values of its items."""

    start: int
    end: int = 0
    items: list[Node] = field(default_factory=list)
    value: list[object] = field(default_factory=list)
    size: int = 1
    height: int = 1


@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping; `entries` in the order written, merged ones (`<<`) first."""

    start: int
    end: int = 0
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    value: dict[object, object] = field(default_factory=dict)
    size: int = 1
    height: int = 1

    def get(self, name: str) -> Node | None:
        """Return the value of a key, or None if there is no such key."""
        for key, node in self.entries:
            if key.text == name:
                return node
        return None

    def key(self, name: str) -> Scalar | None:
        """Return a key itself, or None if there is no such key."""
        for key, _ in self.entries:
            if key.text == name:
                return key
        return None

    def by_name(self) -> dict[str, Node]:
        """Return the values by their keys' text as written."""
        return {key.text: node for key, node in self.entries}


Node = Scalar | Sequence | Mapping


def child(node: Node, part: str | int) -> Node | None:
    """Return what is at one step of a path, or None."""
    if isinstance(node, Mapping):
        return node.get(str(part))
    if isinstance(node, Sequence) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part]
    return None


def descend(node: Node, path: tuple[str | int, ...]) -> Iterator[Node]:
    """Yield the nodes along a path, as far as it leads."""
    here: Node | None = node
    for part in path:
        here = child(node, part)
        if here is None:
            return
        yield here
        node = here
