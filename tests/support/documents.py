"""A workflow file as a JSON Schema validator sees it: plain data whose keys are text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.load.nodes import Mapping, Sequence

if TYPE_CHECKING:
    from plait.load.nodes import Node


def as_json_data(node: Node) -> object:
    """Return what a tree stands for, the keys of its mappings as they are written."""
    if isinstance(node, Mapping):
        return {key.text: as_json_data(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [as_json_data(item) for item in node.items]
    return node.value
