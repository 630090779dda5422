"""What `fan-out` and `fan-in` take and give."""

import pytest

from plait.errors import InvalidWorkflowError
from plait.load import load_workflow
from plait.model.spending import Budget
from support.bench import definition
from support.steps import fails

INPUTS = "inputs: {list: {type: string, default: '[1, {\"a\": 2}, null]'}, text: {type: string, default: abc}}\n"


def fan(items, more="step: {id: t, type: do, value: '{{ item }}'}"):
    return INPUTS + f"steps: [{{id: f, type: fan-out, items: {items}, {more}}}]"


def test_its_output(bench):
    state = bench.run(fan("[a, b]", "max_concurrency: '4', step: {id: t, type: do, value: '{{ item }}'}"))
    assert state.records["f"].output == {
        "items": ["a", "b"],
        "max_concurrency": "4",
        "step_template": {"id": "t", "type": "do", "value": "{{ item }}"},
        "item_count": 2,
        "results": [{"value": "a"}, {"value": "b"}],
    }
    assert state.step_results["f"]["output"]["results"][1] == {"value": "b"}


@pytest.mark.parametrize("body", ["step: {id: 'a:b', type: do}", "step: {id: t, type: none-such}"])
def test_a_body_that_is_wrong_does_not_count_as_missing(bench, body):
    with pytest.raises(InvalidWorkflowError) as caught:
        bench.run(fan("[a]", body))
    assert len(caught.value.problems) == 1
    with pytest.raises(InvalidWorkflowError, match="needs `step` or `steps`"):
        bench.run(fan("[a]", "step: null"))


def test_items_may_be_an_expression(bench):
    state = bench.run(fan("'{{ inputs.list | from_json }}'"))
    assert [each["value"] for each in state.records["f"].output["results"]] == [1, {"a": 2}, None]


def test_literal_items_are_not_evaluated(bench):
    state = bench.run(fan("['{{ inputs.text }}', x]"))
    assert state.records["f"].output["items"] == ["{{ inputs.text }}", "x"]


@pytest.mark.parametrize(
    ("items", "kind"),
    [("'{{ inputs.text }}'", "text"), ("'{{ steps.none.output.x }}'", "null")],
)
def test_items_that_are_no_list_fail_and_are_named(bench, items, kind):
    text = fan(items).replace("steps: [", "steps: [{id: none, type: do, if: false}, ")
    state = bench.run(text)
    assert (state.status, bench.calls) == ("failed", [])
    assert state.error.startswith("`items` must be a list, but {{ ")


@pytest.mark.parametrize(
    "more",
    ["", "step: {type: do}", "step: [{id: t, type: do}]", "step: {id: t, type: do}, steps: [{id: u, type: do}]"],
)
def test_it_has_one_body(bench, more):
    with pytest.raises(InvalidWorkflowError):
        bench.run(fan("[1]", more))


@pytest.mark.parametrize("items", ["plain", "5", "{a: 1}", "true"])
def test_items_that_can_never_be_a_list_are_refused(bench, items):
    with pytest.raises(InvalidWorkflowError):
        bench.run(fan(items))


def test_the_result_of_a_body_of_steps_is_each_step_s_output(bench):
    body = "steps: [{id: a, type: do, value: '{{ item }}'}, {id: b, type: do, if: '{{ item == 1 }}', value: 5}]"
    state = bench.run(fan("[1, 2]", body))
    assert state.records["f"].output["results"] == [{"a": {"value": 1}, "b": {"value": 5}}, {"a": {"value": 2}}]


def test_or_its_outputs_in_the_item_s_own_scope(bench):
    body = "outputs: {sum: '{{ steps.a.output.value }}/{{ item }}/{{ item_index }}'}, "
    body += "steps: [{id: a, type: do, value: '{{ item }}'}]"
    state = bench.run(fan("[x, y]", body))
    assert state.records["f"].output["results"] == [{"sum": "x/x/0"}, {"sum": "y/y/1"}]


def test_a_template_may_add_outputs_of_its_own(bench):
    body = "step: {id: t, type: do, value: '{{ item }}', outputs: {twice: '{{ item }}{{ item }}'}}"
    state = bench.run(fan("[x]", body))
    assert state.records["f"].output["results"] == [{"value": "x", "twice": "xx"}]


def test_the_item_is_back_after_a_nested_fan_out(bench):
    body = "steps: [{id: g, type: fan-out, items: [1, 2], step: {id: t, type: do, value: '{{ item }}'}}, "
    body += "{id: after, type: do, value: '{{ item }} {{ item_index }}'}]"
    state = bench.run(fan("[x, y]", body))
    assert [state.records[f"f:item:{n}:after"].output["value"] for n in (0, 1)] == ["x 0", "y 1"]


def test_items_are_decided_once(bench):
    text = fan("'{{ inputs.list | from_json }}'")
    bench.run(text, **{"f:t:1": fails("no")})
    bench.script({})
    state = bench.resume({"list": "[7]"})
    assert [each["value"] for each in state.records["f"].output["results"]] == [1, {"a": 2}, None]


# --- fan-in

IN = """
steps:
  - {id: a, type: do, value: 1}
  - {id: skipped, type: do, if: false}
  - {id: f, type: fan-out, items: [x, y], step: {id: t, type: do, value: "{{ item }}"}}
  - id: all
    type: fan-in
    wait_for: [f, skipped, a]
    output:
      letters: "{{ fan_in.results[0].results }}"
      first: "{{ fan_in.results[2].value }}"
      nothing: "{{ fan_in.first }}"
      fixed: 3
"""


def test_it_gathers_outputs_in_the_order_asked_for(bench):
    state = bench.run(IN)
    assert state.status == "completed", state.error
    output = state.records["all"].output
    assert output["results"] == [state.records["f"].output, {}, {"value": 1}]
    assert output["letters"] == [{"value": "x"}, {"value": "y"}]
    assert (output["first"], output["nothing"], output["fixed"]) == (1, None, 3)
    assert bench.load().records["all"].output == output


def test_a_key_named_results_takes_the_place_of_the_list(bench):
    text = "steps: [{id: a, type: do, value: 1}, {id: all, type: fan-in, wait_for: [a], output: {results: mine}}]"
    assert bench.run(text).records["all"].output == {"results": "mine"}


@pytest.mark.parametrize("wait_for", ["[]", "a", "[later]", "[all]", "['f:t:0']", "[5]", "null"])
def test_it_waits_only_for_steps_that_stand_before_it(bench, wait_for):
    text = f"steps: [{{id: a, type: do}}, {{id: all, type: fan-in, wait_for: {wait_for}}}, {{id: later, type: do}}]"
    with pytest.raises(InvalidWorkflowError):
        bench.run(text)


def test_in_an_item_it_gathers_that_item_s_own(bench):
    body = "steps: [{id: a, type: do, value: '{{ item }}'}, {id: all, type: fan-in, wait_for: [a]}]"
    state = bench.run(fan("[x, y]", "max_concurrency: 2, " + body))
    assert [state.records[f"f:item:{n}:all"].output["results"] for n in (0, 1)] == [[{"value": "x"}], [{"value": "y"}]]


def test_each_item_may_have_a_budget(bench):
    text = fan("[a, b]", "item_budget: {usd: 2, tokens: 3_000}, steps: [{id: t, type: do}]")
    assert bench.run(text).status == "completed"
    loaded = load_workflow(definition(text), bench.engine.step_types)
    step = loaded.workflow.steps[0]
    assert step.type._body(step.config).settings.budget == Budget(usd=2.0, tokens=3000)


def test_a_budget_for_items_needs_steps(bench):
    with pytest.raises(InvalidWorkflowError, match="`item_budget` is for a fan-out with `steps`"):
        bench.run(fan("[a]", "item_budget: {usd: 2}, step: {id: t, type: do}"))
