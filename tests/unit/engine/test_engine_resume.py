"""Resume: the same walk again, in which nothing that is settled runs again."""

import threading

import pytest

from plait.errors import InputError, RunNotFoundError, RunNotResumableError, RunOwnedError, UsageError
from plait.model.outcome import StepResult
from support.bench import picture, statuses
from support.steps import fails, pauses

DEEP = """
inputs: {n: {type: number, default: 2}}
steps:
  - {id: a, type: do, value: 1}
  - id: w
    type: while
    condition: true
    max_iterations: 2
    steps:
      - id: f
        type: fan-out
        items: [x, y, z]
        max_concurrency: 1
        step:
          id: c
          type: if
          condition: "{{ item != 'none' }}"
          then: [{id: one, type: do, value: "{{ item }}"}, {id: two, type: do, value: "{{ steps.one.output.value }}"}]
      - {id: b, type: do, value: "{{ steps.f.output.results }}"}
  - {id: end, type: do, value: "{{ steps.b.output.value }}"}
"""
LEAVES = [
    "a",
    *(f"f:c:{index}:{leaf}" for index in range(3) for leaf in ("one", "two")),
    "b",
    *(f"w:f:1:c:{index}:{leaf}" for index in range(3) for leaf in ("one", "two")),
    "w:b:1",
    "end",
]


def test_the_example_runs_in_this_order(bench):
    state = bench.run(DEEP)
    assert (state.status, bench.calls) == ("completed", LEAVES)


@pytest.mark.parametrize("halt", [fails("no"), pauses])
@pytest.mark.parametrize("at", LEAVES)
def test_only_what_is_left_runs_again(bench, at, halt):
    state = bench.run(DEEP, **{at: halt})
    assert (state.status, state.current_step_id) == (halt(None).status, at)
    bench.script({})
    state = bench.resume()
    assert (state.status, bench.calls) == ("completed", LEAVES[LEAVES.index(at) :])
    assert picture(bench.load()) == picture(state)
    assert set(statuses(state).values()) == {"completed"}


def test_decisions_are_not_made_again(bench):
    """The second walk sees other inputs, but takes the way of the first."""
    text = """
    inputs: {n: {type: number, default: 1}}
    steps:
      - {id: s, type: switch, expression: "{{ inputs.n }}", cases: {"1": [{id: x, type: do}, {id: stop, type: do}]}}
      - {id: i, type: if, condition: "{{ inputs.n == 1 }}", then: [{id: y, type: do}], else: [{id: z, type: do}]}
    """
    bench.run(text, stop=fails("no"))
    bench.script({})
    state = bench.resume({"n": 2})
    assert (state.status, bench.calls) == ("completed", ["stop", "z"])
    assert state.inputs == {"n": 2}


def test_new_inputs_are_merged_over_the_recorded_ones(bench):
    text = "inputs: {a: {type: number, default: 1}, b: {type: string, default: old}}\n"
    text += 'steps: [{id: x, type: do}, {id: y, type: do, value: "{{ inputs.a }} {{ inputs.b }}"}]'
    bench.run(text, {"a": 5}, x=fails("no"))
    with pytest.raises(InputError, match="did you mean"):
        bench.resume({"bb": 1})
    with pytest.raises(InputError):
        bench.resume({"a": "many"})
    assert bench.load().inputs == {"a": 5, "b": "old"}
    bench.script({})
    state = bench.resume({"b": "new"})
    assert state.records["y"].output == {"value": "5 new"}
    assert bench.load().inputs == {"a": 5, "b": "new"}


def test_a_run_that_is_over_is_not_resumed(bench):
    bench.run("steps: [{id: a, type: do}]")
    with pytest.raises(RunNotResumableError, match="has completed"):
        bench.resume()
    with pytest.raises(RunNotFoundError):
        bench.resume(run_id="other")


def test_a_run_id_is_used_once(bench):
    bench.run("steps: [{id: a, type: do}]")
    with pytest.raises(UsageError, match="exists already"):
        bench.run("steps: [{id: a, type: do}]")


def test_a_run_that_is_being_run_is_not_run_by_another(bench):
    errors = []

    def another(context):
        for act in (bench.engine.resume, lambda _: bench.engine.plan_resume("run")):
            try:
                act("run")
            except RunOwnedError as error:
                errors.append(error)

    assert bench.run("steps: [{id: a, type: do}]", a=another).status == "completed"
    assert len(errors) == 1
    assert "is being run by process" in str(errors[0])


# --- parts of a run again


@pytest.mark.parametrize(
    ("step", "again"),
    [
        ("a", ["a"]),
        ("b", ["b"]),
        ("one", [leaf for leaf in LEAVES if leaf.endswith(":one")]),
        ("w:b:1", ["w:b:1"]),
        ("f:c:1", ["f:c:1:one", "f:c:1:two"]),
        ("f:c:1:two", ["f:c:1:two"]),
        ("w:f:1:c:2:one", ["w:f:1:c:2:one"]),
        ("w:f:1", [leaf for leaf in LEAVES if leaf.startswith("w:f:1")]),
        ("w", LEAVES[1:-1]),
    ],
)
def test_one_step_again(bench, step, again):
    bench.run(DEEP)
    state = bench.resume(step=step)
    assert (state.status, bench.calls) == ("completed", again)
    assert picture(bench.load()) == picture(state)


@pytest.mark.parametrize(
    ("step", "again"),
    [
        ("a", LEAVES),
        ("end", ["end"]),
        ("w", LEAVES[1:]),
        ("w:b:1", ["w:b:1", "end"]),
        ("w:f:1", LEAVES[8:]),
        ("f:c:1:two", ["f:c:1:two", *LEAVES[7:]]),
    ],
)
def test_a_step_and_all_after_it_again(bench, step, again):
    bench.run(DEEP)
    state = bench.resume(from_step=step)
    assert (state.status, bench.calls) == ("completed", again)
    assert picture(bench.load()) == picture(state)


def test_running_a_part_again_uses_the_new_values(bench):
    bench.run(DEEP)
    bench.script({"w:f:1:c:0:one": lambda _: StepResult(output={"value": "changed"})})
    state = bench.resume(from_step="w:f:1:c:0:one")
    assert state.records["w:f:1:c:0:two"].output == {"value": "changed"}


def test_a_loop_may_take_another_way_from_there(bench):
    text = """
    inputs: {passes: {type: number, default: 3}}
    steps:
      - {id: first, type: do}
      - id: w
        type: while
        condition: "{{ steps.w.output.iterations < inputs.passes }}"
        max_iterations: 9
        steps: [{id: x, type: do}]
    """
    bench.run(text)
    assert bench.calls == ["first", "x", "w:x:1", "w:x:2"]
    state = bench.resume({"passes": 2}, from_step="w:x:1")
    assert (state.status, bench.calls) == ("completed", ["w:x:1"])
    assert state.records["w"].output["iterations"] == 2
    assert "w:x:2" not in state.records


@pytest.mark.parametrize("where", [{"step": "nothing"}, {"from_step": "nothing"}])
def test_an_unknown_step_is_named(bench, where):
    bench.run(DEEP)
    with pytest.raises(UsageError, match="the run has no step 'nothing'"):
        bench.resume(**where)
    assert bench.load().status == "completed"


def test_a_wrong_id_is_answered_with_the_nearest(bench):
    bench.run(DEEP)
    with pytest.raises(UsageError) as caught:
        bench.resume(step="f:c:1:onne")
    assert caught.value.hint == "did you mean 'f:c:1:one'?"


# --- the plan


def plan(bench, **where):
    return {each.step_id: each.action for each in bench.engine.plan_resume("run", **where)}


def test_the_plan_says_what_would_run(bench):
    bench.run(DEEP, **{"w:f:1:c:1:two": fails("no")})
    planned = plan(bench)
    before = dict(bench.load().records)
    bench.script({})
    state = bench.resume()
    reused = {step_id for step_id, action in planned.items() if action == "reuse"}
    run = {step_id for step_id, action in planned.items() if action == "run"}
    assert reused.isdisjoint(bench.calls)
    assert reused <= set(before)
    assert {"w:f:1:c:1:two", "w:f:1:c:2", "end"} <= run
    assert set(bench.calls) <= run | {step_id for step_id, action in planned.items() if action == "maybe"} | set(
        state.records
    ) - set(before)


@pytest.mark.parametrize("body", ["step: {id: w, type: do}", "steps: [{id: w, type: do}]"])
def test_the_plan_names_every_item_also_of_what_is_kept_or_forgotten(bench, body):
    bench.run(f"steps: [{{id: f, type: fan-out, items: [x, y], {body}}}, {{id: g, type: gate, message: m}}]")
    items = {step_id for step_id in bench.load().records if step_id.startswith("f:") and step_id.count(":") == 2}
    assert len(items) == 2
    assert {plan(bench)[item] for item in items} == {"reuse"}
    assert {plan(bench, from_step="f")[item] for item in items} == {"run"}


def test_the_plan_of_a_part_says_what_would_run(bench):
    bench.run(DEEP)
    planned = plan(bench, step="f:c:1:two")
    assert planned["f:c:1:two"] == "run"
    assert planned["f:c:1:one"] == "reuse"
    assert planned["end"] == "reuse"
    planned = plan(bench, from_step="end")
    assert [step_id for step_id, action in planned.items() if action == "run"] == ["end"]


def test_planning_changes_nothing(bench):
    bench.run(DEEP, b=fails("no"))
    before = (bench.folder() / "log.jsonl").read_bytes()
    plan(bench)
    plan(bench, step="a")
    assert (bench.folder() / "log.jsonl").read_bytes() == before


# --- steps that began and did not end


def interrupted(bench, policy, more=""):
    text = f"steps: [{{id: a, type: do, on_interrupt: {policy}{more}}}, {{id: b, type: do}}]"
    bench.run(text)
    log = [(event["event"], event.get("step_id")) for event in bench.log()]
    bench.cut(log.index(("step_started", "a")) + 1)
    return bench.resume()


def test_a_step_that_began_and_did_not_end_runs_again(bench):
    state = interrupted(bench, "rerun")
    assert (state.status, bench.calls, state.records["a"].attempt) == ("completed", ["a", "b"], 2)


def test_unless_its_author_forbids_it(bench):
    state = interrupted(bench, "fail")
    assert (state.status, bench.calls) == ("failed", [])
    assert "on_interrupt: fail" in state.error
    assert bench.resume().status == "completed", "it has failed now: a resume is the author's word to run it again"
    assert bench.calls == ["a", "b"]


def test_its_author_may_continue_past_it(bench):
    state = interrupted(bench, "fail", ", continue_on_error: true")
    assert (state.status, bench.calls) == ("completed", ["b"])


@pytest.mark.parametrize(
    ("choice", "status", "calls", "record"),
    [
        ("rerun", "completed", ["a", "b"], "completed"),
        ("skip", "completed", ["b"], "skipped"),
        ("fail", "failed", [], "failed"),
    ],
)
def test_a_person_may_be_asked(bench, choice, status, calls, record):
    state = interrupted(bench, "ask")
    assert (state.status, bench.calls, state.current_step_id) == ("paused", [], "a")
    assert bench.resume().status == "paused"
    assert bench.engine.answer("run", choice) == "a"
    state = bench.resume()
    assert (state.status, bench.calls, state.records["a"].status) == (status, calls, record)


def test_a_step_that_only_waits_is_not_taken_for_interrupted(bench):
    bench.run("steps: [{id: a, type: do, on_interrupt: fail}]", a=pauses)
    bench.script({})
    assert bench.resume().status == "completed"


def test_a_pause_from_elsewhere_ends_what_runs_and_a_resume_runs_it_again(bench):
    here = threading.Barrier(3)

    def works(context):
        here.wait(20)
        if context.item_index == 0:
            bench.engine.cancel("run", pause=True)
        assert context.cancellation.wait(20)
        return StepResult.failed("ended")

    text = "steps: [{id: f, type: fan-out, items: [0, 1, 2, 3], max_concurrency: 3, step: {id: t, type: do}}]"
    state = bench.run(text, default=works)
    assert (state.status, state.error) == ("paused", None)
    assert statuses(state) == {"f": "pending", "f:t:0": "pending", "f:t:1": "pending", "f:t:2": "pending"}
    assert bench.log()[-1]["event"] == "workflow_interrupted"
    bench.script({})
    assert bench.resume().status == "completed"
    assert sorted(bench.calls) == ["f:t:0", "f:t:1", "f:t:2", "f:t:3"]


def test_a_step_that_completes_although_told_to_stop_is_kept(bench):
    def works(context):
        bench.engine.cancel("run", pause=True)
        assert context.cancellation.wait(20)

    state = bench.run("steps: [{id: a, type: do}, {id: b, type: do}]", a=works)
    assert (state.status, statuses(state)) == ("paused", {"a": "completed"})
    bench.script({})
    bench.resume()
    assert bench.calls == ["b"]


HOLDERS = {
    "fan-out": ("items: [0, 1, 2], max_concurrency: {width}, step: {{id: t, type: do}}", ["h:t:0", "h:t:1", "h:t:2"]),
    "steps": ("items: [0, 1], max_concurrency: {width}, steps: [{{id: t, type: do}}]", ["h:item:0:t", "h:item:1:t"]),
    "parallel": (
        "max_concurrency: {width}, branches: {{l: [{{id: t, type: do}}], r: [{{id: u, type: do}}]}}",
        ["t", "u"],
    ),
}


@pytest.mark.parametrize("kind", HOLDERS)
@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("policy", ["stop", "continue"])
def test_a_stop_between_two_items_loses_none_of_them(bench, kind, width, policy):
    """What runs completes although it is told to stop; the rest has not begun, and must not pass for done."""
    fields, leaves = HOLDERS[kind]

    def works(context):
        bench.engine.cancel("run", pause=True)
        assert context.cancellation.wait(20)

    step = "fan-out" if kind == "steps" else kind
    text = f"steps: [{{id: h, type: {step}, on_item_failure: {policy}, {fields.format(width=width)}}}, "
    state = bench.run(text + "{id: z, type: do}]", default=works)
    assert (state.status, statuses(state).get("z")) == ("paused", None)
    begun = bench.calls
    bench.script({})
    state = bench.resume()
    assert state.status == "completed"
    assert sorted([*begun, *bench.calls]) == [*leaves, "z"]


def test_a_cancel_of_a_run_that_nobody_runs(bench):
    bench.run("steps: [{id: a, type: do}]", a=pauses)
    assert bench.engine.cancel("run") == "aborted"
    assert bench.load().status == "aborted"
    with pytest.raises(RunNotResumableError, match="has been aborted"):
        bench.resume()


@pytest.mark.parametrize("keep", [0, 1, 2])
def test_a_run_that_died_at_its_very_beginning_begins_again(bench, keep):
    text = "inputs: {n: {type: number}}\nsteps: [{id: a, type: do, value: '{{ inputs.n }}'}]"
    bench.run(text, {"n": 7})
    bench.cut(keep)
    state = bench.resume()
    assert (state.status, state.workflow_id, state.records["a"].output) == ("completed", "sample", {"value": 7})


@pytest.mark.parametrize("keep", [0, 1])
def test_such_a_run_takes_new_inputs_too(bench, keep):
    text = "inputs: {n: {type: number}, m: {type: number}}\n"
    text += "steps: [{id: a, type: do, value: '{{ inputs.n }} {{ inputs.m }}'}]"
    bench.run(text, {"n": 7, "m": 1})
    bench.cut(keep)
    state = bench.resume({"m": 2})
    assert state.records["a"].output == {"value": "7 2"}
    assert bench.load().inputs == {"n": 7, "m": 2}
