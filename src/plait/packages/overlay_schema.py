"""The JSON Schema of overlays, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from plait.load.field_schemas import PLACE, STEP, TRUTH, Schema
from plait.load.file_fields import ID, INPUT_FIELDS
from plait.load.json_schema import closed, finished, step_definitions
from plait.packages.overlay import DEFAULT_PRIORITY, Operation
from plait.packages.overlay_edits import INPUT_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.model.step_type import StepBase

_OPERATIONS: tuple[str, ...] = get_args(Operation)
_STEP_ID: Schema = {"type": "string", "minLength": 1}
_NAME: Schema = {"type": "string", "pattern": f"^{ID}$", "errorMessage": "must be lower-case letters, digits, hyphens"}
_ORDERS: Mapping[str, str] = {
    "insert_after": "The id of the step after which `step` is put.",
    "insert_before": "The id of the step before which `step` is put.",
    "replace": "The id of the step in whose place `step` is put.",
    "remove": "The id of the step that is taken away.",
}


def overlay_schema(step_types: Mapping[str, StepBase]) -> Schema:
    """Return the JSON Schema of overlays whose steps are of these types."""
    fields: dict[str, Any] = {
        "id": {**_NAME, "description": "What the overlay is called by."},
        "extends": {**_NAME, "description": "The id of the workflow that it changes."},
        "priority": {
            "type": ["integer", "number", "string"],
            "minimum": 1,
            "default": DEFAULT_PRIORITY,
            "description": "A whole number of at least 1. Of two overlays the one with the lower number has the last "
            "word.",
        },
        "enabled": {**TRUTH, "default": True, "description": "Whether the overlay is applied."},
        "description": {"description": "A remark for people; it is not read."},
        "edits": {
            "type": "array",
            "minItems": 1,
            "items": _edit(),
            "description": "The changes, in the order in which they are made.",
        },
    }
    definitions = step_definitions(step_types)
    definitions.pop("file")
    return finished("Plait overlay", closed(fields, ("id", "extends", "edits")), definitions)


def _edit() -> Schema:
    """Return the schema of one edit: it does one thing, and most things need a step."""
    inserting = [name for name in _OPERATIONS if name != "remove"]
    fields: dict[str, Any] = {
        **{name: {**_STEP_ID, "description": _ORDERS[name]} for name in _OPERATIONS},
        "set": _setting(),
        "operation": {
            "enum": list(_OPERATIONS),
            "description": "Spec Kit's way to write an edit: what is done with the step that `anchor` names.",
        },
        "anchor": {**_STEP_ID, "description": "With `operation`: the id of the step."},
        "step": {"description": "The step to put there.", "$ref": PLACE + STEP},
    }
    needs_step = [{"if": {"required": [name]}, "then": {"required": ["step"]}} for name in inserting]
    explicit = {
        "if": {"required": ["operation"], "properties": {"operation": {"enum": inserting}}},
        "then": {"required": ["step", "anchor"]},
    }
    anything = {"anyOf": [{"required": [name]} for name in ("set", *_OPERATIONS, "operation")]}
    return {**closed(fields), "allOf": [*needs_step, explicit, anything]}


def _setting() -> Schema:
    fields: dict[str, Any] = {
        "step": {**_STEP_ID, "description": "The id of the step whose key is set."},
        "key": {
            "type": ["string", "array", "number"],
            "description": "The key: a name, several with dots between them, or a list of names.",
        },
        "value": {"description": "Its new value; `null` is none."},
        "input": {**_STEP_ID, "description": "The name of the input whose declaration is changed."},
        **{key: {"description": INPUT_FIELDS[key]["description"]} for key in INPUT_KEYS},
    }
    ways = [{"required": ["step", "key", "value"]}, {"required": ["input"]}]
    described = "Sets one key of a step, or changes the declaration of an input."
    return {**closed(fields), "anyOf": ways, "description": described}
