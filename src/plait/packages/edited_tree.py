"""A workflow's tree with edits applied to it (OVL-09..11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.load.nodes import Mapping, Node, Scalar, Sequence, child
from plait.packages.overlay import KeyEdit, StepEdit
from plait.packages.step_tree import blocks_of, holds_steps, step_id, top_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as MappingABC
    from collections.abc import Sequence as SequenceABC

    from plait.load.findings import Findings
    from plait.packages.overlay import Overlay


class Applied(NamedTuple):
    """One edit of a step, and the overlay it is from."""

    overlay: Overlay
    edit: StepEdit | KeyEdit


def deciding(edits: SequenceABC[Applied]) -> Applied | None:
    """Return the edit that decides what becomes of a step: of those that are not `set`, the one applied last."""
    return next((each for each in reversed(edits) if isinstance(each.edit, StepEdit)), None)


class TreeEditor:
    """Applies edits, in their order of application, to one tree; what is unchanged keeps its nodes.

    `tell` is called for every key that is set: the step's id, the key, the overlay.
    """

    def __init__(
        self,
        edits: MappingABC[str, SequenceABC[Applied]],
        findings: Findings,
        tell: Callable[[str, KeyEdit, Overlay], None],
    ) -> None:
        self.edits = edits
        self.findings = findings
        self.tell = tell

    def edited(self, root: Mapping) -> Mapping:
        """Return the tree of a whole workflow."""
        for key, block in top_blocks(root):
            if (changed := self._block(block)) is not block:
                root = root.with_entry(self._blamed(key, block, changed), changed)
        return root

    def _block(self, block: Sequence) -> Sequence:
        items = [each for item in block.items for each in self._replacement(item)]
        if len(items) == len(block.items) and all(map(_is_same, items, block.items)):
            return block
        return block.holding(items)

    def _replacement(self, item: Node) -> list[Node]:
        """Return what stands where a step stood."""
        if not isinstance(item, Mapping):
            return [item]
        edits = self.edits.get(step_id(item) or "", ())
        last = deciding(edits)
        operation = last.edit.operation if last is not None and isinstance(last.edit, StepEdit) else None
        if operation == "remove":
            return []
        here: Mapping
        if operation == "replace" and last is not None:
            here, edits_of_it = _step_of(last), edits[edits.index(last) + 1 :]
        else:
            here, edits_of_it = self._inside(item), edits
        for each in edits_of_it:
            if isinstance(each.edit, KeyEdit):
                here = self._with_key(here, each.edit, each.overlay)
        return [*_inserted(edits, "insert_before"), here, *_inserted(_strongest_first(edits), "insert_after")]

    def _inside(self, step: Mapping) -> Mapping:
        for key, name, block in list(blocks_of(step)):
            changed = self._block(block)
            if changed is block:
                continue
            holder = step.get(key.text)
            if name is not None and isinstance(holder, Mapping):
                step = step.with_entry(key, holder.with_entry(self._blamed(name, block, changed), changed))
            else:
                step = step.with_entry(self._blamed(key, block, changed), changed)
        return step

    def _blamed(self, key: Scalar, before: Sequence, after: Sequence) -> Scalar:
        """Return the key of a list of steps; where edits have emptied it, as if it stood where the last of them is."""
        removed = [last for item in before.items if (last := deciding(self.edits.get(step_id(item) or "", ())))]
        if after.items or not removed:
            return key
        place = removed[-1].edit.place
        return Scalar(place.source, place.start, place.end, key.text, key.style, key.value)

    def _with_key(self, step: Mapping, edit: KeyEdit, overlay: Overlay) -> Mapping:
        node: Node | None = step
        for depth, key in enumerate(edit.keys):
            if not isinstance(node, Mapping):
                way = ".".join(each.text for each in edit.keys[:depth])
                self.findings.add(key, f"`{way}` of step `{edit.anchor}` is no mapping, so it has no `{key.text}`")
                return step
            node = child(node, key.text)
            if node is None:
                break
        else:
            if node is not None and holds_steps(node):
                message = f"`{edit.key}` of step `{edit.anchor}` holds steps, which edits name by their own ids"
                self.findings.add(edit.keys[-1], message)
                return step
        self.tell(edit.anchor, edit, overlay)
        return _set(step, edit.keys, edit.value)


def _is_same(one: Node, other: Node) -> bool:
    return one is other


def _step_of(applied: Applied) -> Mapping:
    step = applied.edit.step if isinstance(applied.edit, StepEdit) else None
    if step is None:
        raise AssertionError(applied.edit)
    return step


def _inserted(edits: SequenceABC[Applied], operation: str) -> list[Node]:
    return [
        each.edit.step
        for each in edits
        if isinstance(each.edit, StepEdit) and each.edit.operation == operation and each.edit.step is not None
    ]


def _strongest_first(edits: SequenceABC[Applied]) -> list[Applied]:
    """Return edits with those of the overlay applied last first, each overlay's own in their order (OVL-10)."""
    groups: dict[str, list[Applied]] = {}
    for each in edits:
        groups.setdefault(each.overlay.id, []).append(each)
    return [each for group in reversed(groups.values()) for each in group]


def _set(node: Mapping, keys: tuple[Scalar, ...], value: Node) -> Mapping:
    """Return a mapping with a value at the end of a way of keys; mappings that lack on the way are made."""
    key, *rest = keys
    if not rest:
        return node.with_entry(key, value)
    inner = node.get(key.text)
    if inner is None:
        inner = Mapping(key.source, key.start, key.end)
        known = key
    else:
        known = node.key(key.text) or key
    return node.with_entry(known, _set(inner, tuple(rest), value)) if isinstance(inner, Mapping) else node
