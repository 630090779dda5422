"""The fields of a file or of a configuration model, one line each, as the loader takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.load.field_reference import described_fields
from plait.load.field_schemas import schemas_of_models

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from pydantic import BaseModel

    from plait.load.field_reference import DescribedField


def field_lines(config: type[BaseModel], *, without: Collection[str] = ()) -> Iterator[str]:
    """Yield a list item for every field: its name, what it takes, its default, and what it means."""
    schemas, _ = schemas_of_models({"": config})
    fields = {key: schema for key, schema in schemas[""].get("properties", {}).items() if key not in without}
    yield from described_lines(fields, schemas[""].get("required", ()))


def described_lines(fields: Mapping[str, dict[str, Any]], required: Collection[str] = ()) -> Iterator[str]:
    """Yield the same for fields that are described by a JSON Schema each."""
    yield from map(_line, described_fields("", fields, required).fields)


def _line(field: DescribedField) -> str:
    default = f"default {field.default}" if field.default not in ("", "false") else ""
    told = "; ".join(each for each in (field.takes, "required" if field.required else "", default) if each)
    meaning = f": {' '.join(field.description.split())}" if field.description else ""
    return f"- `{field.key}`" + (f" ({told})" if told else "") + meaning
