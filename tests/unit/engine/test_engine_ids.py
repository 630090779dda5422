"""Ids of items, of what is in them, and of the passes of loops; and results in item order."""

import threading

import pytest

from plait.model.outcome import StepResult
from support.bench import Bench, arrive, picture
from support.steps import fails, pauses

IDS = {
    "items": (
        "{id: f, type: fan-out, items: [1, 2], step: {id: t, type: do}}",
        ["f", "f:t:0", "f:t:1"],
    ),
    "nested items": (
        (
            "{id: o, type: fan-out, items: [1, 2], "
            "step: {id: i, type: fan-out, items: [1, 2], step: {id: leaf, type: do}}}"
        ),
        ["o", "o:i:0", "o:i:0:leaf:0", "o:i:0:leaf:1", "o:i:1", "o:i:1:leaf:0", "o:i:1:leaf:1"],
    ),
    "a body of steps": (
        "{id: f, type: fan-out, items: [1, 2], steps: [{id: a, type: do}, {id: b, type: do}]}",
        ["f", "f:item:0", "f:item:0:a", "f:item:0:b", "f:item:1", "f:item:1:a", "f:item:1:b"],
    ),
    "children of a control step in an item": (
        (
            "{id: f, type: fan-out, items: [1, 2], step: {id: t, type: if, condition: true, then: "
            "[{id: s, type: switch, expression: x, cases: {x: [{id: deep, type: do}]}}]}}"
        ),
        ["f", "f:t:0", "f:t:0:s", "f:t:0:deep", "f:t:1", "f:t:1:s", "f:t:1:deep"],
    ),
    "a fan-out below a control step in an item": (
        (
            "{id: f, type: fan-out, items: [1], step: {id: t, type: if, condition: true, then: "
            "[{id: g, type: fan-out, items: [1, 2], step: {id: leaf, type: do}}]}}"
        ),
        ["f", "f:t:0", "f:t:0:g", "f:t:0:g:leaf:0", "f:t:0:g:leaf:1"],
    ),
    "passes of a loop": (
        "{id: w, type: while, condition: true, max_iterations: 3, steps: [{id: a, type: do}, {id: b, type: do}]}",
        ["w", "a", "b", "w:a:1", "w:b:1", "w:a:2", "w:b:2"],
    ),
    "passes of a do-while": (
        "{id: d, type: do-while, condition: true, max_iterations: 2, steps: [{id: a, type: do}]}",
        ["d", "a", "d:a:1"],
    ),
    "descendants in the passes of a loop": (
        (
            "{id: w, type: while, condition: true, max_iterations: 2, steps: [{id: c, type: if, condition: true, "
            "then: [{id: x, type: do}, {id: i, type: if, condition: true, then: [{id: y, type: do}]}]}]}"
        ),
        ["w", "c", "x", "i", "y", "w:c:1", "w:c:1:x", "w:c:1:i", "w:c:1:y"],
    ),
    "loops in loops": (
        (
            "{id: w, type: while, condition: true, max_iterations: 2, steps: [{id: v, type: while, condition: true, "
            "max_iterations: 2, steps: [{id: in, type: do}]}]}"
        ),
        ["w", "v", "in", "v:in:1", "w:v:1", "w:v:1:in", "w:v:1:in:1"],
    ),
    "a loop in an item": (
        (
            "{id: f, type: fan-out, items: [1], step: {id: w, type: while, condition: true, max_iterations: 2, "
            "steps: [{id: a, type: do}]}}"
        ),
        ["f", "f:w:0", "f:w:0:a", "f:w:0:a:1"],
    ),
    "a fan-out in a loop": (
        (
            "{id: w, type: while, condition: true, max_iterations: 2, steps: [{id: f, type: fan-out, items: [1], "
            "step: {id: t, type: do}}]}"
        ),
        ["w", "f", "f:t:0", "w:f:1", "w:f:1:t:0"],
    ),
    "branches": (
        "{id: p, type: parallel, max_concurrency: 1, branches: {l: [{id: a, type: do}], r: [{id: b, type: do}]}}",
        ["p", "a", "b"],
    ),
}


@pytest.mark.parametrize("name", IDS)
def test_ids(bench, name):
    step, ids = IDS[name]
    state = bench.run(f"steps: [{step}]")
    assert state.status == "completed", state.error
    assert list(state.records) == ids


def test_no_two_occurrences_share_an_id(bench):
    loops = "{id: w, type: while, condition: true, max_iterations: 3, steps: [{id: v, type: do-while, condition: true,"
    loops += " max_iterations: 3, steps: [{id: c, type: if, condition: true, then: [{id: leaf, type: do}]}]}]}"
    bench.run(f"steps: [{loops}]")
    assert len(bench.calls) == len(set(bench.calls)) == 9


def test_a_plain_id_answers_with_the_latest_pass(bench):
    seen = []
    count = iter(range(10))

    def body(context):
        return StepResult(output={"value": next(count)})

    def after(context):
        seen.append(context.steps["body"]["output"]["value"])

    text = """
    steps:
      - id: w
        type: while
        condition: true
        max_iterations: 3
        steps: [{id: body, type: do}, {id: reader, type: do, value: "{{ steps.body.output.value }}"}]
      - {id: after, type: do}
    """
    script = {f"{prefix}body{suffix}": body for prefix, suffix in [("", ""), ("w:", ":1"), ("w:", ":2")]}
    state = bench.run(text, after=after, **script)
    assert [state.records[each].output["value"] for each in ("reader", "w:reader:1", "w:reader:2")] == [0, 1, 2]
    assert state.step_results["body"]["output"] == {"value": 2}
    assert state.records["body"].output == {"value": 0}
    assert seen == [2]


def test_a_step_that_only_a_later_pass_reached_is_seen_by_its_plain_id(bench):
    seen = []
    text = """
    steps:
      - id: w
        type: do-while
        condition: true
        max_iterations: 2
        steps:
          - {id: c, type: if, condition: "{{ steps.w.output.iterations == 1 }}", then: [{id: late, type: do, value: 7}]}
      - {id: after, type: do, value: "{{ steps.late.output.value }}"}
    """
    state = bench.run(text, after=lambda context: seen.append(context.steps["late"]["output"]["value"]))
    assert list(state.records) == ["w", "c", "w:c:1", "w:c:1:late", "after"]
    assert state.records["after"].output == {"value": 7}
    assert seen == [7]


LEXICAL = """
steps:
  - {id: before, type: do, value: outside}
  - id: f
    type: fan-out
    items: [x, y, z]
    max_concurrency: 3
    steps:
      - {id: own, type: do, value: "{{ item }}{{ item_index }}"}
      - id: c
        type: if
        condition: "{{ steps.own.output.value == item }}"
        then: []
        else: [{id: reader, type: do, value: "{{ steps.own.output.value }} {{ steps.before.output.value }}"}]
  - {id: after, type: do, value: "{{ steps.own.output.value }}"}
  - {id: by_id, type: do, value: "{{ steps['f:item:1:own'].output.value }}"}
"""


def test_steps_of_an_item_see_their_own_item(bench):
    text = LEXICAL.replace("  - {id: by_id, type: do, value: \"{{ steps['f:item:1:own'].output.value }}\"}\n", "")
    state = bench.run(text)
    assert state.status == "completed", state.error
    readers = [state.records[f"f:item:{index}:reader"].output["value"] for index in range(3)]
    assert readers == ["x0 outside", "y1 outside", "z2 outside"]
    assert state.records["after"].output == {"value": None}


ORDER = """
steps:
  - id: fan
    type: fan-out
    items: [a, b, c, d]
    max_concurrency: {width}
    step: {{id: leaf, type: do, value: "{{{{ item }}}}"}}
  - {{id: last, type: do, value: "{{{{ steps.fan.output.results }}}}"}}
"""


def test_results_are_in_item_order_whatever_the_order_of_completion(bench):
    ended = {index: threading.Event() for index in range(5)}
    ended[4].set()
    completed = []

    def hook(event, state):
        if event["event"] == "step_completed" and str(event["step_id"]).startswith("fan:leaf:"):
            completed.append(event["step_id"][-1])
            ended[int(event["step_id"][-1])].set()

    def waits_for_the_next(context):
        if context.item_index is not None:
            arrive(ended[context.item_index + 1])

    bench.events.hook = hook
    state = bench.run(ORDER.format(width=4), default=waits_for_the_next)
    assert completed == ["3", "2", "1", "0"]
    assert [each["value"] for each in state.records["fan"].output["results"]] == ["a", "b", "c", "d"]
    assert [each["value"] for each in state.records["last"].output["value"]] == ["a", "b", "c", "d"]


MIXED = """
steps:
  - id: fan
    type: fan-out
    items: [0, 1, 2, 3, 4, 5]
    max_concurrency: {width}
    outputs: {{value: "{{{{ steps.body.output.value }}}}"}}
    steps:
      - {{id: body, type: do, value: "{{{{ item }}}}", continue_on_error: true}}
      - id: loop
        type: while
        condition: "{{{{ item > 2 }}}}"
        max_iterations: 2
        steps: [{{id: inside, type: do, value: "{{{{ item_index }}}}"}}]
  - id: both
    type: parallel
    max_concurrency: {width}
    branches: {{l: [{{id: a, type: do, value: 1}}, {{id: b, type: do, value: 2}}], r: [{{id: c, type: do, value: 3}}]}}
  - {{id: all, type: fan-in, wait_for: [fan, a], output: {{n: "{{{{ fan_in.results | length }}}}"}}}}
outputs: {{result: "{{{{ steps.all.output.n }}}}"}}
"""


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"fan:item:2:body": fails("expected", exit_code=3)},
        {"fan:item:5:inside": fails("last item")},
        {"fan:item:5:inside": pauses},
        {"c": fails("in a branch")},
    ],
)
def test_sequential_and_concurrent_runs_come_to_the_same(tmp_path, script):
    pictures = []
    for width in (1, 4):
        bench = Bench(tmp_path / str(width))
        state = bench.run(MIXED.format(width=width), **script)
        seen = picture(state)
        seen["records"]["fan"]["output"].pop("max_concurrency", None)
        assert picture(bench.load())["status"] == seen["status"]
        pictures.append(seen)
    assert pictures[0] == pictures[1]
