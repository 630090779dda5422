"""What holds for every template, every scope and every value."""

import json
import shlex

from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import EvaluationError, ExpressionError
from plait.expressions import FILTERS, Condition, Expression, Template

MANY = settings(deadline=None, max_examples=200)

PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            " ",
            "\n",
            "'",
            '"',
            "(",
            ")",
            "[",
            "]",
            ",",
            "|",
            "==",
            "!=",
            "<",
            ">=",
            ".",
            "-",
            "+",
            ":",
            "{",
        ),
        *("and", "or", "not", "in", "true", "null", "1", "2.5", "1_0", "'a'", "inputs.x", "steps.a-b[0]", "item", "é"),
        *(f"| {name}" for name in FILTERS),
        *(f"| {name}('a')" for name in FILTERS),
    ]
)
SOUP = st.lists(PIECES, max_size=30).map("".join)
SPACED = st.lists(PIECES, max_size=15).map(lambda pieces: "{{ " + " ".join(pieces) + " }}")
TEXT = st.one_of(st.text(max_size=80), SOUP, SPACED)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)

LEAVES = st.sampled_from(
    [
        "inputs.x",
        "inputs.y",
        "item",
        "item[0]",
        "item.a",
        "fan_in",
        "'a'",
        "''",
        "1",
        "-2.5",
        "true",
        "null",
        "[1, 'a']",
    ]
)
CALLS = {"join": "(',')", "map": "('a')", "contains": "('a')", "replace": "('a', 'b')", "default": "(1)"}
PIPES = st.sampled_from([f"{name}{CALLS.get(name, '')}" for name in FILTERS] + ["contains(item)", "join(item)"])
OPERATORS = st.sampled_from(["==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or"])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, OPERATORS, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(inner, PIPES).map(lambda parts: f"({parts[0]} | {parts[1]})"),
        inner.map(lambda operand: f"(not {operand})"),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    ),
    max_leaves=6,
)


def attempt(function, *arguments):
    """Return what the function returned and no error, or nothing and the error of an expression."""
    try:
        return function(*arguments), None
    except ExpressionError as error:
        return None, error


@MANY
@given(TEXT)
def test_parse_gives_a_template_or_an_error_that_points_into_the_text(text):
    template, error = attempt(Template.parse, text)

    if error:
        assert error.message
        assert error.text == text
        assert 0 <= error.offset <= len(text)
        assert error.length >= 1
        assert error.offset + error.length <= len(text) + 1
    else:
        parts = [part if isinstance(part, str) else text[part.start : part.end] for part in template.segments]
        assert "".join(parts) == text


@MANY
@given(TEXT)
def test_parsing_a_condition_raises_nothing_else(text):
    condition, error = attempt(Condition.parse, text)

    assert error.message if error else condition.text == text


@MANY
@given(st.text().filter(lambda text: "{{" not in text))
def test_text_without_braces_stands_for_itself(text):
    template = Template.parse(text)

    assert template.is_literal
    assert template.evaluate({}) == text


@MANY
@given(EXPRESSIONS, VALUES, VALUES, VALUES)
def test_evaluation_gives_a_value_or_an_evaluation_error(source, x, y, item):
    scope = {"inputs": {"x": x, "y": y}, "item": item, "fan_in": [x, y, item]}
    template = Template.parse(f"{{{{ {source} }}}}")

    for evaluate in (template.evaluate, template.render, Condition.parse(template.text).evaluate):
        _, error = attempt(evaluate, scope)
        assert error is None or (type(error), error.text) == (EvaluationError, template.text)


@MANY
@given(EXPRESSIONS)
def test_references_lie_where_they_say(source):
    template = Template.parse(f"x {{{{ {source} }}}}")

    for reference in template.references:
        written = template.text[reference.offset : reference.offset + reference.length]
        assert Template.parse(f"{{{{ {written} }}}}").references[0].path == reference.path


@MANY
@given(SPACED)
def test_evaluation_of_whatever_parses_raises_nothing_else(text):
    template, _ = attempt(Template.parse, text)

    for part in template.segments if template else ():
        if isinstance(part, Expression):
            _, error = attempt(part.evaluate, {"inputs": {"x": "1"}, "item": ["a"]})
            assert error is None or (type(error), error.text) == (EvaluationError, text)


@MANY
@given(JSON_VALUES)
def test_to_json_and_from_json_are_inverse(value):
    template = Template.parse("{{ item | to_json | from_json }}")

    assert template.evaluate({"item": value}) == value


@MANY
@given(JSON_VALUES)
def test_a_value_in_text_is_read_back_as_json(value):
    written = Template.parse("{{ [item] }}").render({"item": value})

    assert json.loads(written) == [value]


@MANY
@given(st.lists(st.text()))
def test_shell_quote_gives_one_word_an_item(words):
    template = Template.parse("{{ item | shell_quote }}")

    assert shlex.split(template.evaluate({"item": words})) == words
    for word in words:
        assert shlex.split(template.evaluate({"item": word})) == [word]


@MANY
@given(VALUES)
def test_one_block_keeps_the_value_and_its_type(value):
    assert Template.parse(" {{ item }} ").evaluate({"item": value}) is value
