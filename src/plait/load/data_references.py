"""References into an answer whose JSON Schema is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_OPEN = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties", "prefixItems"})
"""Keywords that say more about what is inside than can be told without data."""


class Gap(NamedTuple):
    """A key that a schema does not name: those it does, and whether it rules out all others."""

    key: str
    known: Collection[str]
    is_certain: bool


def find_gap(schema: Mapping[str, Any], path: Sequence[str | int]) -> Gap | None:
    """Return where a path leaves what the schema describes; None if it does not, or if that cannot be told."""
    here: Any = schema
    for part in path:
        if not isinstance(here, dict) or _OPEN & here.keys():
            return None
        properties = here.get("properties")
        if isinstance(part, int):
            here = here.get("items")
        elif not isinstance(properties, dict):
            return None
        elif part in properties:
            here = properties[part]
        else:
            return Gap(part, properties, here.get("additionalProperties") is False)
    return None
