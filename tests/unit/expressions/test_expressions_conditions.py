"""When a condition holds, and which texts are not conditions."""

import copy
import pickle

import pytest

from plait.errors import EvaluationError, ExpressionError
from plait.expressions import Condition

VERDICTS = [
    ("CON-01 true", True, True),
    ("CON-01 false", False, False),
    ("CON-01 word true", " TRUE\n", True),
    ("CON-01 word false", "False ", False),
    ("CON-01 zero as text", "0", True),
    ("CON-01 no", "no", True),
    ("CON-01 white space", " ", True),
    ("CON-01 empty text", "", False),
    ("CON-01 zero", 0, False),
    ("CON-01 number", 2, True),
    ("CON-01 null", None, False),
    ("CON-01 empty list", [], False),
    ("CON-01 list", [0], True),
    ("CON-01 empty mapping", {}, False),
]


@pytest.mark.parametrize(("value", "expected"), [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS])
def test_verdict(value, expected):
    assert Condition.parse("{{ item }}").evaluate({"item": value}) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (False, False), ("true", True), (" False ", False), ("TRUE", True), ("", False)],
    ids=["CON-02 true", "CON-02 false", "CON-03 true", "CON-03 False", "CON-03 TRUE", "CON-03 empty"],
)
def test_literal(value, expected):
    condition = Condition.parse(value)

    assert condition.evaluate({}) is expected
    assert condition.references == ()


def test_condition_reads_what_its_expression_reads():
    condition = Condition.parse(" {{ inputs.a == steps.b }} ")

    assert [reference.path for reference in condition.references] == [("inputs", "a"), ("steps", "b")]
    assert condition.text == " {{ inputs.a == steps.b }} "
    assert condition.evaluate({"inputs": {"a": 1}, "steps": {"b": 1}}) is True


def test_a_condition_that_cannot_be_evaluated_raises():
    with pytest.raises(EvaluationError):
        Condition.parse("{{ item | from_json }}").evaluate({"item": "{"})


CORRECTED = [
    ("CON-04 comparison", "inputs.x == 'true'", "{{ inputs.x == 'true' }}"),
    ("CON-04 path", "steps.a.output.ok", "{{ steps.a.output.ok }}"),
    ("CON-04 filter", "inputs.x | contains('y')", "{{ inputs.x | contains('y') }}"),
    ("CON-04 literals", "1 == 1", "{{ 1 == 1 }}"),
    ("ADD-E inner braces", "{{ inputs.a }} == 'x'", "{{ inputs.a == 'x' }}"),
    ("ADD-E two blocks", "{{ inputs.a }} and {{ inputs.b }}", "{{ inputs.a and inputs.b }}"),
    ("ADD-E block with an operator", "{{ inputs.a or inputs.b }} and item", "{{ (inputs.a or inputs.b) and item }}"),
    ("ADD-E not", "not {{ inputs.a }}", "{{ not inputs.a }}"),
]


@pytest.mark.parametrize(("text", "correct"), [row[1:] for row in CORRECTED], ids=[row[0] for row in CORRECTED])
def test_a_correction_is_offered_and_is_a_condition(text, correct):
    with pytest.raises(ExpressionError) as caught:
        Condition.parse(text)

    assert caught.value.hint == f'write condition: "{correct}"'
    assert Condition.parse(correct).text == correct


UNCORRECTED = [
    ("CON-03 white space", "  ", "a condition of white space alone is never evaluated", "write true or false"),
    ("CON-04 unknown root", "ready", "a condition without {{ }} is never evaluated", "it would read 'ready'"),
    ("CON-04 no operand", "inputs.x ==", "a condition without {{ }} is never evaluated", "a value is missing after"),
    ("CON-04 open quote", "inputs.x == 'y", "a condition without {{ }} is never evaluated", "quote"),
    ("CON-04 open bracket", "(inputs.x", "a condition without {{ }} is never evaluated", "never closed"),
    ("CON-04 sentence", "if it is done", "a condition without {{ }} is never evaluated", "not an expression either"),
    ("CON-04 failing filter", "'x' | from_json", "a condition without {{ }} is never evaluated", "it fails"),
    ("CON-03 open block", "{{ inputs.x", "never closed, so the condition is never evaluated", ""),
    ("CON-05 raw fallback", "{{ inputs.x == 'y }}", "this quote is never closed", "quotes of the other kind"),
    ("CON-05 braces in quotes", "{{ it's }} it's", "these braces are inside quotes", "quotes of the other kind"),
    ("ADD-E parts run together", "{{ inputs.a }}-{{ inputs.b }}", "text next to it is not allowed", "write one"),
    ("ADD-E two blocks side by side", "{{ inputs.a }}{{ inputs.b }}", "text next to it is not allowed", "write one"),
]


@pytest.mark.parametrize(
    ("text", "message", "hint"), [row[1:] for row in UNCORRECTED], ids=[row[0] for row in UNCORRECTED]
)
def test_no_correction_is_offered_without_certainty(text, message, hint):
    with pytest.raises(ExpressionError) as caught:
        Condition.parse(text)

    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "write condition:" not in caught.value.hint


def test_a_correction_with_quotes_is_safe_to_paste():
    with pytest.raises(ExpressionError) as caught:
        Condition.parse('inputs.x == "y"')

    assert caught.value.hint == 'write condition: "{{ inputs.x == \\"y\\" }}"'


def test_conditions_are_values():
    condition = Condition.parse("{{ inputs.x }}")

    assert pickle.loads(pickle.dumps(condition)) == condition
    assert copy.deepcopy(condition) is condition
    assert copy.copy(condition) is condition
    assert hash(Condition.parse("{{ inputs.x }}")) == hash(condition)
    assert condition != "{{ inputs.x }}"
    assert repr(condition) == "Condition('{{ inputs.x }}')"
    assert str(condition) == "{{ inputs.x }}"
    assert pickle.loads(pickle.dumps(Condition.parse(True))).evaluate({}) is True
    with pytest.raises(AttributeError, match="immutable"):
        condition.text = "other"
    with pytest.raises(AttributeError, match="immutable"):
        del condition.text
