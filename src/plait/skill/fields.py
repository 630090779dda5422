"""The fields of a configuration model, one line each, as the loader checks them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from pydantic_core import PydanticUndefined

from plait.load.config_facts import facts_of
from plait.views.json_text import as_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo


_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def field_lines(config: type[BaseModel], *, without: Collection[str] = ()) -> Iterator[str]:
    """Yield a list item for every field: its name, what it takes, its default, and what it means."""
    by_name = config.model_fields
    for facts in facts_of(config).fields.values():
        if facts.key in without:
            continue
        info = by_name[facts.name]
        details = [each for each in (facts.phrase, _default(info)) if each]
        meaning = f": {' '.join(info.description.split())}" if info.description else ""
        yield f"- `{facts.key}`" + (f" ({'; '.join(details)})" if details else "") + meaning


def described_lines(fields: Mapping[str, Mapping[str, Any]], required: Collection[str] = ()) -> Iterator[str]:
    """Yield the same for fields that are described by a JSON Schema each."""
    for key, schema in fields.items():
        kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", ())
        values = [each for each in schema.get("enum", ()) if isinstance(each, str)]
        details = [
            " or ".join(_KINDS[each] for each in kinds if each in _KINDS) if not values else "",
            f"one of {', '.join(f'`{each}`' for each in values)}" if values else "",
            "required" if key in required else "",
            f"default {as_json(schema['default'], indent=None)}" if "default" in schema else "",
        ]
        told = "; ".join(each for each in details if each)
        yield f"- `{key}`" + (f" ({told})" if told else "") + f": {schema['description']}"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default
    if value is PydanticUndefined or value is None or value in ((), "", False):
        return ""
    if isinstance(value, (bool, int, float, str, Enum)):
        return f"default {as_json(value, indent=None)}"
    return ""
