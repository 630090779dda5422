"""A limit that passes is waited out: the step is tried again at its time, and nothing else stands still meanwhile."""

import itertools
import math
import signal
import threading
import time

import pytest

from plait.api import WorkflowEngine
from plait.model.outcome import StepResult
from plait.model.status import StepStatus
from support.bench import Bench, arrive, statuses, wait_until
from support.steps import fails, pauses
from support.waits import HOUR, WallClock, waits


@pytest.fixture
def clock(monkeypatch):
    return WallClock(monkeypatch)


def events(bench, *names):
    return [event for event in bench.log() if event["event"] in names]


def wait_for(bench, number, name="attempt_failed"):
    """Wait until so many events of a name have been seen in this process."""
    wait_until(lambda: sum(event["event"] == name for event in bench.events.seen) == number)


def in_background(bench, text, **script):
    """Run a workflow in a thread; return the thread and what its state will be put into."""
    states = []
    thread = threading.Thread(target=lambda: states.append(bench.run(text, **script)))
    thread.start()
    return thread, states


FAN = """
steps:
  - {{id: fan, type: fan-out, items: [{items}], max_concurrency: {width}, {more} step: {{id: leaf, type: do}}}}
"""


def fan(items, width, more=""):
    return FAN.format(items=", ".join(map(str, range(items))), width=width, more=more)


def test_a_step_is_tried_again_when_its_time_has_come(bench):
    state = bench.run("steps: [{id: a, type: do}, {id: b, type: do}]", a=waits(times=2))
    assert (state.status, bench.calls) == ("completed", ["a", "a", "a", "b"])
    record = state.records["a"]
    assert (record.attempt, record.waits, record.waiting_until, record.error) == (3, 2, None, None)
    failed = events(bench, "attempt_failed")
    assert [(event["attempt"], event["error"], event["failure"]) for event in failed] == [
        (1, "limit 1", "quota"),
        (2, "limit 2", "quota"),
    ]
    assert all("until" in event and "delay" not in event for event in failed)


def test_it_is_pending_while_it_waits(bench, clock):
    thread, states = in_background(bench, "steps: [{id: a, type: do}]", a=waits(HOUR, clock=clock))
    wait_for(bench, 1)
    record = bench.load().records["a"]
    assert (record.status, record.error, record.waits, record.ended) == (StepStatus.PENDING, "limit 1", 1, None)
    assert record.waiting_until == events(bench, "attempt_failed")[0]["until"]
    assert bench.calls == ["a"]
    clock.forward()
    thread.join()
    assert (states[0].status, bench.calls) == ("completed", ["a", "a"])


def test_waits_are_not_among_the_tries_of_retry(bench):
    turns = iter([waits(times=9), fails("one"), waits(times=9), fails("two")])

    def behave(context):
        return next(turns)(context)

    state = bench.run("steps: [{id: a, type: do, retry: 2}]", a=behave)
    assert (state.status, state.error, len(bench.calls)) == ("failed", "two", 4)
    assert ["until" in event for event in events(bench, "attempt_failed")] == [True, False, True]


@pytest.mark.parametrize("retry", ["retry: 1", "retry: {attempts: 5, on: [7]}"])
def test_a_limit_is_waited_out_whatever_retry_says(bench, retry):
    state = bench.run(f"steps: [{{id: a, type: do, {retry}}}]", a=waits(times=3))
    assert (state.status, len(bench.calls)) == ("completed", 4)


def test_the_number_of_waits_is_told(bench):
    seen = []
    behave = waits(times=2)
    bench.run("steps: [{id: a, type: do}]", a=lambda context: seen.append(context.waits) or behave(context))
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("again_at", [math.inf, math.nan, -math.inf])
def test_a_time_that_never_comes_is_a_failure(bench, again_at):
    state = bench.run("steps: [{id: a, type: do}]", a=lambda _: StepResult.failed("no", again_at=again_at))
    assert (state.status, state.error, bench.calls) == ("failed", "no", ["a"])


def test_a_wait_that_would_outlast_the_time_around_it_is_a_failure(bench):
    text = "steps: [{id: around, type: if, condition: true, timeout: 60, then: [{id: a, type: do, retry: 3}]}]"
    state = bench.run(text, a=waits(HOUR))
    why = "limit 1; not waited for: the time limit of a step around it passes first"
    assert (state.status, state.error, bench.calls) == ("failed", why, ["a"])
    assert events(bench, "attempt_failed") == []


def test_the_clock_of_a_step_around_it_runs_on_while_it_waits(bench):
    """Were the time of the step around it to begin anew after each wait, this would never end."""
    text = "steps: [{id: around, type: if, condition: true, timeout: 0.6, then: [{id: a, type: do}]}]"
    state = bench.run(text, a=waits(0.05, times=10_000))
    assert (state.status, state.records["a"].status) == ("failed", "failed")
    assert state.records["a"].waits > 1


def test_steps_around_it_are_pending_and_walked_again_as_the_same_attempt(bench):
    text = """
    steps:
      - id: loop
        type: while
        condition: "{{ steps.a.output.value != 'done' }}"
        steps:
          - {id: first, type: do}
          - {id: around, type: if, condition: true, then: [{id: a, type: do, value: done}]}
    """
    state = bench.run(text, a=waits())
    assert (state.status, bench.calls) == ("completed", ["first", "a", "a"])
    assert {name: record.attempt for name, record in state.records.items()} == {
        "loop": 1,
        "first": 1,
        "around": 1,
        "a": 2,
    }
    told = events(bench, "attempt_failed", "step_waiting")
    assert [(event["event"], event["step_id"]) for event in told] == [
        ("attempt_failed", "a"),
        ("step_waiting", "around"),
        ("step_waiting", "loop"),
    ]
    assert len({event["until"] for event in told}) == 1


@pytest.mark.parametrize("width", [1, 2])
def test_the_seat_of_an_item_that_waits_is_free(bench, clock, width):
    """Item 0 is due only after all others have begun: were its seat kept, they never would."""
    others = set()

    def other(context):
        others.add(context.step_id)
        if len(others) == 7:
            clock.forward()

    def first(context):
        return waits(HOUR, clock=clock)(context) if context.waits == 0 else last(context)

    def last(context):
        return None if len(others) == 7 else StepResult.failed("the others waited for it")

    state = bench.run(fan(8, width), **{"fan:leaf:0": first, "default": other})
    assert state.status == "completed", state.error
    assert bench.counts == {"fan:leaf:0": 2, **{f"fan:leaf:{index}": 1 for index in range(1, 8)}}
    assert len(state.records["fan"].output["results"]) == 8
    assert events(bench, "step_waiting") == []


def test_an_item_whose_time_has_come_goes_before_those_not_yet_begun(bench, clock):
    def second(context):
        clock.forward()

    bench.run(fan(4, 1), **{"fan:leaf:0": waits(HOUR, clock=clock), "fan:leaf:1": second})
    assert [each[-1] for each in bench.calls] == ["0", "1", "0", "2", "3"]


@pytest.mark.parametrize("policy", ["stop", "cancel", "continue"])
def test_waiting_is_no_failure_of_an_item(bench, policy):
    state = bench.run(fan(5, 2, f"on_item_failure: {policy},"), default=waits(0.01))
    assert state.status == "completed", state.error
    assert set(bench.counts.values()) == {2}


def test_a_failed_item_ends_a_fan_out_in_which_another_waits(bench):
    state = bench.run(fan(3, 1), **{"fan:leaf:0": waits(HOUR), "fan:leaf:1": fails("no")})
    assert (state.status, state.error) == ("failed", "no")
    assert statuses(state) == {"fan": "failed", "fan:leaf:0": "pending", "fan:leaf:1": "failed"}
    bench.script({})
    state = bench.load()
    assert state.records["fan:leaf:0"].waiting_until is not None


def test_a_failed_item_is_not_run_again_because_another_waited(bench):
    text = fan(3, 2, "on_item_failure: continue,")
    state = bench.run(text, **{"fan:leaf:0": waits(0.05), "fan:leaf:1": fails("no")})
    assert state.status == "failed"
    assert bench.counts == {"fan:leaf:0": 2, "fan:leaf:1": 1, "fan:leaf:2": 1}


def test_a_paused_item_and_one_that_waits(bench):
    state = bench.run(fan(3, 2, "on_item_pause: continue,"), **{"fan:leaf:0": pauses, "fan:leaf:1": waits(0.05)})
    assert state.status == "paused"
    assert bench.counts == {"fan:leaf:0": 1, "fan:leaf:1": 2, "fan:leaf:2": 1}


def test_branches_wait_beside_each_other(bench, clock):
    def right(context):
        clock.forward()

    text = "steps: [{id: all, type: parallel, max_concurrency: 1, branches: {l: [{id: a, type: do}, {id: b, type: do}],"
    state = bench.run(text + " r: [{id: c, type: do}]}}]", a=waits(HOUR, clock=clock), c=right)
    assert (state.status, bench.calls) == ("completed", ["a", "c", "a", "b"])


NESTED = """
steps:
  - id: outer
    type: fan-out
    items: [0, 1, 2]
    max_concurrency: 1
    step:
      id: inner
      type: fan-out
      items: [0, 1]
      max_concurrency: 2
      step: {id: leaf, type: do}
"""


def test_an_inner_fan_out_that_only_waits_gives_its_seat_to_others(bench, clock):
    begun = set()

    def behave(context):
        begun.add(context.step_id)
        if context.step_id.startswith("outer:inner:0"):
            return waits(HOUR, clock=clock)(context)
        if context.step_id.startswith("outer:inner:2"):
            clock.forward(HOUR / 2 + 1)
        return None

    state = bench.run(NESTED, default=behave)
    assert state.status == "completed", state.error
    assert len(begun) == 6
    assert {key: count for key, count in bench.counts.items() if count > 1} == {
        "outer:inner:0:leaf:0": 2,
        "outer:inner:0:leaf:1": 2,
    }
    assert state.records["outer:inner:0"].attempt == 1
    waited = {event["step_id"] for event in events(bench, "step_waiting")}
    assert waited == {"outer:inner:0"}


def test_an_inner_fan_out_goes_on_when_the_first_of_its_times_has_come(bench, clock):
    untils = {}

    def behave(context):
        if not context.step_id.startswith("outer:inner:0"):
            clock.forward(2 * HOUR)
            return None
        result = waits(HOUR * (2 if context.step_id.endswith(":0") else 1), clock=clock)(context)
        if result is not None:
            untils[context.step_id] = result.again_at
        return result

    assert bench.run(NESTED, default=behave).status == "completed"
    [waited] = events(bench, "step_waiting")
    assert waited["until"] == untils["outer:inner:0:leaf:1"] < untils["outer:inner:0:leaf:0"]


def test_an_inner_fan_out_in_which_something_failed_is_not_left_to_be_walked_again(bench):
    def behave(context):
        if context.step_id == "outer:inner:0:leaf:0":
            return StepResult.failed("no")
        return waits(0.3)(context) if context.step_id == "outer:inner:0:leaf:1" else None

    text = NESTED.replace("max_concurrency: 2", "max_concurrency: 2\n      on_item_failure: continue")
    state = bench.run(
        text.replace("max_concurrency: 1", "max_concurrency: 1\n    on_item_failure: continue"), default=behave
    )
    assert state.status == "failed"
    assert (bench.counts["outer:inner:0:leaf:0"], bench.counts["outer:inner:0:leaf:1"]) == (1, 2)
    assert not events(bench, "step_waiting")


def test_the_slot_of_the_run_is_free_while_a_step_waits(bench, clock):
    text = """
    max_parallel: 1
    steps:
      - {id: all, type: parallel, branches: {l: [{id: a, type: do}], r: [{id: b, type: do}]}}
    """
    other = threading.Event()

    def waiter(context):
        with context.waiting("for the other one"):
            arrive(other)

    state = bench.run(text, a=waiter, b=lambda _: other.set())
    assert state.status == "completed", state.error
    assert (bench.folder() / "steps" / "a" / "attempt-1.log").read_text() == "for the other one\n"


@pytest.mark.parametrize("kind", ["pause", "cancel"])
@pytest.mark.parametrize("number", [1, 3])
def test_whoever_waits_is_stopped_at_once(bench, clock, kind, number):
    text = fan(3, 1) if number > 1 else "steps: [{id: a, type: do}]"
    thread, states = in_background(bench, text, default=waits(HOUR, clock=clock))
    wait_for(bench, number)
    bench.engine.cancel("run", pause=kind == "pause")
    thread.join()
    assert states[0].status == {"pause": "paused", "cancel": "aborted"}[kind]
    if kind == "pause":
        clock.forward()
        assert bench.resume().status == "completed"
        assert len(bench.calls) == number


def test_a_resume_goes_on_waiting(bench, clock):
    """Cut off as a dead process leaves it: the step is not executed before its time."""
    thread, _ = in_background(bench, fan(2, 1), default=waits(HOUR, clock=clock))
    wait_for(bench, 2)
    kept = len(bench.log())
    bench.engine.cancel("run", pause=True)
    thread.join()
    bench.cut(kept)

    again = Bench(bench.root)
    states = []
    thread = threading.Thread(target=lambda: states.append(again.engine.resume("run")))
    thread.start()
    wait_for(again, 1, "step_started")  # the fan-out: its items only wait
    assert again.calls == []
    clock.forward()
    thread.join()
    assert (states[0].status, again.calls) == ("completed", ["fan:leaf:0", "fan:leaf:1"])


@pytest.mark.parametrize("policy", ["fail", "ask"])
def test_a_step_that_only_waited_was_not_interrupted(bench, clock, policy):
    text = f"steps: [{{id: a, type: do, on_interrupt: {policy}}}]"
    thread, _ = in_background(bench, text, a=waits(HOUR, clock=clock))
    wait_for(bench, 1)
    bench.engine.cancel("run", pause=True)
    thread.join()
    clock.forward()
    assert bench.resume().status == "completed"


def test_a_resume_plan_says_what_waits(bench, clock):
    thread, _ = in_background(bench, "steps: [{id: a, type: do}]", a=waits(HOUR, clock=clock))
    wait_for(bench, 1)
    bench.engine.cancel("run", pause=True)
    thread.join()
    (planned,) = bench.engine.plan_resume("run")
    assert (planned.action, planned.reason[:15]) == ("run", "it waits until ")


def test_a_signal_ends_a_wait(bench):
    bench.engine = WorkflowEngine(bench.root, [bench.do], listeners=[bench.events], signals=[signal.SIGUSR1])

    def hook(event, state):
        if event["event"] == "attempt_failed":
            signal.raise_signal(signal.SIGUSR1)

    bench.events.hook = hook
    state = bench.run("steps: [{id: a, type: do}]", a=waits(HOUR))
    assert (state.status, state.records["a"].status) == ("paused", "pending")


def test_a_limit_that_has_passed_already_is_tried_again_at_once(bench):
    turns = itertools.count()

    def behave(context):
        return StepResult.failed("no", again_at=time.time() - 5) if next(turns) < 3 else None

    assert bench.run(fan(1, 1), default=behave).status == "completed"
    assert len(bench.calls) == 4
