"""Which steps of a workflow edits can name, and where they stand (OVL-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.load.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKS = ("then", "else", "steps", "default")
_NAMED_BLOCKS = ("cases", "branches")
TOP_BLOCKS = ("steps", "finally")


class Place(NamedTuple):
    """A step and the steps around it, the outermost first."""

    step: Mapping
    around: tuple[Mapping, ...]


def step_id(node: Node) -> str | None:
    """Return the id of a step, if it has a sound one."""
    written = node.get("id") if isinstance(node, Mapping) else None
    return written.text if isinstance(written, Scalar) and isinstance(written.value, str) else None


def blocks_of(step: Mapping) -> Iterator[tuple[Scalar, Scalar | None, Sequence]]:
    """Yield the lists of steps inside a step: the key, the name below it where blocks have names, the list."""
    for key, node in step.entries:
        if key.text in _BLOCKS and isinstance(node, Sequence):
            yield key, None, node
        elif key.text in _NAMED_BLOCKS and isinstance(node, Mapping):
            for name, block in node.entries:
                if isinstance(block, Sequence):
                    yield key, name, block


def top_blocks(root: Mapping) -> Iterator[tuple[Scalar, Sequence]]:
    """Yield the lists of steps of a workflow."""
    for key, node in root.entries:
        if key.text in TOP_BLOCKS and isinstance(node, Sequence):
            yield key, node


def walk(root: Mapping) -> Iterator[Place]:
    """Yield every step that edits can name, in document order; the template of a fan-out is none."""
    for _, block in top_blocks(root):
        yield from _walk(block, ())


def _walk(block: Sequence, around: tuple[Mapping, ...]) -> Iterator[Place]:
    for item in block.items:
        if isinstance(item, Mapping):
            yield Place(item, around)
            for _, _, inner in blocks_of(item):
                yield from _walk(inner, (*around, item))


def holds_steps(node: Node) -> bool:
    """Whether a value has steps in it that edits can name."""
    if isinstance(node, Mapping):
        return any(holds_steps(value) for _, value in node.entries if isinstance(value, Sequence))
    return isinstance(node, Sequence) and any(step_id(item) is not None for item in node.items)
