"""What the paths in an expression were worth when it decided something."""

from __future__ import annotations

from collections.abc import Mapping

from plait.errors import PlaitError
from plait.expressions import Condition, Template
from plait.expressions.values import LazyText

UNKNOWN = "(cannot be told)"


def values_read(expression: object, scope: Mapping[str, object]) -> dict[str, object]:
    """Return the value of each path that a condition, or a value with expressions, reads, by its text.

    Long texts that are in files are shown by their beginning; what is not there is null.
    """
    if not isinstance(expression, (Condition, Template)):
        return {}
    text = expression.text
    found: dict[str, object] = {}
    for reference in expression.references:
        source = text[reference.offset : reference.offset + reference.length].strip()
        if source not in found:
            found[source] = _value_of(source, scope)
    return found


def _value_of(source: str, scope: Mapping[str, object]) -> object:
    try:
        value = Template.parse(f"{{{{ {source} }}}}").evaluate(scope, keep_lazy=True)
    except (PlaitError, RecursionError):
        return UNKNOWN
    if isinstance(value, LazyText):
        return getattr(value, "head", UNKNOWN)
    return dict(value) if isinstance(value, Mapping) else value


def worth(value: object, scope: Mapping[str, object]) -> object:
    """Return the value of a field at that time: what its expression came to, else the expression as it was written."""
    if not isinstance(value, Template):
        return value
    try:
        return value.evaluate(scope)
    except (PlaitError, RecursionError):
        return value.text


def text_of(expression: object) -> str | None:
    """Return an expression as its author wrote it; None for a value without one."""
    if isinstance(expression, (Condition, Template)):
        return expression.text
    return None if expression is None else str(expression)
