"""JSON Schemas whose soundness is plain to see: the usual keywords with usual values.

Checking a schema against the one of all schemas takes half a millisecond for each place in it; this takes a few
microseconds. What is not plain may be sound all the same.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 100
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def is_plain(schema: object, depth: int = 0) -> bool:
    """Whether a schema is certainly sound in draft 2020-12, whatever is said in other keywords than those known."""
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return False
    for key, value in schema.items():
        if not isinstance(key, str) or not _is_plain_keyword(key, value, depth + 1):
            return False
    return True


def _is_plain_keyword(key: str, value: object, depth: int) -> bool:
    if key == "$schema":
        return value == _DRAFT
    if (check := _VALUES.get(key)) is not None:
        return check(value)
    if key in _SCHEMAS:
        return is_plain(value, depth)
    if key in _LISTS:
        return isinstance(value, list) and bool(value) and all(is_plain(each, depth) for each in value)
    if key in _MAPPINGS:
        names = _is_pattern if key == "patternProperties" else _is_text
        return isinstance(value, dict) and all(names(name) and is_plain(each, depth) for name, each in value.items())
    return key not in _INTRICATE and not key.startswith("$")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_anything(value: object) -> bool:
    del value
    return True


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_positive(value: object) -> bool:
    return _is_number(value) and value > 0  # type: ignore[operator]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_pattern(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _is_type(value: object) -> bool:
    if isinstance(value, str):
        return value in _TYPES
    return isinstance(value, list) and bool(value) and _is_texts(value) and set(value) <= _TYPES


_VALUES: dict[str, Callable[[object], bool]] = {
    "type": _is_type,
    "required": _is_texts,
    "pattern": _is_pattern,
    "multipleOf": _is_positive,
    **dict.fromkeys(
        ("title", "description", "format", "$comment", "$ref", "contentEncoding", "contentMediaType"), _is_text
    ),
    **dict.fromkeys(("enum", "examples"), _is_list),
    **dict.fromkeys(("const", "default"), _is_anything),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), _is_flag),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(
        tuple(f"{bound}{what}" for bound in ("min", "max") for what in ("Length", "Items", "Properties", "Contains")),
        _is_count,
    ),
}
_SCHEMAS = frozenset(
    {
        *("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"),
        *("unevaluatedItems", "unevaluatedProperties", "contentSchema"),
    }
)
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAPPINGS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_INTRICATE = frozenset({"dependencies", "dependentRequired"})
