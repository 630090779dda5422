"""JSON Schemas of the fields of pydantic models, as the loader reads them.

The loader is laxer than the models: an unquoted `yes` is a boolean, and null is no value where none is needed. What a
check says in code alone is not known here, so it takes anything, unless its type says more (`model/fields.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from plait.load.config_facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

Schema = dict[str, Any]
PLACE = "#/definitions/"
STEP, STEPS = "step", "steps"
_NESTED: Mapping[str, Schema] = {
    "one": {"$ref": PLACE + STEP},
    "block": {"$ref": PLACE + STEPS},
    "blocks": {"type": "object", "additionalProperties": {"$ref": PLACE + STEPS}},
}
_ANNOTATIONS = ("description", "default", "examples")
_TRUTHS = "|".join(
    "".join(f"[{letter.upper()}{letter}]" for letter in word)
    for word in ("true", "false", "yes", "no", "on", "off", "y", "n")
)
TRUTH: Schema = {"type": ["boolean", "string"], "pattern": f"^({_TRUTHS})$", "errorMessage": "must be true or false"}
_LAX_TRUTH: Schema = {
    "type": ["boolean", "string", "number"],
    "pattern": f"^({_TRUTHS}|[01tTfF])$",
    "minimum": 0,
    "maximum": 1,
    "errorMessage": "must be true or false",
}
NOTHING: Schema = {
    "description": "nothing, as if the field were not there",
    "not": {"type": ["boolean", "number", "string", "array", "object"]},
}
"""Null, in a form that editors do not propose when somebody asks which values there are."""
_CAPITAL = re.compile("(?<=[a-z])[A-Z]")
_NUMBER = r"^\s*[-+]?([0-9.]|[iI]nf|INF|[nN]a[nN]|NAN)"


def schemas_of_models(models: Mapping[str, type[BaseModel]]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Return the object schema of each model, by the names given, and the definitions that these refer to."""
    wanted = [(model, "validation") for model in dict.fromkeys(models.values())]
    places, made = models_json_schema(
        wanted,  # type: ignore[arg-type]  # a literal that mypy takes for any text
        ref_template=PLACE + "{model}",
        schema_generator=_Generator,
    )
    definitions: dict[str, Schema] = made.get("$defs", {})
    schemas = {}
    for name, model in models.items():
        place = places[model, "validation"]
        schemas[name] = definitions[place["$ref"].removeprefix(PLACE)] if "$ref" in place else place
    own = [id(schema) for schema in schemas.values()]
    return schemas, {name: schema for name, schema in definitions.items() if id(schema) not in own}


def or_nothing(schema: Schema, *others: Schema) -> Schema:
    """Return a schema that takes null, too, and what the others take."""
    core = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    notes = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
    if not core or NOTHING in core.get("anyOf", ()):
        return schema
    if list(core) == ["anyOf"]:
        return {**notes, "anyOf": [*core["anyOf"], NOTHING, *others]}
    return {**notes, "anyOf": [core, NOTHING, *others]}


class _Generator(GenerateJsonSchema):
    """Pydantic's own, except for what the loader reads otherwise and for what nobody knows."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as pydantic declares it

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        del schema, error_info
        return {}

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        return super().function_before_schema(schema) if "json_schema_input_schema" in schema else {}

    def function_wrap_schema(self, schema: core_schema.WrapValidatorFunctionSchema) -> JsonSchemaValue:
        return super().function_wrap_schema(schema) if "json_schema_input_schema" in schema else {}

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        return dict(TRUTH if schema.get("strict") else _LAX_TRUTH)

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        made = super().int_schema(schema)
        return made if schema.get("strict") else made | {"type": ["integer", "string"], "pattern": _NUMBER}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        made = super().float_schema(schema)
        return made if schema.get("strict") else made | {"type": ["number", "string"], "pattern": _NUMBER}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if made.get("default") in (None, [], {}):
            made.pop("default", None)
        return made

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return or_nothing(self.generate_inner(schema["schema"]))

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Give it a name that people read, leave out the docstring, and put in what the loader reads itself."""
        cls: type[BaseModel] = schema["cls"]
        made = super().model_schema(schema)
        made["title"] = _CAPITAL.sub(r" \g<0>", cls.__name__.removesuffix("Fields")).lower()
        made.pop("description", None)
        for key, facts in facts_of(cls).fields.items():
            if facts.nested:
                notes = {note: value for note, value in made["properties"][key].items() if note in _ANNOTATIONS}
                made["properties"][key] = {**notes, **_NESTED[facts.nested]}
        return made
