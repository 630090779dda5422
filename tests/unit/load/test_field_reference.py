"""Every field in words, for the documents that are made of them."""

import pytest

from plait.load.field_reference import describe_file, describe_step_types, type_words
from plait.load.field_schemas import NOTHING, TRUTH
from plait.model.fields import StepConfig
from plait.model.step_type import StepBase
from plait.steps import StepTypes

GROUPS = {group.name: group for group in [*describe_file(), *describe_step_types(StepTypes())]}


def field(group, key):
    return next(each for each in GROUPS[group].fields if each.key == key)


@pytest.mark.parametrize(
    ("group", "key", "takes", "default"),
    [
        ("file", "steps", "a list of steps", ""),
        ("file", "agents", "a mapping of names to mappings", ""),
        ("input", "type", "`string`, `number`, `integer` or `boolean`", "string"),
        ("step", "timeout", "a number greater than 0 or an expression", ""),
        ("step", "continue_on_error", "true or false", "false"),
        ("step", "input", "", ""),
        ("retry", "jitter", "a number from 0 to 1", "0"),
        ("switch", "cases", "a mapping of names to lists of steps", ""),
        ("gate", "reuse_verdict", "true or false", "false"),
        ("while", "max_iterations", "a whole number of at least 1 or an expression", "10"),
        ("github", "operation", "`add-label`", ""),
        ("fan-out", "step", "a step", ""),
    ],
)
def test_what_a_field_takes(group, key, takes, default):
    found = field(group, key)

    assert (found.takes, found.default) == (takes, default)
    assert found.description.endswith(".")


def test_what_is_required():
    header = next(group for group in describe_file() if group.name == "workflow")

    assert {each.key for each in header.fields if each.required} == {"id", "name"}
    assert {each.key for each in GROUPS["if"].fields if each.required} == {"condition", "then"}


def test_a_type_is_told_with_what_it_does():
    assert GROUPS["slot"].summary.startswith("Is skipped")


def test_a_type_that_takes_any_fields_has_none_to_describe():
    class Free(StepBase):
        def execute(self, config, context):
            raise NotImplementedError

    class Empty(Free):
        Config = StepConfig

    described = describe_step_types({"free": Free(), "empty": Empty()})

    assert [(each.name, each.fields, each.summary) for each in described] == [
        ("free", (), "A step type of this project."),
        ("empty", (), "A step type of this project."),
    ]


def test_null_is_not_spoken_of():
    assert type_words({"anyOf": [dict(TRUTH), dict(NOTHING)]}) == "true or false"
