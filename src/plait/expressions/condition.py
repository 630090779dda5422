"""Conditions: one expression, or a literal true or false (CON-01..05)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

from plait.errors import EvaluationError, ExpressionError
from plait.expressions.template import Expression, Template
from plait.expressions.tokens import fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.expressions.compile import Scope
    from plait.expressions.nodes import Reference

ROOTS = frozenset({"inputs", "steps", "item", "item_index", "fan_in", "context", "run"})
"""The names an expression's paths may start with."""

_LITERALS = {"true": True, "false": False}


class Condition:
    """What a step is decided by; immutable, equal to any condition of the same text.

    `written` is what the author wrote, and `text` the same with `true` or `false` for a YAML boolean; `references`
    are the paths it reads.
    """

    __slots__ = ("_constant", "expression", "references", "text", "written")

    written: str | bool
    text: str
    expression: Expression | None
    references: tuple[Reference, ...]
    _constant: bool

    def __init__(self, written: str | bool, expression: Expression | None, *, constant: bool = False) -> None:
        object.__setattr__(self, "written", written)
        object.__setattr__(self, "text", written if isinstance(written, str) else str(written).lower())
        object.__setattr__(self, "expression", expression)
        object.__setattr__(self, "references", expression.references if expression else ())
        object.__setattr__(self, "_constant", constant)

    @staticmethod
    def parse(value: str | bool) -> Condition:
        """Parse a text with one expression, or a literal boolean.

        Raises:
            ExpressionError: the text would never be evaluated, mixes text with braces, or holds what is not an
                expression. Its hint shows the text to write instead where that is certain (CON-04).
        """
        if isinstance(value, bool):
            return Condition(value, None, constant=value)
        template = Template.parse(value)
        if template.single is not None:
            return Condition(value, template.single)
        literal = _LITERALS.get(value.strip().lower())
        if literal is None and value:
            _refuse(template)
        return Condition(value, None, constant=bool(literal))

    def evaluate(self, scope: Scope) -> bool:
        """Return whether the condition holds: the words true and false count as such, other values by truth (CON-01).

        Raises:
            EvaluationError: the values in the scope do not fit the expression.
        """
        if self.expression is None:
            return self._constant
        value = self.expression.evaluate(scope)
        if isinstance(value, str):
            return _LITERALS.get(value.strip().lower(), bool(value))
        return bool(value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a condition is immutable: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a condition is immutable: {name}")

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Condition) else NotImplemented

    def __hash__(self) -> int:
        return hash((Condition, self.text))

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def __str__(self) -> str:
        return self.text

    def __copy__(self) -> Condition:
        return self

    def __deepcopy__(self, memo: object) -> Condition:
        return self

    def __reduce__(self) -> tuple[Callable[[str | bool], Condition], tuple[str | bool]]:
        return Condition.parse, (self.written,)


def _refuse(template: Template) -> NoReturn:
    text = template.text
    if not text.strip():
        fail(text, 0, len(text), "a condition of white space alone is never evaluated", "write true or false")
    if template.unterminated is not None:
        fail(text, template.unterminated, 2, "this '{{' is never closed, so the condition is never evaluated")
    if template.is_literal:
        fail(text, 0, len(text), "a condition without {{ }} is never evaluated", _correction(text))
    place = next((each for each in template.segments if isinstance(each, str) and each.strip()), "")
    at = text.find(place.strip()) if place else 0
    fail(
        text,
        at,
        len(place.strip()) or len(text),
        "a condition is one {{ }} block; text next to it is not allowed",
        _correction(_unwrapped(template)),
    )


def _unwrapped(template: Template) -> str:
    """Return the condition with its inner braces taken away, or "" if the parts touch and would run together."""
    text, parts = template.text, []
    for segment in template.segments:
        if isinstance(segment, str):
            parts.append(segment)
            continue
        before, after = text[: segment.start][-1:], text[segment.end :][:1]
        if not (before.isspace() or before in ("", "(")) or not (after.isspace() or after in ("", ")")):
            return ""
        is_simple = not any(character.isspace() for character in segment.source)
        parts.append(segment.source if is_simple else f"({segment.source})")
    return "".join(parts).strip()


def _correction(source: str) -> str:
    """Say what to write: the source in braces if that is certain to mean something (CON-04), else why not."""
    if not source:
        return "write one expression in {{ }}"
    wrapped = f"{{{{ {source.strip()} }}}}"
    try:
        template = Template.parse(wrapped)
    except ExpressionError as error:
        return f"in {{{{ }}}} it is not an expression either: {error.message}"
    if template.single is None or not template.single.references:
        return _without_paths(template, wrapped)
    for reference in template.references:
        if reference.root not in ROOTS:
            return f"in {{{{ }}}} it would read '{reference.root}', which is none of {', '.join(sorted(ROOTS))}"
    return f"write condition: {json.dumps(wrapped, ensure_ascii=False)}"


def _without_paths(template: Template, wrapped: str) -> str:
    if template.single is None:
        return "write one expression in {{ }}"
    try:
        template.single.evaluate({})
    except EvaluationError as error:
        return f"in {{{{ }}}} it fails: {error.message}"
    return f"write condition: {json.dumps(wrapped, ensure_ascii=False)}"
