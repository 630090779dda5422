"""Every field of a workflow file as a reference tells it: what it takes, its default, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.load.field_schemas import NOTHING, PLACE, STEP, STEPS, TRUTH, Schema
from plait.load.file_fields import (
    INPUT_FIELDS,
    REQUIRES_FIELDS,
    STEP_FIELDS,
    TOP_FIELDS,
    WORKFLOW_FIELDS,
    WORKFLOW_REQUIRED,
)
from plait.load.json_schema import default_words, own_schemas, summary_of, working
from plait.model.fields import EXPRESSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plait.model.step_type import StepBase


class DescribedField(NamedTuple):
    """One field: `takes` are words for its values, `default` as it is written; both empty where there are none."""

    key: str
    takes: str
    required: bool
    default: str
    description: str
    examples: tuple[object, ...] = ()


class DescribedFields(NamedTuple):
    """The fields of one mapping: a step of a type, a budget, the file; `summary` is what a step type does."""

    name: str
    fields: tuple[DescribedField, ...]
    summary: str = ""


def describe_file() -> list[DescribedFields]:
    """Return the fields outside of steps and those of every step, with the mappings inside them."""
    models, definitions = own_schemas({})
    top, common = (models[name]["properties"] for name in ("file", "common"))
    steps: dict[str, Schema] = {"steps": {"$ref": PLACE + STEPS}, "finally": {"$ref": PLACE + STEPS}}
    mappings = {key: {"type": "object"} for key in ("workflow", "requires", "inputs")}
    own = {key: {**field, **steps.get(key, mappings.get(key, {}))} for key, field in TOP_FIELDS.items()}
    inner = {str(schema["title"]): schema for schema in definitions.values()}
    return [
        described_fields("file", own | top, ("workflow", "steps")),
        described_fields("workflow", WORKFLOW_FIELDS, WORKFLOW_REQUIRED),
        described_fields("requires", REQUIRES_FIELDS),
        described_fields("input", INPUT_FIELDS),
        described_fields("step", STEP_FIELDS | common, ("id",)),
        *(described_fields(name, schema["properties"], schema.get("required", ())) for name, schema in inner.items()),
    ]


def describe_step_types(step_types: Mapping[str, StepBase]) -> list[DescribedFields]:
    """Return the fields of each step type, besides those of every step; none of a type that takes any."""
    known = working(step_types)
    models, _ = own_schemas(known)
    described = []
    for name, step_type in known.items():
        schema = models.get(name, {})
        fields = described_fields(name, schema.get("properties", {}), schema.get("required", ()))
        described.append(fields._replace(summary=summary_of(step_type)))
    return described


def described_fields(name: str, fields: Mapping[str, Schema], required: Iterable[str] = ()) -> DescribedFields:
    """Return the fields of one mapping from their schemas."""
    needed = set(required)
    return DescribedFields(name, tuple(_field(key, field, needed) for key, field in fields.items()))


def _field(key: str, schema: Schema, required: set[str]) -> DescribedField:
    default = schema.get("default")
    return DescribedField(
        key,
        type_words(schema),
        key in required,
        default_words(default) if isinstance(default, (str, int, float)) else "",
        str(schema.get("description", "")),
        tuple(schema.get("examples", ())),
    )


def type_words(schema: Schema) -> str:
    """Return what a value may be, in words; empty if anything may be."""
    return _either(_words(schema))


def _either(words: Iterable[str]) -> str:
    """Return words as alternatives: `a, b or c`."""
    *others, last = [*dict.fromkeys(words)] or [""]
    return f"{', '.join(others)} or {last}" if others else last


def _words(schema: Schema) -> Iterator[str]:
    if "$ref" in schema:
        yield _referred(schema["$ref"].removeprefix(PLACE))
    elif "anyOf" in schema:
        for alternative in schema["anyOf"]:
            if alternative is not NOTHING and alternative != NOTHING:
                yield from _words(alternative)
    elif "enum" in schema:
        yield from (f"`{value}`" for value in schema["enum"])
    elif "const" in schema:
        yield f"`{schema['const']}`"
    elif schema.get("errorMessage") == TRUTH["errorMessage"]:
        yield "true or false"
    else:
        types = schema.get("type", ())
        for kind in [types] if isinstance(types, str) else types:
            yield from _kind(kind, schema)


def _kind(kind: str, schema: Schema) -> Iterator[str]:
    if kind == "integer":
        yield "a whole number" + (f" of at least {schema['minimum']}" if "minimum" in schema else "")
    elif kind == "number":
        yield from _number(schema)
    elif kind == "array":
        yield _several("a list", schema.get("items", {}))
    elif kind == "object":
        values = schema.get("additionalProperties")
        yield _several("a mapping", values, "names to ") if isinstance(values, dict) else "a mapping"
    elif kind == "string":
        yield "an expression" if schema.get("pattern", "").startswith(EXPRESSION) else "text"
    elif kind == "boolean":
        yield "true or false"


def _several(what: str, items: Schema, to: str = "") -> str:
    """Return words for a list or mapping of things, if these are all of a kind."""
    kinds = {"a list of steps": "lists of steps", "a mapping": "mappings", "text": "texts"}
    inside = type_words(items)
    inside = inside if inside.startswith("`") else kinds.get(inside, "")
    return f"{what} of {to}{inside}" if inside else what


def _number(schema: Schema) -> Iterator[str]:
    if "exclusiveMinimum" in schema:
        yield f"a number greater than {schema['exclusiveMinimum']:g}"
    elif "maximum" in schema:
        yield f"a number from {schema.get('minimum', 0):g} to {schema['maximum']:g}"
    else:
        yield "a number" + (f" of at least {schema['minimum']:g}" if "minimum" in schema else "")


def _referred(name: str) -> str:
    if name == STEP:
        return "a step"
    return "a list of steps" if name == STEPS else "a mapping"
