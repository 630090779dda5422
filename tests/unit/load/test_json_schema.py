"""The schema for editors: complete, up to date, and strict where authors slip."""

import json
import re
from typing import Annotated, Any

import pytest
from jsonschema import Draft7Validator
from pydantic import BeforeValidator, Field

from plait.load.definition import WorkflowDefinition
from plait.load.file_fields import INPUT_FIELDS, REQUIRES_FIELDS, STEP_FIELDS, TOP_FIELDS, WORKFLOW_FIELDS
from plait.load.json_schema import PUBLISHED, schema_text, summary_of, workflow_schema
from plait.model.fields import StepConfig, Steps, Text
from plait.model.step_type import BrokenStepTypeError, StepBase
from plait.steps import StepTypes
from support.documents import as_json_data

SCHEMA = workflow_schema(StepTypes())
VALIDATOR = Draft7Validator(SCHEMA)
HEAD = "workflow: {id: demo, name: Demo}\n"


def errors(text, validator=VALIDATOR):
    """Return the places of what a schema refuses in a file, and what about them."""
    data = as_json_data(WorkflowDefinition.from_string(text).root)
    return {".".join(map(str, error.absolute_path)): error.message for error in deepest(validator.iter_errors(data))}


def deepest(found):
    for error in found:
        if error.context:
            yield from deepest(error.context)
        elif error.validator != "not":  # that null would do is no help
            yield error


def step(text):
    return f"{HEAD}steps:\n  - {{id: a, {text}}}\n"


def test_the_published_schema_is_up_to_date():
    renewal = "plait schema --built-in --output src/plait/load/workflow.schema.json"

    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(SCHEMA), f"renew it: {renewal}"


def test_it_is_a_schema_of_the_draft_that_it_names():
    Draft7Validator.check_schema(SCHEMA)


def described(schema, path=()):
    """Yield every property of a schema, with its place."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in ("properties", "definitions") and isinstance(value, dict):
            for name, inner in value.items():
                if key == "properties":
                    yield (*path, name), inner
                yield from described(inner, (*path, name))
        elif key in ("default", "examples", "if", "then"):
            continue
        elif isinstance(value, list):
            for item in value:
                yield from described(item, path)
        else:
            yield from described(value, path)


def test_every_field_says_what_it_is():
    undescribed = [
        ".".join(path)
        for path, schema in described(SCHEMA)
        if schema is not True
        and not {"$ref", "allOf"} & set(schema)
        and not schema.get("description", "").endswith(".")
    ]

    assert undescribed == []
    assert len(list(described(SCHEMA))) > 200


@pytest.mark.parametrize(
    "fields",
    [TOP_FIELDS, WORKFLOW_FIELDS, REQUIRES_FIELDS, INPUT_FIELDS, STEP_FIELDS],
    ids=lambda fields: next(iter(fields)),
)
def test_every_field_that_is_read_by_hand_says_what_it_is(fields):
    assert [key for key, schema in fields.items() if not schema["description"].endswith((".", '"1.0".'))] == []


def test_defaults_are_told_where_editors_show_them():
    fields = SCHEMA["definitions"]["common"]["properties"]

    assert fields["on_interrupt"]["description"].endswith(" Default: rerun.")
    assert fields["continue_on_error"]["description"].endswith(" Default: false.")


def test_every_step_type_is_proposed_with_what_it_does():
    field = SCHEMA["definitions"]["step"]["properties"]["type"]

    assert field["enum"] == list(StepTypes())
    assert dict(zip(field["enum"], field["enumDescriptions"], strict=True))["if"].startswith("Runs `then` if")
    assert not [text for text in field["enumDescriptions"] if re.search(r"[A-Z]{3}-\d", text)]


MISTAKES = {
    "type: shell, rnu: x": {"steps.0": "'run' is a required property"},
    "type: shel": {"steps.0.type": "'shel' is not one of"},
    "run: x": {"steps.0": "'command' is a required property"},
    "type: shell, run: x, timeout: soon": {"steps.0.timeout": "does not match"},
    "type: shell, run: x, timeout: 0": {"steps.0.timeout": "minimum of 0"},
    "type: shell, run: []": {"steps.0.run": "non-empty"},
    "type: shell, run: x, retry: {delay: 1}": {"steps.0.retry": "'attempts' is a required"},
    "type: shell, run: x, retry: {attempts: 2, on: [timeot]}": {"steps.0.retry.on.0": "timeot"},
    "type: shell, run: x, env: {A: [1]}": {"steps.0.env.A": "[1]"},
    "type: shell, run: x, budget: {}": {"steps.0.budget": "non-empty"},
    "type: shell, run: x, continue_on_error: maybe": {"steps.0.continue_on_error": "does not match"},
    "type: gate": {"steps.0": "'message' is a required"},
    "type: if, condition: inputs.x, then: []": {"steps.0.condition": "does not match"},
    "type: if, condition: true, then: {}": {"steps.0.then": "not of type 'array'"},
    "type: fan-out, items: [1]": {"steps.0": "is a required property"},
    "type: fan-out, items: x, steps: []": {"steps.0.items": "does not match"},
    "type: fan-out, items: [1], steps: [{id: b, type: shell}]": {"steps.0.steps.0": "'run' is a required"},
    "type: switch, expression: x, cases: {y: [{type: shell, run: x}]}": {"steps.0.cases.y.0": "'id' is a required"},
    "type: prompt, prompt: x, permissions: all": {"steps.0.permissions": "all"},
    "type: prompt, prompt: x, session: plan": {"steps.0.session": "does not match"},
    "type: workflow, workflow: Not an id": {"steps.0.workflow": "does not match"},
    "type: slot, name: ' '": {"steps.0.name": "does not match"},
}


@pytest.mark.parametrize("text", MISTAKES)
def test_typical_mistakes_in_a_step_are_refused(text):
    found = errors(step(text))

    for place, message in MISTAKES[text].items():
        assert message in found[place], found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("steps: []", "steps"),
        ("setps: []", ""),
        ("steps: [{id: a, command: x}]\nfoo: 1", ""),
        ("steps: [{id: 'a:b', command: x}]", "steps.0.id"),
        ("inputs: {a: {type: strng}}\nsteps: [{id: a, command: x}]", "inputs.a.type"),
        ("inputs: {a: {default: 5}}\nsteps: [{id: a, command: x}]", "inputs.a.default"),
        ("inputs: {a: {requird: true}}\nsteps: [{id: a, command: x}]", "inputs.a"),
        ("max_parallel: four\nsteps: [{id: a, command: x}]", "max_parallel"),
        ("agents: {claude: {}}\nsteps: [{id: a, command: x}]", "agents.claude"),
        ("permissions: all\nsteps: [{id: a, command: x}]", "permissions"),
    ],
)
def test_typical_mistakes_in_a_file_are_refused(text, place):
    assert place in errors(HEAD + text)


def test_only_the_chosen_type_is_spoken_of():
    found = errors(step("type: gate, message: x, optoins: [a]"))

    assert list(found) == ["steps.0"]
    assert "'optoins' was unexpected" in found["steps.0"]


class Own(StepBase):
    """Says a text louder.

    Not only that.
    """

    type_key = "shout"

    class Config(StepConfig):
        text: Text = Field(description="What is said.")
        times: int = 1
        free: Annotated[Any, BeforeValidator(str)] = None
        then: Steps | None = None

    def execute(self, config, context):
        raise NotImplementedError


class Free(Own):
    type_key = "free one"
    Config = None


class Odd:
    """No type that anybody can make a schema of."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        raise LookupError("no schema")


class Unsound(Own):
    type_key = "unsound"

    class Config(StepConfig):
        odd: Odd | None = None


class Types(dict):
    def __getitem__(self, key):
        if key == "broken":
            raise BrokenStepTypeError("it is broken")
        return super().__getitem__(key)


def own_validator(*types):
    known = Types({**StepTypes(), **{each.type_key: each for each in types}, "broken": None})
    return Draft7Validator(workflow_schema(known))


def test_the_fields_of_a_projects_own_types_are_known():
    validator = own_validator(Own())

    assert errors(step("type: shout, text: x, times: '3', free: [1], then: [{id: b, command: x}]"), validator) == {}
    assert "'text' is a required property" in errors(step("type: shout, loud: true"), validator)["steps.0"]
    assert "steps.0.then.0" in errors(step("type: shout, text: x, then: [{id: b, type: shell}]"), validator)
    assert summary_of(Own()) == "Says a text louder."


def test_a_type_that_reads_its_own_mapping_may_have_any_fields():
    validator = own_validator(Free())

    assert errors(step("type: free one, any: 1, steps: x, then: [{a: b}]"), validator) == {}
    assert "steps.0.steps.0" in errors(step("type: free one, steps: [{id: b, type: shell}]"), validator)


def test_a_type_without_a_schema_may_have_any_fields():
    validator = own_validator(Unsound(), Own())

    assert errors(step("type: unsound, odd: 1, more: 2"), validator) == {}
    assert "steps.0" in errors(step("type: shout"), validator)


def test_a_broken_type_is_none():
    assert "'broken' is not one of" in errors(step("type: broken"), own_validator())["steps.0.type"]


def test_names_of_definitions_are_fit_for_references():
    schema = workflow_schema({**StepTypes(), "a/b ~%": Free()})
    names = [name for name in schema["definitions"] if not re.fullmatch(r"[\w-]+", name)]

    assert names == []
    assert json.dumps(schema).count('"#/definitions/type-a_2f_b_20__7e__25_"') == 1
