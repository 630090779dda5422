"""Harmless answers to the calls that a CLI makes beside its conversation: titles, summaries, a choice of model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.model_server.turns import Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.model_server.calls import Call


def side_answer(call: Call) -> Reply:
    """A short text, or the smallest value of the schema that the call asks for."""
    schema = call.request.answer_schema
    text = "A title" if schema is None else json.dumps(_smallest(schema))
    return Reply(text=text, usage=Usage(input=0, cached=0, output=0))


def _smallest(schema: Mapping[str, Any]) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    kind = str(schema.get("type", "string")).lower()
    if kind == "object":
        return {name: _smallest(part) for name, part in schema.get("properties", {}).items()}
    return {"array": [], "boolean": False, "integer": 0, "number": 0}.get(kind, "text")
