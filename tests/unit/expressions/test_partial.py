"""What is worked out of a template when only some values are known."""

import pytest

from plait.expressions import Condition, Template
from plait.expressions.partial import NOTHING_KNOWN, PartlyKnown, decide, path_text, resolve

SCOPE = {
    "inputs": PartlyKnown({"name": "Ada", "yes": True, "list": [1, 2]}, {"late"}),
    "steps": NOTHING_KNOWN,
    "item": None,
}


def resolved(text):
    return resolve(Template.parse(text), SCOPE)


def test_what_is_known_is_put_in_and_the_rest_stays_as_written():
    found = resolved("to {{ inputs.name | upper }}: {{ steps.build.output.stdout | trim }}!")

    assert found.text == "to ADA: {{ steps.build.output.stdout | trim }}!"
    assert found.unknown == ("steps.build.output.stdout",)
    assert not found.is_known


def test_a_single_expression_keeps_its_type():
    assert resolved(" {{ inputs.list }} ").value == [1, 2]
    assert resolved(" {{ inputs.list }} ").text == "[1, 2]"


@pytest.mark.parametrize(
    "text", ["{{ inputs.yes or steps.a.output.b }}", "{{ not (inputs.late and inputs.yes) or true }}"]
)
def test_what_cannot_change_the_value_need_not_be_known(text):
    found = resolved(text)

    assert found.value is True or found.unknown == ("inputs.late",)


@pytest.mark.parametrize(
    "text",
    [
        "{{ steps }}",
        "{{ inputs }}",
        "{{ [steps] }}",
        "{{ not steps }}",
        "{{ steps | length }}",
        "{{ steps | default('x') }}",
        "{{ 'a' in steps }}",
        "{{ steps == inputs }}",
        "{{ inputs.late }}",
    ],
)
def test_a_mapping_of_which_something_is_missing_is_not_known_as_a_whole(text):
    assert resolved(text).text == text
    assert resolved(text).unknown


def test_a_missing_name_is_null_where_all_names_are_known():
    assert resolved("<{{ inputs.nobody }}>").text == "<>"
    assert resolved("<{{ inputs.nobody }}>").is_known


def test_what_would_fail_says_why_and_stays():
    found = resolved("{{ inputs.name | from_json }}")

    assert "not JSON" in found.error
    assert found.text == "{{ inputs.name | from_json }}"
    assert found.unknown == ()


def test_a_condition_is_decided_or_says_what_it_waits_for():
    decided = decide(Condition.parse("{{ inputs.name == 'Ada' }}"), SCOPE)
    open_one = decide(Condition.parse("{{ steps.a.output.files[0] == inputs.late }}"), SCOPE)

    assert decided.holds is True
    assert open_one.holds is None
    assert open_one.unknown == ("steps.a.output.files[0]", "inputs.late")
    assert decide(Condition.parse("{{ inputs.name | from_json }}"), SCOPE).error


def test_a_path_is_written_as_an_author_does():
    assert path_text(("steps", "a", "output", "files", 0, "name")) == "steps.a.output.files[0].name"
