"""Templates and expressions as objects: their parts, their places, how they are kept and copied."""

import copy
import pickle

import pytest

from plait.errors import EvaluationError, ExpressionError
from plait.expressions import (
    FILTERS,
    ROOTS,
    Expression,
    LazyText,
    Reference,
    Template,
    evaluate_condition,
    evaluate_expression,
    evaluate_value,
)


class KeptElsewhere(LazyText):
    def __init__(self, text):
        self.text = text
        self.reads = 0

    @property
    def size(self):
        return len(self.text.encode())

    def read(self):
        self.reads += 1
        return self.text


class Unreadable(LazyText):
    size = 1

    def read(self):
        raise OSError("the file is gone")


class Context:
    def scope(self):
        return {"inputs": {"n": 3}}


def test_parts_of_a_text_with_blocks():
    template = Template.parse("a {{ inputs.x }}{{steps.y | trim|raw}} b")

    assert [str(part) if isinstance(part, str) else part.source for part in template.segments] == [
        "a ",
        "inputs.x",
        "steps.y | trim|raw",
        " b",
    ]
    first, second = (part for part in template.segments if isinstance(part, Expression))
    assert template.text[first.start : first.end] == "{{ inputs.x }}"
    assert template.text[second.start : second.end] == "{{steps.y | trim|raw}}"
    assert template.text[second.offset :].startswith(second.source)
    assert (first.filters, second.filters) == ((), ("trim", "raw"))
    assert template.single is None
    assert not template.is_literal


@pytest.mark.parametrize(
    ("source", "filters"),
    [
        ("(inputs.x | trim) | raw", ("trim", "raw")),
        ("((inputs.x | raw))", ("raw",)),
        ("inputs.x | default(inputs.y | raw)", ("default",)),
        ("(inputs.x | raw) == 1", ()),
    ],
)
def test_filters_are_those_of_the_outermost_pipeline(source, filters):
    assert Template.parse(f"{{{{ {source} }}}}").single.filters == filters


def test_references_point_at_every_path_wherever_it_is():
    text = "x {{ steps.a.b[0] | default(inputs.c) }} {{ [item, [fan_in]] }} {{ not (run.id in 'z') }}"
    template = Template.parse(text)

    assert [reference.path for reference in template.references] == [
        ("steps", "a", "b", 0),
        ("inputs", "c"),
        ("item",),
        ("fan_in",),
        ("run", "id"),
    ]
    assert [text[r.offset : r.offset + r.length] for r in template.references] == [
        "steps.a.b[0]",
        "inputs.c",
        "item",
        "fan_in",
        "run.id",
    ]
    assert template.references[0] == Reference(("steps", "a", "b", 0), 5, 12)
    assert template.references[0].root == "steps"


def test_text_in_quotes_is_no_reference():
    assert Template.parse("{{ 'inputs.x' }}").references == ()


@pytest.mark.parametrize("text", ["", "plain", "{ x }", "}}", "a }} b", "{{ not closed", "{"])
def test_text_without_a_block_is_literal(text):
    template = Template.parse(text)

    assert template.is_literal
    assert template.evaluate({}) == template.render({}) == text
    assert template.single is None


def test_unterminated_tells_where():
    assert Template.parse("ab {{ c").unterminated == 3
    assert Template.parse("{{ 1 }} {{").unterminated == 8
    assert Template.parse("{{ 1 }}").unterminated is None


def test_render_is_always_text():
    scope = {"inputs": {"n": None, "b": True, "l": [1], "f": 1.0, "s": "x"}}

    assert Template.parse("{{ inputs.n }}").render(scope) == ""
    assert Template.parse("{{ inputs.b }}").render(scope) == "true"
    assert Template.parse("{{ inputs.l }}").render(scope) == "[1]"
    assert Template.parse("{{ inputs.f }}").render(scope) == "1.0"
    assert Template.parse("{{ inputs.s }}").render(scope) == "x"


@pytest.mark.parametrize("text", ["plain", "{{ inputs.x }}", "a {{ inputs.x | raw }}"])
def test_templates_are_values(text):
    template = Template.parse(text)

    assert pickle.loads(pickle.dumps(template)) == template
    assert copy.deepcopy(template) is template
    assert copy.copy(template) is template
    assert hash(Template(text)) == hash(template)
    assert Template(text) == template
    assert template != text
    assert repr(template) == f"Template({text!r})"
    assert str(template) == text
    with pytest.raises(AttributeError, match="immutable"):
        template.text = "other"
    with pytest.raises(AttributeError, match="immutable"):
        del template.text


def test_expressions_are_values():
    expression = Template.parse("{{ 1 }}{{ inputs.x }}").segments[1]

    again = pickle.loads(pickle.dumps(expression))
    assert again == expression
    assert again.evaluate({"inputs": {"x": 5}}) == 5
    assert hash(again) == hash(expression)
    assert copy.deepcopy(expression) is expression
    assert expression != Template.parse("{{ 1 }}{{ inputs.x }}").segments[0]
    assert repr(expression) == "Expression('inputs.x')"
    with pytest.raises(AttributeError, match="immutable"):
        expression.source = "other"


def test_parsing_again_answers_from_the_cache():
    assert Template.parse("{{ inputs.cached }}") is Template.parse("{{ inputs.cached }}")


def test_lazy_text_is_read_by_whatever_uses_it():
    lazy = KeptElsewhere("big\n")
    scope = {"steps": {"a": {"stdout": lazy}}, "item": "big\n"}

    assert Template.parse("{{ steps.a.stdout }}").evaluate(scope) == "big\n"
    assert Template.parse("<{{ steps.a.stdout }}>").evaluate(scope) == "<big\n>"
    assert Template.parse("{{ steps.a.stdout | trim }}").evaluate(scope) == "big"
    assert Template.parse("{{ item == steps.a.stdout }}").evaluate(scope) is True
    assert Template.parse("{{ 'bi' in steps.a.stdout }}").evaluate(scope) is True
    assert Template.parse("{{ steps.a.stdout }}").render(scope) == "big\n"
    assert evaluate_condition("{{ steps.a.stdout }}", {"steps": {"a": {"stdout": KeptElsewhere("false")}}}) is False


def test_lazy_text_inside_values_is_read_and_the_values_are_not_changed():
    lazy = KeptElsewhere("x")
    results = [{"stdout": lazy, "n": (1, lazy)}]
    scope = {"fan_in": results}

    assert Template.parse("{{ fan_in }}").evaluate(scope) == [{"stdout": "x", "n": (1, "x")}]
    assert Template.parse("{{ fan_in | to_json }}").evaluate(scope) == '[{"stdout": "x", "n": [1, "x"]}]'
    assert Template.parse("{{ fan_in | map('stdout') | join(',') }}").evaluate(scope) == "x"
    assert results[0]["stdout"] is lazy


def test_keep_lazy_leaves_a_bare_path_unread():
    lazy = KeptElsewhere("x")
    scope = {"item": lazy}

    assert Template.parse("{{ item }}").evaluate(scope, keep_lazy=True) is lazy
    assert Template.parse(" {{ (item) }} ").evaluate(scope, keep_lazy=True) is lazy
    assert lazy.reads == 0
    assert Template.parse("{{ item | raw }}").evaluate(scope, keep_lazy=True) == "x"
    assert Template.parse("{{ item }}!").evaluate(scope, keep_lazy=True) == "x!"


def test_lazy_text_that_cannot_be_read_is_an_evaluation_error():
    with pytest.raises(EvaluationError, match="'item' cannot be evaluated: the file is gone"):
        Template.parse("{{ item }}").evaluate({"item": Unreadable()})


def test_evaluate_value_walks_values_but_not_keys():
    value = {"{{ inputs.n }}": ["{{ inputs.n }}", ("{{ inputs.n }}!", Template.parse("{{ inputs.n }}"))], "k": 5}

    assert evaluate_value(value, {"inputs": {"n": 3}}) == {"{{ inputs.n }}": [3, ("3!", 3)], "k": 5}


def test_evaluate_value_of_a_list_that_holds_itself_is_an_evaluation_error():
    loop = []
    loop.append(loop)

    with pytest.raises(EvaluationError, match="nested too deep"):
        evaluate_value(loop, {})


@pytest.mark.parametrize("context", [{"inputs": {"n": 3}}, Context()], ids=["mapping", "context"])
def test_exp_01_evaluate_expression_passes_other_values_through(context):
    items = ["{{ inputs.n }}"]

    assert evaluate_expression("{{ inputs.n }}", context) == 3
    assert evaluate_expression(Template.parse("n={{ inputs.n }}"), context) == "n=3"
    assert evaluate_expression(items, context) is items
    assert evaluate_expression(None, context) is None
    assert evaluate_condition("{{ inputs.n > 2 }}", context) is True
    assert evaluate_condition(False, context) is False


def test_an_error_during_evaluation_knows_its_place_among_other_blocks():
    with pytest.raises(EvaluationError) as caught:
        Template.parse("{{ 1 }} {{ item | from_json }}").evaluate({"item": "{"})

    assert caught.value.offset == 18


def test_nesting_has_a_limit():
    assert Template.parse("{{ " + "(" * 40 + "1" + ")" * 40 + " }}").evaluate({}) == 1
    for deep in ("(" * 1000 + "1" + ")" * 1000, "[" * 101, "not " * 101 + "1", "1" + "| string" * 101):
        with pytest.raises(ExpressionError, match="nested more than 50 levels deep"):
            Template.parse("{{ " + deep + " }}")


def test_a_long_row_of_operands_is_not_a_deep_one():
    text = "{{ " + " or ".join(["false"] * 1000) + " or true }}"

    assert Template.parse(text).evaluate({}) is True


def test_length_has_a_limit():
    with pytest.raises(ExpressionError, match="too long"):
        Template.parse("{{ [" + "1," * 5000 + "] }}")


def test_many_quotes_in_a_long_text_take_linear_time():
    text = "{{ [" + "'', " * 2000 + "] }}"

    assert Template.parse(text).evaluate({}) == [""] * 2000


def test_the_names_an_expression_may_use_are_public():
    assert {"inputs", "steps", "item", "item_index", "fan_in", "context", "run"} == ROOTS
    assert all(description and not description.endswith(".") for description in FILTERS.values())
