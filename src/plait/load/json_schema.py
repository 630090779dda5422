"""The JSON Schema of workflow files, for editors: made from the models that validate them.

It accepts whatever the loader takes without a complaint. It is of draft 7, which every editor knows. Step types are
told apart by an `if` and `then` each, so that an editor complains about, and completes, the fields of the chosen type.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.load.field_schemas import PLACE, STEP, STEPS, TRUTH, Schema, or_nothing, schemas_of_models
from plait.load.file_fields import (
    INPUT_FIELDS,
    REQUIRES_FIELDS,
    STEP_FIELDS,
    TOP_FIELDS,
    WORKFLOW_FIELDS,
    WORKFLOW_REQUIRED,
)
from plait.load.header import TopFields
from plait.load.settings import OVERRIDES, SettingsFields
from plait.load.steps import DEFAULT_TYPE, KNOWN_BLOCKS
from plait.model.step_type import BrokenStepTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

    from plait.model.fields import StepConfig
    from plait.model.step_type import StepBase

PUBLISHED = Path(__file__).with_name("workflow.schema.json")
"""The schema for the built-in step types, as it is published."""
DRAFT = "http://json-schema.org/draft-07/schema#"
_TOP, _COMMON, _INPUT = "file", "common", "input"
_LITERAL = ("default", "examples", "enum", "const")
_RULES = re.compile(r" \([A-Z]{3}-[^)]*\)")
_DEFAULTS: Mapping[str, Schema] = {
    "string": {"type": "string", "errorMessage": "the default of this input must be text: put quotes around it"},
    "number": {"type": ["number", "string"], "errorMessage": "the default of this input must be a number"},
    "integer": {"type": ["integer", "string"], "errorMessage": "the default of this input must be a whole number"},
    "boolean": {"type": ["boolean", "string"], "errorMessage": "the default of this input must be true or false"},
}


def workflow_schema(step_types: Mapping[str, StepBase]) -> Schema:
    """Return the JSON Schema of workflow files whose steps are of these types."""
    definitions = step_definitions(step_types)
    top = definitions.pop(_TOP)["properties"]
    properties = {key: dict(field) for key, field in TOP_FIELDS.items()} | top
    properties["workflow"] |= closed(WORKFLOW_FIELDS, WORKFLOW_REQUIRED)
    properties["requires"] |= closed(REQUIRES_FIELDS)
    properties["inputs"] |= {"type": "object", "additionalProperties": {"$ref": PLACE + _INPUT}}
    properties["steps"] |= {"type": "array", "minItems": 1, "items": {"$ref": PLACE + STEP}}
    properties["finally"] |= {"$ref": PLACE + STEPS}
    return finished(
        "Plait workflow",
        closed(properties, ("workflow", "steps")),
        {**definitions, _INPUT: input_declaration()},
    )


def finished(title: str, schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return the schema of a whole file, the descriptions telling the defaults: editors show nothing else of them."""
    whole = {"$schema": DRAFT, "title": title, **schema, "definitions": dict(definitions)}
    told: Schema = _with_defaults(whole)
    return told


def default_words(value: str | float | bool) -> str:
    """Return a default as it is written in a file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"


def _with_defaults(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_defaults(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: item if key in _LITERAL else _with_defaults(item) for key, item in value.items()}
    default = value.get("default")
    if isinstance(default, (str, int, float)) and isinstance(value.get("description"), str):
        found["description"] += f" Default: {default_words(default)}."
    return found


def schema_text(schema: Schema) -> str:
    """Return a schema as the text of a file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def closed(properties: Mapping[str, Any], required: Iterable[str] = ()) -> Schema:
    """Return the schema of a mapping that has no other keys than these."""
    needed = list(required)
    return {
        "type": "object",
        "properties": dict(properties),
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
    }


def input_declaration() -> Schema:
    """Return the schema of one input; its default must be of its type."""
    fields = INPUT_FIELDS | {
        "type": or_nothing(INPUT_FIELDS["type"], {"type": "string", "pattern": r"^\s*$"}),
        "required": or_nothing(INPUT_FIELDS["required"] | TRUTH | {"type": [*TRUTH["type"], "number"]}),
    }
    rules = [
        {"if": _has_type(name, "string"), "then": {"properties": {"default": schema}}}
        for name, schema in _DEFAULTS.items()
    ]
    return {**closed(fields), "allOf": rules}


def step_definitions(step_types: Mapping[str, StepBase]) -> dict[str, Schema]:
    """Return the definitions that the schemas of all files with steps share: a step, lists of steps, each type's."""
    known = working(step_types)
    schemas, definitions = own_schemas(known)
    common = schemas[_COMMON]["properties"]
    for name in known:
        fields = _typed(schemas[name], common) if name in schemas else _free(common)
        definitions[_of_type(name)] = {**fields, "title": f"{name} step"}
    return {
        _TOP: schemas[_TOP],
        STEP: _step(known),
        STEPS: {"type": "array", "items": {"$ref": PLACE + STEP}},
        _COMMON: {"properties": common},
        **definitions,
    }


def working(step_types: Mapping[str, StepBase]) -> dict[str, StepBase]:
    """Return the step types that can be used, by name; those of packages that cannot be loaded are left out."""
    found = {}
    for name in step_types:
        with suppress(BrokenStepTypeError):
            found[name] = step_types[name]
    return found


def summary_of(step_type: StepBase) -> str:
    """Return what a step type does: the first sentence of its docstring."""
    written = type(getattr(step_type, "inner", step_type)).__doc__ or ""
    return _RULES.sub("", " ".join(written.partition("\n\n")[0].split())) or "A step type of this project."


def own_schemas(known: Mapping[str, StepBase]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Return the schemas of the fields of a file, of every step and of these types, and what they refer to.

    A type whose model no schema can be made of is not among them.
    """
    configs = {name: step.Config for name, step in known.items() if step.Config is not None}
    own: dict[str, type[BaseModel]] = {_TOP: TopFields, _COMMON: SettingsFields}
    try:
        return schemas_of_models({**own, **configs})
    except Exception:  # noqa: BLE001 - a step package's model may raise anything
        sound = {name: config for name, config in configs.items() if _is_sound(config)}
        return schemas_of_models({**own, **sound})


def _is_sound(config: type[StepConfig]) -> bool:
    try:
        schemas_of_models({"": config})
    except Exception:  # noqa: BLE001 - a step package's model may raise anything
        return False
    return True


def _of_type(name: str) -> str:
    """Return the name of a type's definition, which must be fit for a URL."""
    return "type-" + re.sub(r"[^A-Za-z0-9_-]", lambda found: f"_{ord(found[0]):x}_", name)


def _step(known: Mapping[str, StepBase]) -> Schema:
    """Return the schema of any step: what all have, and for each type what it has."""
    type_field = STEP_FIELDS["type"] | {
        "enum": list(known),
        "enumDescriptions": [summary_of(step_type) for step_type in known.values()],
        "default": DEFAULT_TYPE,
    }
    rules = [{"if": _has_type(name, DEFAULT_TYPE), "then": {"$ref": PLACE + _of_type(name)}} for name in known]
    return {
        "type": "object",
        "properties": {**STEP_FIELDS, "type": type_field},
        "required": ["id"],
        "allOf": rules,
    }


def _has_type(name: str, default: str) -> Schema:
    """Return what a mapping with this `type` fits; one without `type` is of the default one."""
    fits: Schema = {"type": "object", "properties": {"type": {"const": name}}}
    return fits if name == default else fits | {"required": ["type"]}


def _typed(own: Schema, common: Mapping[str, Schema]) -> Schema:
    """Return the schema of steps of a type whose fields are known."""
    required = own.get("required", ())
    fields = {key: field if key in required else or_nothing(field) for key, field in own.get("properties", {}).items()}
    schema = {**own, **closed({**_shared(common), **fields}, required)}
    del schema["type"]  # of any step; here it would be complained about once for every type
    return schema


def _free(common: Mapping[str, Schema]) -> Schema:
    """Return the schema of steps of a type that reads its own mapping; lists of steps in it are read as such."""
    block = {
        "if": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["id"]}},
        "then": {"$ref": PLACE + STEPS},
    }
    return {"properties": {**_shared(common), **dict.fromkeys(KNOWN_BLOCKS, block)}}


def _shared(common: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the fields of every step; those that most types only record are not proposed."""
    references: dict[str, Any] = {key: {"$ref": f"{PLACE}{_COMMON}/properties/{key}"} for key in common}
    for key in OVERRIDES:  # beside a `$ref` it would not be seen
        references[key] = {"allOf": [references[key]], "doNotSuggest": True}
    return {**dict.fromkeys(STEP_FIELDS, True), **references}
