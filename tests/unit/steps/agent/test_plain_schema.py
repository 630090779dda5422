"""Schemas that need not be checked against the schema of all schemas."""

import json
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema.exceptions import SchemaError as Unsound
from jsonschema.validators import Draft202012Validator

from plait import WorkflowDefinition
from plait.load import load_workflow
from plait.steps import StepTypes
from plait.steps.agent import schema_source
from plait.steps.agent.plain_schema import is_plain

KEYWORDS = [
    *("type", "properties", "patternProperties", "items", "required", "enum", "const", "pattern", "minimum", "$ref"),
    *("maxLength", "multipleOf", "uniqueItems", "allOf", "not", "title", "format", "$defs", "dependencies", "$id"),
    *("dependentRequired", "prefixItems", "additionalProperties", "x-own", "$schema", "$anchor", "examples"),
]
leaves = (
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from(["string", "x", "(", "#/$defs/a"])
)
schemas = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYWORDS), schemas, max_size=4))
def test_a_plain_schema_is_sound(schema):
    if is_plain(schema):
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/$defs/a", "$defs": {"a": True}},
        {"items": {"enum": [1, None], "description": "x", "minimum": 0, "x-own": 3}, "additionalProperties": False},
    ],
)
def test_usual_schemas_are_plain(schema):
    assert is_plain(schema)


@pytest.mark.parametrize(
    "schema",
    [{"type": "text"}, {"required": ["a", "a"]}, {"pattern": "("}, {"properties": {"a": 1}}, {"minLength": -1}],
)
def test_unsound_schemas_are_not(schema):
    with pytest.raises(Unsound):
        Draft202012Validator.check_schema(schema)
    assert not is_plain(schema)


def load(schema):
    head = 'schema_version: "1.0"\nworkflow: {id: w, name: W, version: 1.0.0}\n'
    steps = f"steps:\n  - {{id: a, type: prompt, prompt: x, output_schema: {json.dumps(schema)}}}\n"
    return load_workflow(WorkflowDefinition.from_string(head + steps), StepTypes()).problems


def test_a_large_inline_schema_is_not_checked_the_long_way():
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(3000)}}
    with patch.object(schema_source, "_refuse_unsound", side_effect=AssertionError):
        assert load(schema) == ()


@pytest.mark.parametrize("schema", [{"$anchor": "a"}, {"$anchor": 1}])
def test_an_inline_schema_that_is_not_plain_is_checked_once(schema):
    real = schema_source._refuse_unsound
    with patch.object(schema_source, "_refuse_unsound", side_effect=real) as checked:
        load(schema)
    assert checked.call_count == 1
