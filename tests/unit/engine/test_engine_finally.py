"""`finally`: steps that run at the end of every run, and know how it is about to end."""

import pytest

from support.bench import statuses
from support.steps import aborts, fails, pauses

TEXT = """
inputs: {ok: {type: string, default: ""}}
steps: [{id: a, type: do}, {id: b, type: do}]
finally:
  - {id: x, type: do, value: "{{ run.status }}|{{ run.error }}"}
  - {id: y, type: do}
"""


@pytest.mark.parametrize(
    ("behaviour", "status", "seen"),
    [
        (None, "completed", "completed|"),
        (fails("broken"), "failed", "failed|broken"),
        (fails(None), "failed", "failed|"),
        (aborts, "aborted", "aborted|aborted here"),
    ],
)
def test_it_runs_however_the_run_ends(bench, behaviour, status, seen):
    state = bench.run(TEXT, a=behaviour or (lambda _: None))
    assert state.status == status
    assert bench.calls[-2:] == ["x", "y"]
    assert state.records["x"].output == {"value": seen}


def test_it_does_not_run_while_the_run_waits(bench):
    assert bench.run(TEXT, b=pauses).status == "paused"
    assert bench.calls == ["a", "b"]
    bench.script({})
    assert bench.resume().status == "completed"
    assert bench.calls == ["b", "x", "y"]


def test_its_failure_fails_a_run_that_had_completed_and_the_rest_of_it_runs(bench):
    state = bench.run(TEXT, x=fails("cleaning failed"))
    assert (state.status, state.error, state.current_step_id) == ("failed", "cleaning failed", "x")
    assert bench.calls == ["a", "b", "x", "y"]
    bench.script({})
    assert bench.resume().status == "completed"
    assert bench.calls == ["x", "y"]


def test_its_failure_does_not_hide_that_of_the_steps(bench):
    state = bench.run(TEXT, b=fails("the real one"), x=fails("cleaning failed"))
    assert (state.status, state.error, state.current_step_id) == ("failed", "the real one", "b")


def test_it_runs_again_at_the_end_of_a_resume(bench):
    bench.run(TEXT, b=fails("no"))
    bench.script({})
    state = bench.resume()
    assert bench.calls == ["b", "x", "y"]
    assert state.records["x"].output == {"value": "completed|"}


def test_items_in_it_run_again_too(bench):
    text = TEXT + "  - {id: f, type: fan-out, items: [1, 2], steps: [{id: t, type: do, value: '{{ run.status }}'}]}\n"
    bench.run(text, b=fails("no"))
    bench.script({})
    state = bench.resume()
    assert state.status == "completed"
    assert bench.calls == ["b", "x", "y", "f:item:0:t", "f:item:1:t"]
    assert state.records["f"].output["results"] == [{"t": {"value": "completed"}}] * 2


def test_a_gate_in_it_can_be_answered(bench):
    text = TEXT + "  - {id: ask, type: gate, message: sure?}\n  - {id: z, type: do}\n"
    state = bench.run(text)
    assert (state.status, state.current_step_id) == ("paused", "ask")
    calls = bench.calls
    bench.engine.answer("run", "approve")
    state = bench.resume()
    assert state.status == "completed"
    assert (calls, bench.calls) == (["a", "b", "x", "y", "z"], [])
    assert state.records["ask"].output["choice"] == "approve"


def test_after_a_cancel_it_runs_and_the_run_is_aborted(bench):
    def cancels(context):
        bench.engine.cancel("run")
        assert context.cancellation.wait(20)

    state = bench.run(TEXT, a=cancels)
    assert (state.status, state.error) == ("aborted", "cancelled")
    assert bench.calls == ["a", "x", "y"]
    assert state.records["x"].output == {"value": "aborted|cancelled"}


def test_after_the_cancel_of_a_run_that_nobody_owns_it_runs_as_well(bench):
    text = TEXT.replace("steps: [", "steps: [{id: g, type: gate, message: m}, ")
    assert bench.run(text).status == "paused"
    assert bench.engine.cancel("run") == "aborted"
    state = bench.load()
    assert (state.status, state.error, state.waiting) == ("aborted", "cancelled", [])
    assert bench.calls == ["x", "y"]


def test_a_crash_in_it_runs_what_is_left_of_it(bench):
    bench.run(TEXT)
    log = [(event["event"], event.get("step_id")) for event in bench.log()]
    bench.cut(log.index(("step_started", "y")) + 1)
    assert bench.resume().status == "completed"
    assert bench.calls == ["y"]


def test_a_crash_in_it_after_a_failure_runs_all_of_it_again(bench):
    bench.run(TEXT, b=fails("no"))
    log = [(event["event"], event.get("step_id")) for event in bench.log()]
    bench.cut(log.index(("step_started", "y")) + 1)
    bench.script({})
    state = bench.resume()
    assert (state.status, bench.calls) == ("completed", ["b", "x", "y"])
    assert statuses(state) == dict.fromkeys("abxy", "completed")
