"""`retry`, `if`, time limits, environment and folder, `outputs`."""

import itertools
import threading

import pytest

from plait.model.outcome import StepResult
from support.bench import statuses, wait_until
from support.steps import aborts, fails, pauses


def counted(*results):
    """Return a behaviour that comes to each of these results in turn, and to the last one for ever."""
    turns = itertools.chain(results, itertools.repeat(results[-1]))

    def behave(context):
        return next(turns)(context)

    return behave


def completes(context):
    return None


def step(fields):
    return "steps: [{id: a, type: do, " + fields + "}, {id: b, type: do}]"


def test_it_is_tried_again_until_it_succeeds(bench):
    state = bench.run(step("retry: 3"), a=counted(fails("one"), fails("two"), completes))
    assert (state.status, bench.calls) == ("completed", ["a", "a", "a", "b"])
    assert state.records["a"].attempt == 3
    failed = [event for event in bench.log() if event["event"] == "attempt_failed"]
    assert [(event["attempt"], event["error"]) for event in failed] == [(1, "one"), (2, "two")]


def test_the_last_failure_counts(bench):
    state = bench.run(step("retry: 2"), a=counted(fails("one"), fails("two"), completes))
    assert (state.status, state.error, bench.calls) == ("failed", "two", ["a", "a"])
    assert state.records["a"].output == {}


def test_retries_come_before_continue_on_error(bench):
    state = bench.run(step("retry: 2, continue_on_error: true"), a=fails("no"))
    assert (state.status, bench.calls) == ("completed", ["a", "a", "b"])


def timed_out(context):
    return StepResult.failed("too slow", failure="timeout")


@pytest.mark.parametrize(
    ("on", "failure", "tries"),
    [
        ("[]", fails("no"), 3),
        ("[error]", fails("no"), 3),
        ("[error]", timed_out, 1),
        ("[timeout]", timed_out, 3),
        ("[timeout]", fails("no"), 1),
        ("[75]", fails("no", exit_code=75), 3),
        ("[75]", fails("no", exit_code=1), 1),
        ("[75, timeout]", timed_out, 3),
        ("[]", aborts, 1),
        ("[]", pauses, 1),
    ],
)
def test_only_what_on_names_is_tried_again(bench, on, failure, tries):
    bench.run(step(f"retry: {{attempts: 3, on: {on}}}"), a=failure)
    assert bench.calls == ["a"] * tries


def test_delays_grow_up_to_the_limit(bench):
    retry = "retry: {attempts: 5, delay: 0.001, backoff: 2, max_delay: 0.003}"
    bench.run(step(retry), a=fails("no"))
    delays = [event["delay"] for event in bench.log() if event["event"] == "attempt_failed"]
    assert delays == [0.001, 0.002, 0.003, 0.003]


def test_jitter_stays_within_its_fraction(bench):
    bench.run(step("retry: {attempts: 20, delay: 0.001, jitter: 0.5}"), a=fails("no"))
    delays = [event["delay"] for event in bench.log() if event["event"] == "attempt_failed"]
    assert all(0.0005 <= delay <= 0.0015 for delay in delays)
    assert len(set(delays)) > 1


def test_tries_are_counted_over_a_crash(bench):
    """The journal ends in the second of three tries: one has failed, so two are left, the cut one among them."""
    bench.run(step("retry: 3"), a=fails("no"))
    log = [(event["event"], event.get("attempt")) for event in bench.log()]
    bench.cut(log.index(("step_started", 2)) + 1)
    state = bench.resume()
    assert (state.status, bench.calls) == ("failed", ["a", "a"])
    assert state.records["a"].attempt == 4


def test_a_resume_after_a_failure_has_all_tries_again(bench):
    bench.run(step("retry: 2"), a=fails("no"))
    bench.resume()
    assert bench.calls == ["a", "a"]


def test_the_pause_before_another_try_ends_with_the_time_of_a_step_around_it(bench):
    """The delay is far longer than the test may last."""
    inner = "{id: a, type: do, retry: {attempts: 3, delay: 300}}"
    text = f"steps: [{{id: around, type: if, condition: true, timeout: 0.3, then: [{inner}]}}]"
    state = bench.run(text, a=fails("no"))
    assert (state.status, state.error, bench.calls) == ("failed", "timed out after 0.3 s", ["a"])


def test_a_stop_ends_the_wait_for_the_next_try(bench):
    """The delay is far longer than the test may last."""
    waiting = threading.Event()

    def hook(event, state):
        if event["event"] == "attempt_failed":
            waiting.set()

    bench.events.hook = hook
    bench.script({"a": fails("no")})
    outcome = []
    text = step("retry: {attempts: 3, delay: 300}")
    thread = threading.Thread(target=lambda: outcome.append(bench.run(text)))
    thread.start()
    assert waiting.wait(20)
    bench.engine.cancel("run", pause=True)
    thread.join(20)
    assert (outcome[0].status, statuses(outcome[0])) == ("paused", {"a": "pending"})
    bench.script({})
    assert bench.resume().status == "completed"
    assert bench.calls == ["a", "b"]


def test_a_control_step_tries_only_what_failed_in_it(bench):
    text = "steps: [{id: c, type: if, condition: true, retry: 2, then: [{id: x, type: do}, {id: y, type: do}]}]"
    state = bench.run(text, y=counted(fails("once"), completes))
    assert (state.status, bench.calls) == ("completed", ["x", "y", "y"])


def test_items_are_tried_one_by_one(bench):
    text = "steps: [{id: f, type: fan-out, items: [1, 2], step: {id: t, type: do, retry: 2}}]"
    bench.run(text, **{"f:t:1": counted(fails("once"), completes)})
    assert bench.calls == ["f:t:0", "f:t:1", "f:t:1"]


# --- if


@pytest.mark.parametrize(("condition", "runs"), [("true", True), ("false", False), ('"{{ inputs.n > 1 }}"', True)])
def test_a_step_whose_if_does_not_hold_is_skipped(bench, condition, runs):
    text = "inputs: {n: {type: number, default: 2}}\n" + step(f"if: {condition}, value: 5")
    text = text.replace("{id: b, type: do}", '{id: b, type: do, value: "{{ steps.a.output.value }}"}')
    state = bench.run(text)
    assert state.status == "completed"
    assert bench.calls == ["a", "b"] if runs else ["b"]
    assert state.records["a"].status == ("completed" if runs else "skipped")
    assert state.records["b"].output == {"value": 5 if runs else None}


def test_a_skipped_step_stays_skipped(bench):
    text = "inputs: {go: {type: boolean, default: false}}\n" + step('if: "{{ inputs.go }}"')
    bench.run(text, b=fails("no"))
    bench.script({})
    assert bench.resume({"go": True}).status == "completed"
    assert bench.calls == ["b"]


def test_a_step_that_began_is_not_asked_again_whether_it_may(bench):
    text = "inputs: {go: {type: boolean, default: true}}\n" + step('if: "{{ inputs.go }}"')
    bench.run(text, a=fails("no"))
    bench.script({})
    assert bench.resume({"go": False}).status == "completed"
    assert bench.calls == ["a", "b"]


def test_an_if_that_cannot_be_evaluated_fails_the_step(bench):
    text = "inputs: {x: {type: string, default: nonsense}}\n" + step('if: "{{ inputs.x | from_json }}"')
    state = bench.run(text)
    assert (state.status, bench.calls) == ("failed", [])
    assert state.error.startswith("`if`: from_json got text that is not JSON")
    assert bench.resume({"x": "true"}).status == "completed"
    assert bench.calls == ["a", "b"]


def test_a_skipped_control_step_runs_nothing_in_it(bench):
    text = "steps: [{id: f, type: fan-out, if: false, items: [1], step: {id: t, type: do}}]"
    assert (bench.run(text).status, bench.calls) == ("completed", [])


# --- time limits


def expired(context):
    """End at the time limit, as a child process would be ended."""
    deadline = context.cancellation.deadline
    assert deadline is not None
    wait_until(lambda: context.cancellation.expired)


CONTROLS = {
    "if": "condition: true, then: [{id: x, type: do}, {id: y, type: do}]",
    "while": "condition: true, max_iterations: 1, steps: [{id: x, type: do}, {id: y, type: do}]",
    "switch": "expression: a, cases: {a: [{id: x, type: do}, {id: y, type: do}]}",
    "parallel": "max_concurrency: 1, branches: {a: [{id: x, type: do}], b: [{id: y, type: do}]}",
}


@pytest.mark.parametrize("control", CONTROLS)
def test_a_time_limit_of_a_control_step_holds_for_what_is_in_it(bench, control):
    text = "steps: [{id: c, type: " + control + ", timeout: 0.3, " + CONTROLS[control] + "}]"
    state = bench.run(text, x=expired)
    assert (state.status, bench.calls) == ("failed", ["x"])
    assert state.error == "timed out after 0.3 s"
    bench.script({})
    state = bench.engine.resume("run")
    assert state.records["x"].status == "completed"


def test_a_time_limit_of_a_fan_out_starts_no_more_items(bench):
    text = "steps: [{id: f, type: fan-out, timeout: 0.3, items: [1, 2, 3], step: {id: t, type: do}}]"
    state = bench.run(text, **{"f:t:0": expired})
    assert (state.status, bench.calls) == ("failed", ["f:t:0"])
    assert state.records["f"].output["results"] == [{"value": None}]


def test_the_nearest_time_limit_wins(bench):
    limits = []

    def looks(context):
        limits.append(context.cancellation.deadline)

    inner = "{id: a, type: do}, {id: b, type: do, timeout: 0.5}, {id: d, type: do, timeout: 500}"
    text = "steps: [{id: c, type: if, timeout: 100, condition: true, then: [" + inner + "]}, {id: e, type: do}]"
    bench.run(text, default=looks)
    outer, short, long, none = limits
    assert short < outer == long
    assert none is None


@pytest.mark.parametrize("seconds", ["0", "-1", "nothing", "true"])
def test_a_time_limit_that_is_no_number_fails_the_step(bench, seconds):
    text = f"inputs: {{t: {{type: string, default: '{seconds}'}}}}\n" + step('timeout: "{{ inputs.t }}"')
    state = bench.run(text)
    assert (state.status, bench.calls) == ("failed", [])
    assert state.error.startswith("`timeout` must be a positive number of seconds")


# --- environment and folder, of real children


def test_environment_and_folder_reach_the_steps_below(bench):
    for name in ("outer", "inner"):
        (bench.root / name).mkdir(parents=True)
    echo = 'run: "printf %s \\"$A-$B-$C-$(basename $PWD)\\""'
    text = f"""
    env: {{A: top, B: top, C: top}}
    inputs: {{b: {{type: string, default: middle}}}}
    steps:
      - id: c
        type: if
        condition: true
        env: {{B: "{{{{ inputs.b }}}}"}}
        cwd: outer
        then:
          - {{id: x, type: shell, {echo}}}
          - {{id: f, type: fan-out, items: [1], step: {{id: y, type: shell, env: {{C: 3}}, cwd: inner, {echo}}}}}
          - {{id: z, type: shell, {echo}}}
      - {{id: last, type: shell, {echo}}}
    """
    state = bench.run(text)
    assert state.status == "completed", state.error
    root = bench.root.name
    assert {name: state.records[name].output["stdout"] for name in ("x", "f:y:0", "z", "last")} == {
        "x": "top-middle-top-outer",
        "f:y:0": "top-middle-3-inner",
        "z": "top-middle-top-outer",
        "last": f"top-top-top-{root}",
    }


def test_a_folder_that_is_none_fails_the_step(bench):
    state = bench.run("steps: [{id: a, type: shell, cwd: nowhere, run: pwd}]")
    assert state.status == "failed"
    assert "`cwd` is not a folder" in state.error


# --- outputs


def test_a_step_adds_outputs_of_its_own(bench):
    text = step('value: [1, 2], outputs: {first: "{{ steps.a.output.value | length }}", fixed: {x: 1}}')
    state = bench.run(text)
    assert state.records["a"].output == {"value": [1, 2], "first": 2, "fixed": {"x": 1}}


def test_an_output_that_cannot_be_evaluated_fails_its_step(bench):
    state = bench.run(step("outputs: {bad: \"{{ 'x' | from_json }}\"}"))
    assert (state.status, bench.calls) == ("failed", ["a"])


def test_outputs_of_a_workflow(bench):
    text = 'outputs: {v: "{{ steps.a.output.value }}", t: "<{{ steps.b.output.value }}>"}\n' + step("value: {x: [1]}")
    state = bench.run(text)
    assert state.outputs == {"v": {"x": [1]}, "t": "<>"}
    assert bench.load().outputs == state.outputs
    assert bench.snapshot()["outputs"] == state.outputs


def test_an_output_of_a_workflow_that_cannot_be_evaluated_fails_the_run(bench):
    text = "outputs: {v: \"{{ 'x' | from_json }}\"}\nfinally: [{id: f, type: do, value: '{{ run.status }}'}]\n"
    state = bench.run(text + step("value: 1"))
    assert (state.status, state.outputs) == ("failed", {})
    assert state.error.startswith("`outputs`: from_json")
    assert state.records["f"].output == {"value": "failed"}


def test_a_run_that_did_not_complete_has_no_outputs(bench):
    text = 'outputs: {v: "{{ steps.a.output.value }}"}\n' + step("value: 1")
    assert bench.run(text, b=fails("no")).outputs == {}
    bench.script({})
    assert bench.resume().outputs == {"v": 1}


def test_the_time_limit_of_a_control_step_is_its_own_failure(bench):
    """So `continue_on_error` and `retry: on: [timeout]` cover it, unlike a failure of a step inside."""
    limited = "{id: c, type: if, timeout: 0.3, continue_on_error: true, condition: true, "
    limited += "then: [{id: x, type: do}, {id: z, type: do}]}"
    state = bench.run("steps: [" + limited + ", {id: y, type: do}]", x=expired)
    assert (state.status, bench.calls) == ("completed", ["x", "y"])
    assert state.records["c"].error == "timed out after 0.3 s"
