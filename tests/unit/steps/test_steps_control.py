"""What control steps choose, how often they go round, and what they say of it."""

import pytest

from plait.errors import InvalidWorkflowError
from support.steps import fails


def output(bench, step, step_id="c", inputs="", **script):
    state = bench.run(f"{inputs}\nsteps: [{step}]", **script)
    assert state.status == "completed", state.error
    return state.records[step_id].output


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("true", True),
        ("false", False),
        ('"{{ inputs.text }}"', True),
        ('"{{ inputs.empty }}"', False),
        ('"{{ inputs.false }}"', False),
        ('"{{ inputs.n > 1 }}"', True),
    ],
)
def test_if(bench, condition, holds):
    inputs = "inputs: {text: {type: string, default: x}, empty: {type: string, default: ''}, "
    inputs += "false: {type: string, default: 'false'}, n: {type: number, default: 2}}"
    step = "{id: c, type: if, condition: " + condition + ", then: [{id: t, type: do}], else: [{id: e, type: do}]}"
    assert output(bench, step, inputs=inputs) == {"condition_result": holds}
    assert bench.calls == ["t" if holds else "e"]


@pytest.mark.parametrize("otherwise", ["", ", else: null", ", else: []"])
def test_if_without_an_else(bench, otherwise):
    assert output(bench, "{id: c, type: if, condition: false, then: [{id: t, type: do}]" + otherwise + "}") == {
        "condition_result": False
    }
    assert bench.calls == []


def test_a_branch_sees_what_was_decided(bench):
    body = "[{id: t, type: do, value: '{{ steps.c.output.condition_result }}'}]"
    step = "{id: c, type: if, condition: true, then: " + body + "}"
    output(bench, step)
    assert bench.load().records["t"].output == {"value": True}


@pytest.mark.parametrize(
    ("value", "case", "matched"),
    [
        ('"b"', "in-b", "b"),
        ('" b "', "in-b", "b"),
        ('"{{ inputs.n }}"', "in-2", "2"),
        ('"{{ inputs.yes }}"', "in-true", "True"),
        ('"other"', "in-default", "__default__"),
        ('"{{ steps.nothing.output.x }}"', "in-empty", ""),
    ],
)
def test_switch(bench, value, case, matched):
    inputs = "inputs: {n: {type: number, default: 2}, yes: {type: boolean, default: true}}"
    cases = "{a: [{id: in-a, type: do}], b: [{id: in-b, type: do}], 2: [{id: in-2, type: do}], "
    cases += "True: [{id: in-true, type: do}], '': [{id: in-empty, type: do}]}"
    step = f"{{id: nothing, type: do, if: false}}, {{id: c, type: switch, expression: {value}, cases: {cases}, "
    said = output(bench, step + "default: [{id: in-default, type: do}]}", inputs=inputs)
    assert bench.calls == [case]
    assert said["matched_case"].lower() == matched.lower()


def test_switch_without_a_match_or_a_default(bench):
    said = output(bench, "{id: c, type: switch, expression: x, cases: {a: [{id: t, type: do}]}}")
    assert (said, bench.calls) == ({"matched_case": "__default__", "expression_value": "x"}, [])


def loop(kind, condition, more=""):
    return f"{{id: c, type: {kind}, condition: {condition}, {more} steps: [{{id: t, type: do}}]}}"


@pytest.mark.parametrize(
    ("kind", "condition", "more", "passes", "ended_by"),
    [
        ("while", "false", "", 0, "condition"),
        ("do-while", "false", "", 1, "condition"),
        ("while", "true", "max_iterations: 3,", 3, "max_iterations"),
        ("do-while", "true", "max_iterations: 3,", 3, "max_iterations"),
        ("while", "true", "", 10, "max_iterations"),
        ("do-while", "true", "", 10, "max_iterations"),
        ("while", "true", "max_iterations: '{{ inputs.n }}',", 2, "max_iterations"),
        ("while", "true", "max_iterations: '{{ inputs.bad }}',", 10, "max_iterations"),
        ("while", "true", "max_iterations: null,", 10, "max_iterations"),
        ("while", '"{{ steps.c.output.iterations < 2 }}"', "", 2, "condition"),
        ("do-while", '"{{ steps.c.output.iterations < 2 }}"', "", 2, "condition"),
    ],
)
def test_loops(bench, kind, condition, more, passes, ended_by):
    inputs = "inputs: {n: {type: number, default: 2}, bad: {type: string, default: many}}"
    said = output(bench, loop(kind, condition, more), inputs=inputs)
    assert (said["iterations"], said["ended_by"], said["loop_type"]) == (passes, ended_by, kind)
    assert len(bench.calls) == passes
    if kind == "while":
        assert said["condition_result"] is (passes > 0)


@pytest.mark.parametrize("kind", ["while", "do-while"])
def test_an_empty_body_does_not_go_round(bench, kind):
    said = output(bench, f"{{id: c, type: {kind}, condition: true, steps: []}}")
    assert said["iterations"] <= 1


@pytest.mark.parametrize("kind", ["while", "do-while"])
def test_a_halt_in_the_body_ends_the_loop(bench, kind):
    state = bench.run(f"steps: [{loop(kind, 'true')}]", **{"c:t:1": fails("second pass")})
    assert (state.status, state.error, state.current_step_id) == ("failed", "second pass", "c:t:1")
    assert (state.records["c"].output["iterations"], state.records["c"].output["ended_by"]) == (2, "halt")


def test_a_loop_sees_its_own_steps(bench):
    """The condition of a do-while speaks of a step of the body, at its latest pass."""
    step = "{id: c, type: do-while, condition: '{{ steps.t.output.value < 3 }}', steps: "
    step += "[{id: t, type: do, value: '{{ steps.c.output.iterations }}'}]}"
    said = output(bench, step)
    assert (said["iterations"], said["ended_by"]) == (4, "condition")


@pytest.mark.parametrize("value", ["0", "-1", "true", "2.5", '"x"', "[1]"])
def test_a_limit_that_is_no_number_of_passes_is_refused(bench, value):
    with pytest.raises(InvalidWorkflowError):
        bench.run(f"steps: [{loop('while', 'true', f'max_iterations: {value},')}]")


def test_parallel_says_its_branches(bench):
    step = "{id: c, type: parallel, branches: {l: [{id: a, type: do}], r: [{id: b, type: do}], e: []}}"
    assert output(bench, step) == {"branches": ["l", "r", "e"]}
    assert sorted(bench.calls) == ["a", "b"]


def test_parallel_needs_branches(bench):
    with pytest.raises(InvalidWorkflowError, match="not a valid workflow"):
        bench.run("steps: [{id: c, type: parallel, branches: {}}]")
