"""`edits:` as written to edits (OVL-05, OVL-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard, cast, get_args

from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.packages.overlay import Edit, InputEdit, KeyEdit, Operation, StepEdit

if TYPE_CHECKING:
    from plait.load.findings import Findings, Path

_OPERATIONS: tuple[str, ...] = get_args(Operation)
_SET = "set"
_KEYS = (*_OPERATIONS, _SET, "operation", "anchor", "step")
_STEP_KEYS = ("step", "key", "value")
INPUT_KEYS = ("default", "required", "enum", "prompt", "description")
_SET_HINT = "such as `set: {step: ID, key: timeout, value: 60}` or `set: {input: NAME, default: 1}`"
_LISTED = ", ".join(f"`{name}`" for name in _OPERATIONS)


def read_edits(node: Node | None, otherwise: Node, findings: Findings) -> tuple[Edit, ...]:
    """Read the list of edits; problems with the list itself are pinned on `otherwise`."""
    if node is None:
        findings.add(otherwise, "`edits` is required", ("edits",), hint="an overlay has at least one edit")
        return ()
    if not isinstance(node, Sequence) or not node.items:
        findings.add(otherwise, "`edits` must be a list with at least one edit", ("edits",))
        return ()
    read = (_EditReader(item, ("edits", index), findings).read() for index, item in enumerate(node.items))
    return tuple(edit for edit in read if edit is not None)


class _NoEditError(Exception):
    """What is wrong with an edit has been told, and nothing comes of it."""


class _EditReader:
    """Reads one edit, up to the first thing that is wrong with it."""

    def __init__(self, node: Node, path: Path, findings: Findings) -> None:
        self.node = node
        self.path = path
        self.findings = findings

    def read(self) -> Edit | None:
        try:
            return self._edit(self.node)
        except _NoEditError:
            return None

    def _edit(self, node: Node) -> Edit:
        if not isinstance(node, Mapping):
            raise self._refusal(node, "an edit must be a mapping", hint="such as `remove: ID`")
        named = [key for key, _ in node.entries if key.text in (*_OPERATIONS, _SET)]
        if len(named) > 1:
            first, second = named[:2]
            raise self._refusal(second, f"an edit does one thing, and this has `{first.text}` and `{second.text}`")
        explicit = node.key("operation")
        if named and explicit is not None:
            raise self._refusal(explicit, f"an edit has either `{named[0].text}` or `operation`, and this has both")
        if named or explicit is not None:
            self.findings.check_keys(node, _KEYS, "an edit", self.path)
        if not named:
            return self._explicit(node)
        if named[0].text == _SET:
            return self._set(node, named[0])
        if (anchor := node.key("anchor")) is not None:
            raise self._refusal(anchor, f"`anchor` goes with `operation`; here `{named[0].text}` names the step")
        return self._step_edit(node, cast("Operation", named[0].text), node.get(named[0].text), named[0])

    def _explicit(self, node: Mapping) -> Edit:
        operation = node.get("operation")
        if operation is None:
            known = f"{_LISTED}, `{_SET}`"
            words = [key.text for key, _ in node.entries]
            guesses = (self.findings.guess(word, (*_OPERATIONS, _SET)) for word in words)
            raise self._refusal(node, f"an edit needs one of {known}", hint=next(filter(None, guesses), ""))
        if not isinstance(operation, Scalar) or operation.text not in _OPERATIONS:
            word = operation.text if isinstance(operation, Scalar) else ""
            target = operation if isinstance(operation, Scalar) else node.key("operation") or node
            hint = self.findings.guess(word, _OPERATIONS)
            raise self._refusal(target, f"`operation` must be one of {_LISTED}", "operation", hint=hint)
        return self._step_edit(
            node, cast("Operation", operation.text), node.get("anchor"), node.key("anchor") or operation
        )

    def _step_edit(self, node: Mapping, operation: Operation, anchor: Node | None, otherwise: Node) -> Edit:
        if not _is_name(anchor):
            target = anchor if isinstance(anchor, Scalar) and anchor.end > anchor.start else otherwise
            raise self._refusal(target, f"`{operation}` needs the id of a step", hint="an id is text")
        step = node.get("step")
        if operation == "remove":
            if step is not None:
                raise self._refusal(node.key("step") or step, "`remove` takes no `step`", "step")
            return StepEdit(operation, anchor.text, anchor)
        if not isinstance(step, Mapping):
            target = node.key("step") or otherwise
            raise self._refusal(target, f"`{operation}` needs a `step`, which must be a mapping", "step")
        self._check_id(step)
        return StepEdit(operation, anchor.text, anchor, step)

    def _check_id(self, step: Mapping) -> None:
        written = step.get("id")
        if not _is_name(written):
            raise self._refusal(step.key("id") or step, "`id` is required, and must be text", "step", "id")
        if ":" in written.text:
            hint = "colons make up the ids of a fan-out's items"
            raise self._refusal(written, "`id` must not contain `:`", "step", "id", hint=hint)

    def _set(self, node: Mapping, key: Scalar) -> Edit:
        for name in ("anchor", "step"):
            if (extra := node.key(name)) is not None:
                raise self._refusal(extra, f"`{name}` does not go with `set`", name, hint=_SET_HINT)
        value = node.get(_SET)
        if not isinstance(value, Mapping):
            raise self._refusal(key, "`set` must be a mapping", _SET, hint=_SET_HINT)
        has_step, has_input = value.get("step") is not None, value.get("input") is not None
        if has_step == has_input:
            raise self._refusal(key, "`set` needs either `step` or `input`", _SET, hint=_SET_HINT)
        return self._key_edit(value) if has_step else self._input_edit(value)

    def _key_edit(self, node: Mapping) -> Edit:
        self.findings.check_keys(node, _STEP_KEYS, "`set` of a step", (*self.path, _SET))
        anchor, value = node.get("step"), node.get("value")
        if not _is_name(anchor):
            raise self._refusal(node.key("step") or node, "`step` must be the id of a step", _SET, "step")
        keys = _parts(node.get("key"))
        if not keys or not all(key.text for key in keys):
            target = node.key("key") or node
            message = "`key` must be the key to set: a name, several with dots between them, or a list of names"
            raise self._refusal(target, message, _SET, "key")
        if value is None:
            raise self._refusal(node, "`value` is required", _SET, "value", hint="`value: null` is for none")
        if keys[0].text == "id":
            raise self._refusal(keys[0], "the `id` of a step cannot be set", _SET, "key", hint="`replace` the step")
        return KeyEdit(anchor.text, anchor, keys, value)

    def _input_edit(self, node: Mapping) -> Edit:
        self.findings.check_keys(node, ("input", *INPUT_KEYS), "`set` of an input", (*self.path, _SET))
        name = node.get("input")
        if not _is_name(name):
            raise self._refusal(node.key("input") or node, "`input` must be the name of an input", _SET, "input")
        changes = tuple((key, value) for key, value in node.entries if key.text in INPUT_KEYS)
        if not changes:
            known = ", ".join(f"`{key}`" for key in INPUT_KEYS)
            raise self._refusal(node, f"nothing of the input is set: one of {known} is needed", _SET)
        return InputEdit(name.text, name, changes)

    def _refusal(self, place: Node, message: str, *path: str, hint: str = "") -> _NoEditError:
        self.findings.add(place, message, (*self.path, *path), hint=hint)
        return _NoEditError()


def _is_name(node: Node | None) -> TypeGuard[Scalar]:
    return isinstance(node, Scalar) and isinstance(node.value, str) and bool(node.text)


def _parts(node: Node | None) -> tuple[Scalar, ...]:
    """Return the names that lead to a key, each with a place of its own."""
    if isinstance(node, Sequence):
        return tuple(item for item in node.items if isinstance(item, Scalar)) if _all_scalars(node) else ()
    if not isinstance(node, Scalar) or node.value is None:
        return ()
    return tuple(Scalar(node.source, node.start, node.end, part, node.style, part) for part in node.text.split("."))


def _all_scalars(node: Sequence) -> bool:
    return all(isinstance(item, Scalar) for item in node.items)
