"""`inputs:` as written to declarations, their defaults and choices checked (INP-01, INP-02, INP-08, INP-09)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast, get_args

from plait.errors import InputError
from plait.load.file_fields import INPUT_FIELDS
from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.load.scalars import truth_of
from plait.model.inputs import coerce
from plait.model.problems import Severity
from plait.model.workflow import Input
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.load.findings import Findings, Path

InputType = Literal["string", "number", "integer", "boolean"]
_TYPES: tuple[str, ...] = get_args(InputType)
_KEYS = tuple(INPUT_FIELDS)


def read_inputs(node: Node | None, key: Node | None, findings: Findings) -> tuple[dict[str, Input], bool]:
    """Return the declarations, and whether all of them are sound."""
    if node is None:
        return {}, True
    if not isinstance(node, Mapping):
        findings.add(key or node, "`inputs` must be a mapping of names to declarations", ("inputs",))
        return {}, False
    declared: dict[str, Input] = {}
    sound = True
    for name, entry in node.entries:
        declaration = _Reader(name, entry, findings).read()
        declared[name.text] = declaration or Input(name.text)
        sound = sound and declaration is not None
    return declared, sound


class _Reader:
    """Reads one declaration."""

    def __init__(self, name: Scalar, node: Node, findings: Findings) -> None:
        self.key = name
        self.name = name.text
        self.node = node
        self.findings = findings
        self.path: Path = ("inputs", name.text)
        self.sound = True

    def read(self) -> Input | None:
        node = self.node
        if not isinstance(node, Mapping):
            hint = f"such as `{self.name}: {{type: string}}`"
            self.findings.add(self.key, f"input `{self.name}` must be a mapping", self.path, hint=hint)
            return None
        self.findings.check_keys(node, _KEYS, "an input", self.path)
        declaration = Input(
            self.name,
            type=self._type(node),
            required=self._required(node),
            prompt=_text(node.get("prompt")),
            description=_text(node.get("description")),
        )
        if self.sound:
            declaration = self._with_choices(declaration, node)
        return declaration if self.sound else None

    def _refuse(self, node: Node, key: str, message: str, hint: str = "") -> None:
        self.sound = False
        self.findings.add(node, message, (*self.path, key), hint=hint)

    def _type(self, node: Mapping) -> InputType | None:
        written = node.get("type")
        if written is None:
            return "string"
        if isinstance(written, Scalar) and (written.value is None or not written.text.strip()):
            return None
        if not isinstance(written, Scalar) or written.text not in _TYPES:
            word = written.text if isinstance(written, Scalar) else ""
            known = ", ".join(f"`{each}`" for each in _TYPES)
            target = written if isinstance(written, Scalar) else node.key("type") or written
            self._refuse(target, "type", f"the type of an input must be one of {known}", suggestion(word, _TYPES))
            return None
        return cast("InputType", written.text)

    def _required(self, node: Mapping) -> bool:
        written = node.get("required")
        if written is None or (isinstance(written, Scalar) and written.value is None):
            return False
        truth = truth_of(written.text) if isinstance(written, Scalar) else None
        if truth is None and isinstance(written.value, (int, float)):
            truth = bool(written.value)
        if truth is None:
            self._refuse(node.key("required") or written, "required", "`required` must be true or false")
        return bool(truth)

    def _with_choices(self, declaration: Input, node: Mapping) -> Input:
        choices = node.get("enum")
        if choices is not None and choices.value is not None:
            if not isinstance(choices, Sequence):
                self._refuse(node.key("enum") or choices, "enum", "`enum` must be a list of values")
                return declaration
            declaration = replace(declaration, enum=tuple(self._choices(declaration, choices)))
        default = node.get("default")
        if default is None or not self.sound:
            return declaration
        try:
            value = coerce(declaration, _meant(declaration, default))
        except InputError as error:
            is_plain = (
                declaration.type == "string" and not isinstance(default.value, str) and default.end > default.start
            )
            hint = f'put quotes around it: "{default.text}"' if is_plain and isinstance(default, Scalar) else ""
            target = default if default.end > default.start else self.key
            self._refuse(target, "default", error.message.replace("input ", "the default of input ", 1), hint)
            return declaration
        return replace(declaration, has_default=True, default=value)

    def _choices(self, declaration: Input, node: Sequence) -> Iterator[object]:
        """Yield the choices as the input's type has them; one that no value can be is only warned of."""
        for item in node.items:
            value = _meant(declaration, item)
            if declaration.type == "string" and isinstance(item, Scalar) and value is not None:
                value = item.text
            try:
                yield coerce(declaration, value)
            except InputError as error:
                message = error.message.replace("input ", "a choice of input ", 1)
                path = (*self.path, "enum")
                self.findings.add(item, message, path, severity=Severity.WARNING)


def _meant(declaration: Input, node: Node) -> object:
    """Return a value; unquoted `yes` and `off` are booleans where a boolean is declared."""
    if declaration.type == "boolean" and isinstance(node, Scalar) and not node.style and isinstance(node.value, str):
        truth = truth_of(node.text)
        return node.value if truth is None else truth
    return node.value


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) and node.value is not None else None
