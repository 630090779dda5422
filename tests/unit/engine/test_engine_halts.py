"""What a halted item means for the others, for the results and for the run (FAN-17..22, FAN-25)."""

import threading

import pytest

from plait.errors import InvalidWorkflowError
from plait.model.outcome import StepResult
from support.bench import arrive, statuses
from support.steps import aborts, fails, pauses

FAN = """
steps:
  - id: fan
    type: fan-out
    items: [0, 1, 2, 3, 4, 5]
    max_concurrency: {width}
    {more}
    step: {{id: leaf, type: do, value: "{{{{ item }}}}"}}
  - {{id: after, type: do}}
"""


def fan(width=1, more=""):
    return FAN.format(width=width, more=more)


def results(state):
    return [each.get("value") for each in state.records["fan"].output["results"]]


HALTS = {
    "failed": (fails("item 2 failed"), "item 2 failed"),
    "paused": (pauses, None),
    "aborted": (aborts, "aborted here"),
}


@pytest.mark.parametrize("status", HALTS)
def test_a_halt_stops_a_sequential_fan_out(bench, status):
    halt, error = HALTS[status]
    state = bench.run(fan(), **{"fan:leaf:2": halt})
    assert (state.status, state.error, state.current_step_id) == (status, error, "fan:leaf:2")
    assert bench.calls == ["fan:leaf:0", "fan:leaf:1", "fan:leaf:2"]
    assert results(state) == [0, 1, None]
    assert state.records["fan"].status == {"aborted": "failed"}.get(status, status)
    assert state.records["fan"].error == error


@pytest.mark.parametrize("status", HALTS)
def test_a_halt_lets_running_items_end_and_starts_no_more(bench, status):
    """Items 0, 1 and 2 run; 1 halts; 0 and 2 are let go only after the halt is recorded; 3 to 5 never start."""
    halt, error = HALTS[status]
    all_here, halted = threading.Barrier(3), bench.watch_workers()

    def behave(context):
        all_here.wait(20)
        if context.item_index == 1:
            return halt(context)
        arrive(halted)
        return None

    bench.script({f"fan:leaf:{index}": behave for index in range(3)})
    state = bench.run(fan(3))
    assert (state.status, state.error, state.current_step_id) == (status, error, "fan:leaf:1")
    assert sorted(bench.calls) == ["fan:leaf:0", "fan:leaf:1", "fan:leaf:2"]
    assert results(state) == [0, None]
    assert state.records["fan:leaf:2"].status == "completed"
    assert state.records["fan:leaf:2"].output == {"value": 2}
    if status == "aborted":
        return
    bench.script({})
    state = bench.resume()
    assert state.status == "completed"
    assert sorted(bench.calls) == ["after", *(f"fan:leaf:{index}" for index in (1, 3, 4, 5))]
    assert results(state) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("lowest", [fails("the lower one"), fails(""), fails(None), pauses, aborts])
@pytest.mark.parametrize("other", [fails("the higher one"), pauses, aborts])
def test_the_lowest_halted_item_speaks_for_the_run(bench, lowest, other):
    """Item 3 halts first in time; 1, which runs meanwhile, halts after it, and its status and error are the run's."""
    both_here, higher_halted = threading.Barrier(4), bench.watch_workers()

    def behave(context):
        both_here.wait(20)
        if context.item_index == 3:
            return other(context)
        arrive(higher_halted)
        return lowest(context) if context.item_index == 1 else None

    bench.script({f"fan:leaf:{index}": behave for index in range(4)})
    state = bench.run(fan(4))
    own = lowest(None)
    expected = "paused" if own.status == "paused" else "aborted" if own.output.get("aborted") else "failed"
    assert (state.status, state.error, state.current_step_id) == (expected, own.error, "fan:leaf:1")
    assert results(state) == [0, None]
    assert len(bench.calls) == 4
    assert bench.snapshot()["current_step_id"] == "fan:leaf:1"


NESTED_BODIES = {
    "if": "step: {id: leaf, type: if, condition: true, then: [{id: kid, type: do}, {id: kid2, type: do}]}",
    "switch": "step: {id: leaf, type: switch, expression: x, cases: {x: [{id: kid, type: do}, {id: kid2, type: do}]}}",
    "while": "step: {id: leaf, type: while, condition: true, max_iterations: 1, steps: [{id: kid, type: do}, "
    "{id: kid2, type: do}]}",
    "steps": "steps: [{id: kid, type: do}, {id: kid2, type: do}]",
}


@pytest.mark.parametrize("body", NESTED_BODIES)
def test_a_halt_in_a_nested_child_belongs_to_its_item(bench, body):
    text = (
        "steps: [{id: fan, type: fan-out, items: [0, 1, 2, 3, 4, 5], max_concurrency: 3, " + NESTED_BODIES[body] + "}]"
    )
    item = "item" if body == "steps" else "leaf"
    all_here, higher_halted = threading.Barrier(3), bench.watch_workers()

    def behave(context):
        all_here.wait(20)
        if context.item_index == 2:
            return StepResult.failed("item 2")
        arrive(higher_halted)
        return StepResult.failed("item 1") if context.item_index == 1 else None

    bench.script({f"fan:{item}:{index}:kid": behave for index in range(3)})
    state = bench.run(text)
    assert (state.status, state.error, state.current_step_id) == ("failed", "item 1", f"fan:{item}:1:kid")
    assert set(bench.calls) == {*(f"fan:{item}:{index}:kid" for index in range(3)), f"fan:{item}:0:kid2"}
    assert len(state.records["fan"].output["results"]) == 2
    assert statuses(state)[f"fan:{item}:1"] == "failed"
    assert statuses(state)[f"fan:{item}:0"] == "completed"


@pytest.mark.parametrize("width", [1, 3])
def test_continue_on_error_of_the_template_truncates_nothing(bench, width):
    text = fan(width).replace('"{{ item }}"}', '"{{ item }}", continue_on_error: true}')
    state = bench.run(text, **{"fan:leaf:0": fails("no", value="bad"), "fan:leaf:3": fails("no")})
    assert (state.status, state.error) == ("completed", None)
    assert results(state) == ["bad", 1, 2, None, 4, 5]
    assert state.records["fan"].status == "completed"
    assert state.records["fan:leaf:0"].status == "failed"


def test_continue_on_error_never_covers_an_abort(bench):
    text = fan().replace('"{{ item }}"}', '"{{ item }}", continue_on_error: true}')
    assert bench.run(text, **{"fan:leaf:1": aborts}).status == "aborted"


@pytest.mark.parametrize("width", [1, 3])
def test_continue_on_error_of_the_fan_out_does_not_cover_its_items(bench, width):
    state = bench.run(fan(width, "continue_on_error: true"), **{"fan:leaf:0": fails("item 0")})
    assert (state.status, state.error) == ("failed", "item 0")
    assert "after" not in bench.calls


def test_continue_on_error_of_the_fan_out_covers_its_own_failure(bench):
    text = fan(1, "continue_on_error: true").replace("[0, 1, 2, 3, 4, 5]", '"{{ 5 }}"')
    state = bench.run(text)
    assert (state.status, bench.calls) == ("completed", ["after"])
    assert "`items` must be a list" in state.records["fan"].error


def test_an_unknown_step_type_is_refused_before_anything_runs(bench):
    with pytest.raises(InvalidWorkflowError):
        bench.run(fan().replace("id: leaf, type: do", "id: leaf, type: dont"))
    assert not bench.folder().exists()


@pytest.mark.parametrize("width", [1, 3])
def test_on_item_failure_continue_runs_all_and_lists_every_failure(bench, width):
    state = bench.run(
        fan(width, "on_item_failure: continue"), **{"fan:leaf:1": fails("one"), "fan:leaf:4": fails("four", value="x")}
    )
    record = state.records["fan"]
    assert (state.status, state.current_step_id, len(bench.calls)) == ("failed", "fan", 6)
    assert state.error == "2 of 6 items failed: fan:leaf:1: one; fan:leaf:4: four"
    assert results(state) == [0, None, 2, 3, "x", 5]
    assert record.output["failures"] == [
        {"step_id": "fan:leaf:1", "error": "one"},
        {"step_id": "fan:leaf:4", "error": "four"},
    ]
    bench.script({})
    assert bench.resume().status == "completed"
    assert sorted(bench.calls) == ["after", "fan:leaf:1", "fan:leaf:4"]


def test_on_item_failure_continue_may_be_continued_past(bench):
    text = fan(2, "on_item_failure: continue\n    continue_on_error: true")
    state = bench.run(text, **{"fan:leaf:1": fails("one")})
    assert (state.status, state.records["fan"].status, bench.calls[-1]) == ("completed", "failed", "after")


def test_on_item_failure_continue_names_only_some_of_many(bench):
    state = bench.run(fan(1, "on_item_failure: continue").replace("5]", "5, 6, 7]"), default=fails("no"))
    assert state.error.startswith("8 of 8 items failed: fan:leaf:0: no; ")
    assert state.error.endswith("fan:leaf:4: no; and 3 more")


@pytest.mark.parametrize("halt", [aborts, pauses])
def test_on_item_failure_continue_does_not_go_on_after_other_halts(bench, halt):
    state = bench.run(fan(1, "on_item_failure: continue"), **{"fan:leaf:0": fails("no"), "fan:leaf:1": halt})
    assert state.status in {"aborted", "paused"}
    assert len(bench.calls) == 2


def test_on_item_failure_cancel_ends_the_running_items(bench):
    both_here = threading.Barrier(3)

    def waits_to_be_told(context):
        both_here.wait(20)
        assert context.cancellation.wait(20), "it was not told to stop"
        return StepResult.failed("stopped")

    def breaks(context):
        both_here.wait(20)
        return StepResult.failed("broke")

    state = bench.run(
        fan(3, "on_item_failure: cancel"),
        **{"fan:leaf:0": waits_to_be_told, "fan:leaf:1": breaks, "fan:leaf:2": waits_to_be_told},
    )
    assert (state.status, state.error, state.current_step_id) == ("failed", "broke", "fan:leaf:1")
    assert statuses(state) == {
        "fan": "failed",
        "fan:leaf:0": "pending",
        "fan:leaf:1": "failed",
        "fan:leaf:2": "pending",
    }
    bench.script({})
    state = bench.resume()
    assert (state.status, results(state)) == ("completed", [0, 1, 2, 3, 4, 5])
    assert sorted(bench.calls) == ["after", *(f"fan:leaf:{index}" for index in range(6))]


def test_what_is_cancelled_with_an_item_stays_inside_the_fan_out(bench):
    state = bench.run(
        fan(2, "on_item_failure: cancel") + "finally: [{id: last, type: do}]", **{"fan:leaf:0": fails("broke")}
    )
    assert (state.status, statuses(state)["last"]) == ("failed", "completed")


PARALLEL = """
steps:
  - id: all
    type: parallel
    {more}
    branches:
      left: [{{id: a, type: do}}, {{id: b, type: do}}]
      right: [{{id: c, type: do}}, {{id: d, type: do}}]
  - {{id: after, type: do}}
"""


def test_the_first_branch_that_halts_speaks_for_the_run(bench):
    both_here, right_failed = threading.Barrier(2), bench.watch_workers()

    def left(context):
        both_here.wait(20)
        arrive(right_failed)
        return StepResult.failed("left")

    def right(context):
        both_here.wait(20)
        return StepResult.failed("right")

    state = bench.run(PARALLEL.format(more=""), a=left, c=right)
    assert (state.status, state.error, state.current_step_id) == ("failed", "left", "a")
    bench.script({})
    assert bench.resume().status == "completed"
    assert sorted(bench.calls) == ["a", "after", "b", "c", "d"]


def test_branches_that_ended_are_kept_by_a_resume(bench):
    state = bench.run(PARALLEL.format(more="max_concurrency: 1"), d=fails("right"))
    assert (state.status, state.current_step_id) == ("failed", "d")
    bench.script({})
    assert bench.resume().status == "completed"
    assert bench.calls == ["d", "after"]


def test_branches_may_all_run_although_one_fails(bench):
    state = bench.run(PARALLEL.format(more="on_item_failure: continue\n    max_concurrency: 1"), a=fails("left"))
    assert (state.status, state.error) == ("failed", "1 of 2 branches failed: a: left")
    assert bench.calls == ["a", "c", "d"]
