"""The tree that a YAML text stands for, every node knowing its text and its place in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.load.source import Source


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value. `text` is what was written, quotes and escapes resolved; `value` what it means.

    `start` and `end` are indexes into `source`, quotes included; `style` is YAML's own character (`'`, `"`, `|`,
    `>`), empty for plain text.
    """

    source: Source
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

    source: Source
    start: int
    end: int = 0
    items: list[Node] = field(default_factory=list)
    value: list[object] = field(default_factory=list)
    size: int = 1
    height: int = 1

    def holding(self, items: list[Node]) -> Sequence:
        """Return a list at the same place that holds other items."""
        size, height = _extent(items)
        return Sequence(self.source, self.start, self.end, items, [item.value for item in items], size, height)


@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping; `entries` in the order written, merged ones (`<<`) first."""

    source: Source
    start: int
    end: int = 0
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    value: dict[object, object] = field(default_factory=dict)
    size: int = 1
    height: int = 1

    def holding(self, entries: list[tuple[Scalar, Node]]) -> Mapping:
        """Return a mapping at the same place that holds other entries."""
        size, height = _extent([node for entry in entries for node in entry])
        value = {key.value: node.value for key, node in entries}
        return Mapping(self.source, self.start, self.end, entries, value, size, height)

    def with_entry(self, key: Scalar, node: Node) -> Mapping:
        """Return a mapping in which a key has another value; a new key comes last."""
        entries = [entry for entry in self.entries if entry[0].text != key.text]
        place = next((index for index, (known, _) in enumerate(self.entries) if known.text == key.text), len(entries))
        entries.insert(place, (key, node))
        return self.holding(entries)

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


def _extent(nodes: list[Node]) -> tuple[int, int]:
    """Return the size and the height of what holds some nodes."""
    return 1 + sum(node.size for node in nodes), 1 + max((node.height for node in nodes), default=0)


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
