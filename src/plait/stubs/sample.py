"""The least data that fits a JSON Schema, as far as that is simple to find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEEPEST = 20
_MOST = 1000


def sample_of(schema: object, deep: int = 0) -> Any:
    """Return data for a schema: what it names first, required keys alone, the shortest lists; it may not fit."""
    if not isinstance(schema, dict) or deep > _DEEPEST:
        return None
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return sample_of(schema[key][0], deep + 1)
    return _of_type(schema, deep)


def _of_type(schema: Mapping[str, Any], deep: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else None)
    match kind[0] if isinstance(kind, list) and kind else kind:
        case "object":
            known = schema.get("properties") or {}
            names = schema.get("required", ())
            return {name: sample_of(known.get(name, {"type": "string"}), deep + 1) for name in names}
        case "array":
            return [sample_of(schema.get("items"), deep + 1)] * min(schema.get("minItems", 0), _MOST)
        case "string":
            return "x" * min(schema.get("minLength", 0), _MOST)
        case "integer" | "number":
            return _number(schema)
        case other:
            return False if other == "boolean" else None


def _number(schema: Mapping[str, Any]) -> Any:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    if lowest <= 0:
        return min(0, schema.get("maximum", 0))
    return lowest if "minimum" in schema else lowest + 1
