"""An exception that escapes a step type: a bug of that type, which reaches the caller as it is (COE-05, FAN-23)."""

import threading
import traceback

import pytest

from support.bench import arrive, statuses
from support.steps import fails

FAN = """
steps:
  - {id: first, type: do}
  - id: fan
    type: fan-out
    items: [0, 1, 2, 3, 4, 5]
    max_concurrency: 3
    step: {id: leaf, type: do, value: "{{ item }}"}
  - {id: after, type: do}
"""


class OwnError(Exception):
    """An error of a user's step type."""


def raises_deep_down(context):
    def deep_down():
        raise OwnError("a bug of mine")

    deep_down()


def frames(error):
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def test_it_is_raised_again_with_its_traceback(bench):
    with pytest.raises(OwnError, match="a bug of mine") as caught:
        bench.run("steps: [{id: a, type: do}]", a=raises_deep_down)
    assert frames(caught.value)[-3:] == ["execute", "raises_deep_down", "deep_down"]
    state = bench.load()
    assert (state.status, state.error) == ("failed", "OwnError: a bug of mine")
    assert statuses(state) == {"a": "failed"}
    assert bench.snapshot()["status"] == "failed"
    bench.script({})
    assert bench.resume().status == "completed"


def test_in_an_item_it_cancels_what_has_not_started_and_joins_what_runs(bench):
    all_here, raised = threading.Barrier(3), bench.watch_workers()

    def behave(context):
        all_here.wait(20)
        if context.item_index == 1:
            raises_deep_down(context)
        arrive(raised)

    bench.script({f"fan:leaf:{index}": behave for index in range(3)})
    with pytest.raises(OwnError) as caught:
        bench.run(FAN)
    assert frames(caught.value)[-4:] == ["execute", "behave", "raises_deep_down", "deep_down"]
    assert sorted(bench.calls) == ["fan:leaf:0", "fan:leaf:1", "fan:leaf:2", "first"]
    state = bench.load()
    assert (state.status, state.error) == ("failed", "OwnError: a bug of mine")
    assert statuses(state) == {
        "first": "completed",
        "fan": "failed",
        "fan:leaf:0": "completed",
        "fan:leaf:1": "failed",
        "fan:leaf:2": "completed",
    }
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("plait-")]
    bench.script({})
    state = bench.resume()
    assert state.status == "completed"
    assert sorted(bench.calls) == ["after", "fan:leaf:1", "fan:leaf:3", "fan:leaf:4", "fan:leaf:5"]
    assert [each["value"] for each in state.records["fan"].output["results"]] == [0, 1, 2, 3, 4, 5]


def test_of_two_the_lower_item_s_is_raised(bench):
    both_here = threading.Barrier(3)

    def behave(context):
        both_here.wait(20)
        if context.item_index:
            raise OwnError(f"item {context.item_index}")

    with pytest.raises(OwnError, match="item 1"):
        bench.run(FAN, **{f"fan:leaf:{index}": behave for index in range(3)})


def test_it_wins_over_a_failure_of_another_item(bench):
    bench.script({"fan:leaf:0": fails("an ordinary failure"), "fan:leaf:1": raises_deep_down})
    both_here = threading.Barrier(2)
    failing, raising = bench.do.script["fan:leaf:0"], bench.do.script["fan:leaf:1"]

    def together(then):
        def behave(context):
            both_here.wait(20)
            return then(context)

        return behave

    bench.script({"fan:leaf:0": together(failing), "fan:leaf:1": together(raising)})
    with pytest.raises(OwnError):
        bench.run(FAN)
    assert bench.load().error == "OwnError: a bug of mine"


def test_continue_on_error_does_not_hide_it(bench):
    with pytest.raises(OwnError):
        bench.run("steps: [{id: a, type: do, continue_on_error: true, retry: 3}]", a=raises_deep_down)
    assert bench.calls == ["a"]


def test_a_failing_resume_is_recorded_too(bench):
    bench.run("steps: [{id: a, type: do}, {id: b, type: do}]", b=fails("no"))
    bench.script({"b": raises_deep_down})
    with pytest.raises(OwnError):
        bench.resume()
    assert [event["event"] for event in bench.log()][-1] == "resume_failed"
    assert (bench.load().status, bench.calls) == ("failed", ["b"])


def test_finally_still_runs_and_knows(bench):
    text = """
    steps: [{id: a, type: do}]
    finally: [{id: last, type: do, value: "{{ run.status }}: {{ run.error }}"}]
    """
    with pytest.raises(OwnError):
        bench.run(text, a=raises_deep_down)
    state = bench.load()
    assert state.records["last"].output == {"value": "failed: OwnError: a bug of mine"}
    assert state.status == "failed"


@pytest.mark.parametrize("main", [None, fails("an ordinary failure")])
def test_one_in_finally_leaves_a_failed_run_and_the_other_steps_run(bench, main):
    text = "steps: [{id: a, type: do}]\nfinally: [{id: x, type: do}, {id: y, type: do}]"
    with pytest.raises(OwnError) as caught:
        bench.run(text, a=main or (lambda _: None), x=raises_deep_down)
    assert frames(caught.value)[-1] == "deep_down"
    assert bench.calls == ["a", "x", "y"]
    state = bench.load()
    assert (state.status, state.error) == ("failed", "OwnError: a bug of mine")
    bench.script({})
    assert bench.resume().status == "completed"


def test_of_one_in_the_steps_and_one_in_finally_the_first_is_raised(bench):
    def another(context):
        raise ValueError("in finally")

    with pytest.raises(OwnError):
        bench.run("steps: [{id: a, type: do}]\nfinally: [{id: x, type: do}]", a=raises_deep_down, x=another)
    state = bench.load()
    assert (state.status, state.error) == ("failed", "OwnError: a bug of mine")
    assert state.records["x"].error == "ValueError: in finally"


def test_an_expression_that_fails_is_a_failure_of_its_step(bench):
    text = "steps: [{id: a, type: do, value: \"{{ 'x' | from_json }}\"}, {id: b, type: do}]"
    state = bench.run(text)
    assert state.status == "failed"
    assert state.records["a"].error == state.error
    state = bench.run(text.replace("type: do, value", "type: do, continue_on_error: true, value"), run_id="two")
    assert (state.status, state.records["a"].status) == ("completed", "failed")


def test_a_workflow_s_environment_that_cannot_be_evaluated_fails_the_run(bench):
    text = """
    inputs: {x: {type: string, default: "not json"}}
    env: {X: "{{ inputs.x | from_json }}"}
    steps: [{id: a, type: do}]
    finally: [{id: last, type: do}]
    """
    state = bench.run(text)
    assert state.status == "failed"
    assert "from_json" in state.error
    assert bench.load().status == "failed"


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes"])
def test_an_output_that_json_cannot_say_is_a_failure_of_its_step(bench, value):
    from plait.model.outcome import StepResult

    state = bench.run("steps: [{id: a, type: do}]", a=lambda _: StepResult(output={"x": value}))
    assert (state.status, state.records["a"].output) == ("failed", {})
    assert "cannot be kept as JSON" in state.error
    assert bench.load().error == state.error
