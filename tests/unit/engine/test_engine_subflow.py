"""A workflow as a step: what it sees, how it ends, and that a resume goes on inside it exactly where it was."""

import json
import textwrap

import pytest

from plait.errors import InvalidWorkflowError, UsageError
from plait.load import WorkflowDefinition
from plait.model.outcome import StepResult
from plait.model.spending import Budget, Spending
from plait.model.status import StepStatus
from plait.views.payload import run_payload
from support.bench import picture, statuses, wait_until
from support.steps import aborts, fails, pauses

HEADER = 'schema_version: "1.0"\nworkflow: {{id: {id}, name: X, version: 1.0.0{more}}}\n'
CHILD = """
inputs:
  name: {type: string, required: true}
  count: {type: number, default: 3}
outputs:
  said: "{{ steps.a.output.value }}"
  both: "{{ inputs.name }}{{ inputs.count }}"
steps:
  - {id: a, type: do, value: "{{ inputs.name }}|{{ steps.first.output.value }}|{{ item }}|{{ inputs.x }}"}
  - {id: b, type: do}
"""


@pytest.fixture
def files(bench):
    """Return what writes a workflow file into the project."""

    def write(name, text, more=""):
        header = HEADER.format(id=name, more=more)
        bench.root.joinpath(f"{name}.yml").write_text(header + textwrap.dedent(text))

    return write


@pytest.fixture
def run(bench, files):
    """Return what runs `main.yml`, written with this text."""

    def start(text, inputs=None, more="", run_id="run", **script):
        files("main", text, more)
        if script:
            bench.script({name.replace("__", ":"): behaviour for name, behaviour in script.items()})
        definition = WorkflowDefinition.from_yaml(bench.root / "main.yml")
        return bench.engine.execute(definition, inputs, run_id=run_id)

    return start


def loose(text):
    """Let a called workflow read what it cannot see, without the complaint that it is not there."""
    return text.replace("|{{ steps.first.output.value }}", "").replace("|{{ inputs.x }}", "")


def test_its_outputs_are_the_step_s_and_its_steps_are_nested(bench, files, run):
    files("child", loose(CHILD))
    state = run("""
        inputs: {who: {type: string, default: Ada}}
        steps:
          - {id: call, type: workflow, workflow: child.yml, input: {name: "{{ inputs.who }}"}}
          - {id: after, type: do, value: "{{ steps.call.output.both }}{{ steps['call:a'].output.value }}"}
    """)
    assert state.records["call"].output == {
        "workflow": "child",
        "status": "completed",
        "said": "Ada|",
        "both": "Ada3",
    }
    assert state.records["after"].output == {"value": "Ada3Ada|"}
    assert bench.calls == ["call:a", "call:b", "after"]
    assert {record.id: record.parent for record in state.records.values()} == {
        "call": None,
        "call:a": "call",
        "call:b": "call",
        "after": None,
    }


def test_it_sees_its_inputs_and_its_own_steps_alone(bench, files, run):
    seen = {}

    def look(context):
        seen.update(
            inputs=dict(context.inputs),
            steps=set(context.steps),
            item=context.item,
            index=context.item_index,
            folder=context.workflow_dir,
        )

    bench.root.joinpath("sub").mkdir()
    files("child", "inputs: {n: {type: number, default: 1}}\nsteps: [{id: a, type: do}, {id: b, type: do}]")
    bench.root.joinpath("child.yml").rename(bench.root / "sub" / "child.yml")
    run(
        """
        inputs: {who: {type: string, default: Ada}}
        steps:
          - {id: a, type: do}
          - id: each
            type: fan-out
            items: [x]
            steps: [{id: call, type: workflow, workflow: ./sub/child.yml}]
        """,
        each__item__0__call__b=look,
    )
    assert seen == {
        "inputs": {"n": 1},
        "steps": {"a"},
        "item": None,
        "index": None,
        "folder": str(bench.root / "sub"),
    }


def test_the_caller_s_agent_permissions_and_limits_hold_unless_it_has_its_own(bench, files, run):
    seen = {}

    def look(context):
        workflow = context.workflow
        limits = {name: tuple(each) for name, each in workflow.limits.items()}
        found = (context.default_integration, context.default_model, workflow.permissions, limits)
        seen[context.step_id] = found

    files("bare", "steps: [{id: a, type: do}]")
    files(
        "full",
        "permissions: read\nagents: {claude: {max_concurrency: 2, per_minute: 9}}\nsteps: [{id: a, type: do}]",
        ", integration: codex, model: small",
    )
    state = run(
        """
        inputs: {who: {type: string, default: gemini}}
        permissions: edit
        agents: {claude: {max_concurrency: 5}}
        steps: [{id: one, type: workflow, workflow: bare.yml}, {id: two, type: workflow, workflow: full.yml}]
        """,
        more=", integration: '{{ inputs.who }}', model: big",
        default=look,
    )
    assert seen == {
        "one:a": ("gemini", "big", "edit", {"claude": (5, None)}),
        "two:a": ("codex", "small", "read", {"claude": (2, 9)}),
    }
    assert state.records["two:a"]["integration"] == "codex"


def test_its_environment_is_added_to_the_step_s(files, run):
    files(
        "child", 'env: {B: "{{ inputs.b }}"}\ninputs: {b: {type: string, required: true}}\nsteps: [{id: a, type: do}]'
    )
    seen = {}

    def look(context):
        seen.update({name: context.environment().get(name) for name in "ABC"})

    run(
        """
        env: {A: one, B: outer}
        steps: [{id: call, type: workflow, workflow: child.yml, input: {b: inner}, env: {C: three}}]
        """,
        call__a=look,
    )
    assert seen == {"A": "one", "B": "inner", "C": "three"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{}", "needs the input `name`"),
        ("{name: x, nmae: y}", "has no input `nmae`"),
        ("{name: x, count: many}", "must be a number"),
        ("{name: 5}", "must be text"),
        ("[1]", "`input` must be a mapping"),
    ],
)
def test_inputs_that_do_not_fit_are_told_when_it_is_loaded(files, run, given, message):
    files("child", loose(CHILD))
    with pytest.raises(InvalidWorkflowError, match=message):
        run(f"steps: [{{id: call, type: workflow, workflow: child.yml, input: {given}}}]")


def test_inputs_that_turn_out_not_to_fit_fail_the_step(files, run):
    files("child", loose(CHILD))
    state = run("""
        inputs: {n: {type: number, default: 7}}
        steps:
          - {id: call, type: workflow, workflow: child.yml, input: {name: "{{ inputs.n }}"}, continue_on_error: true}
    """)
    error = "input `name` must be text, not 7"
    assert state.records["call"].output == {"workflow": "child", "status": "failed", "error": error}
    assert (state.status, state.records["call"].error) == ("completed", error)


def test_a_null_leaves_an_input_at_its_default(files, run):
    files("child", loose(CHILD))
    state = run("""
        inputs: {n: {type: number}}
        steps: [{id: call, type: workflow, workflow: child.yml, input: {name: x, count: "{{ inputs.n }}"}}]
    """)
    assert state.records["call"].output["both"] == "x3"


@pytest.mark.parametrize("reference", ["'{{ inputs.who }}'", "5", "'../child'", "Child", "''"])
def test_a_reference_is_an_id_or_a_file_written_out(run, reference):
    with pytest.raises(InvalidWorkflowError, match="`workflow` must be"):
        run(f"steps: [{{id: call, type: workflow, workflow: {reference}}}]")


def test_what_is_not_there_is_told_at_its_place(run, bench):
    with pytest.raises(InvalidWorkflowError) as caught:
        run("steps:\n  - {id: one, type: workflow, workflow: nowhere}\n  - {id: two, type: workflow, workflow: no.yml}")
    one, two = caught.value.problems
    assert (one.mark.line, one.source_line[one.mark.column - 1 :][: one.length]) == (4, "nowhere")
    assert "no workflow 'nowhere' is installed" in one.message
    assert two.message == f"no such file: {bench.root / 'no.yml'}"


def test_all_problems_come_together_each_in_its_file(files, run, bench):
    files("child", "steps: [{id: a, type: dont}, {id: b, type: do, value: '{{ steps.first.output.x }}'}]")
    with pytest.raises(InvalidWorkflowError) as caught:
        run("""
            steps:
              - {id: first, type: do, value: "{{ inputs.none }}"}
              - {id: one, type: workflow, workflow: child.yml}
              - {id: two, type: workflow, workflow: ./child.yml}
        """)
    found = [(problem.file, problem.message) for problem in caught.value.problems if problem.is_error]
    child = str(bench.root / "child.yml")
    assert found == [
        (str(bench.root / "main.yml"), "there is no input `none`"),
        (child, "unknown step type `dont`"),
        (child, "there is no step `first`"),
    ]


def test_recursion_is_refused_with_the_chain(files, run):
    files("b", "steps: [{id: s, type: workflow, workflow: c.yml}]")
    files("c", "steps: [{id: s, type: workflow, workflow: ./b.yml}]")
    with pytest.raises(InvalidWorkflowError, match="cannot call itself: b -> c -> b"):
        run("steps: [{id: s, type: workflow, workflow: b.yml}]")
    with pytest.raises(InvalidWorkflowError, match="cannot call itself: main -> main"):
        run("steps: [{id: s, type: workflow, workflow: main.yml}]")


@pytest.mark.parametrize(("calls", "fits"), [(16, True), (17, False)])
def test_at_most_sixteen_calls_stand_inside_each_other(files, run, calls, fits):
    files(f"d{calls}", "steps: [{id: s, type: do}]")
    for depth in range(1, calls):
        files(f"d{depth}", f"steps: [{{id: s, type: workflow, workflow: d{depth + 1}.yml}}]")
    text = "steps: [{id: s, type: workflow, workflow: d1.yml}]"
    if fits:
        assert run(text).status == "completed"
    else:
        with pytest.raises(InvalidWorkflowError, match="more than 16 calls"):
            run(text)


def test_the_depth_counts_also_for_what_is_known_already(files, run):
    for depth in range(1, 16):
        files(f"d{depth}", f"steps: [{{id: s, type: workflow, workflow: d{depth + 1}.yml}}]")
    files("d16", "steps: [{id: s, type: do}]")
    files("over", "steps: [{id: s, type: workflow, workflow: d1.yml}]")
    text = "steps: [{id: s, type: workflow, workflow: d1.yml}, {id: t, type: workflow, workflow: over.yml}]"
    with pytest.raises(InvalidWorkflowError, match="more than 16 calls"):
        run(text)


@pytest.mark.parametrize(
    ("behaviour", "status", "told"),
    [
        (fails("broken"), "failed", {"status": "failed", "error": "broken"}),
        (aborts, "aborted", {"status": "aborted", "aborted": True, "error": "aborted here"}),
        (pauses, "paused", {"status": "paused"}),
    ],
)
def test_how_it_ends_is_how_the_step_ends(files, run, behaviour, status, told):
    files("child", "steps: [{id: a, type: do}, {id: b, type: do}]")
    text = "steps: [{id: call, type: workflow, workflow: child.yml}, {id: after, type: do}]"
    state = run(text, call__a=behaviour)
    assert (state.status, state.current_step_id) == (status, "call:a")
    assert state.records["call"].output == {"workflow": "child", **told}
    assert set(state.records) == {"call", "call:a"}


def test_its_failure_is_the_step_s_own(files, run, bench):
    files("child", "steps: [{id: a, type: do}, {id: b, type: do}]")
    text = "steps: [{id: call, type: workflow, workflow: child.yml, %s}, {id: after, type: do}]"
    state = run(text % "continue_on_error: true", call__b=fails("broken"))
    assert state.status == "completed"
    assert statuses(state) == {"call": "failed", "call:a": "completed", "call:b": "failed", "after": "completed"}


def test_a_retry_goes_on_with_the_step_that_failed(files, run, bench):
    files("child", "steps: [{id: a, type: do}, {id: b, type: do}]")
    text = "steps: [{id: call, type: workflow, workflow: child.yml, retry: 3}]"
    state = run(text, call__b=lambda context: fails("no")(context) if context.attempt < 3 else None)
    assert state.status == "completed"
    assert bench.calls == ["call:a", "call:b", "call:b", "call:b"]


def test_a_mistake_in_its_outputs_fails_it(files, run):
    files("child", 'outputs: {x: "{{ steps.a.output.value | from_json }}"}\nsteps: [{id: a, type: do, value: "{"}]')
    state = run("steps: [{id: call, type: workflow, workflow: child.yml}]")
    assert state.status == "failed"
    assert state.error.startswith("`outputs`: ")


def test_outputs_may_be_named_as_the_fields_beside_them(files, run):
    files("child", "outputs: {status: own}\nsteps: [{id: a, type: do}]")
    state = run("steps: [{id: call, type: workflow, workflow: child.yml}]")
    assert state.records["call"].output == {"workflow": "child", "status": "own"}


FINALLY = """
inputs: {p: {type: string, default: ""}}
steps: [{id: a, type: do}, {id: b, type: do}]
finally:
  - {id: x, type: do, value: "{{ run.status }}|{{ run.error }}"}
  - {id: y, type: do}
"""
CALLING = "steps: [{id: call, type: workflow, workflow: child.yml}, {id: after, type: do, value: '{{ run.status }}'}]"


@pytest.mark.parametrize(
    ("behaviour", "seen"),
    [(lambda _: None, "completed|"), (fails("broken"), "failed|broken"), (aborts, "aborted|aborted here")],
)
def test_its_finally_runs_when_its_steps_have_ended(files, run, bench, behaviour, seen):
    files("child", FINALLY)
    state = run(CALLING, call__b=behaviour)
    assert state.records["call:x"].output == {"value": seen}
    assert bench.calls[:4] == ["call:a", "call:b", "call:x", "call:y"]


def test_its_finally_waits_while_it_does_and_runs_again_with_a_new_end(files, run, bench):
    files("child", FINALLY)
    assert run(CALLING, call__b=pauses).status == "paused"
    assert bench.calls == ["call:a", "call:b"]
    bench.script({"call:b": fails("no")})
    assert bench.resume().status == "failed"
    assert bench.calls == ["call:b", "call:x", "call:y"]
    bench.script({})
    state = bench.resume()
    assert bench.calls == ["call:b", "call:x", "call:y", "after"]
    assert state.records["call:x"].output == {"value": "completed|"}
    assert state.records["after"].output == {"value": None}


def test_a_failure_of_its_finally_fails_it_and_all_of_it_runs_again(files, run, bench):
    files("child", FINALLY)
    state = run(CALLING, call__x=fails("dirty"))
    assert (state.status, state.error) == ("failed", "dirty")
    assert bench.calls == ["call:a", "call:b", "call:x", "call:y"]
    bench.script({})
    assert bench.resume().status == "completed"
    assert bench.calls == ["call:x", "call:y", "after"]


def test_a_cancel_runs_its_finally_and_ends_the_run(files, run, bench):
    def cancel(context):
        bench.engine.cancel("run")
        wait_until(lambda: context.cancellation.cancelled)
        return fails("stopped")(context)

    files("child", FINALLY)
    state = run(CALLING, call__b=cancel)
    assert state.status == "aborted"
    assert bench.calls == ["call:a", "call:b", "call:x", "call:y"]
    assert state.records["call:x"].output == {"value": "aborted|cancelled"}


def test_an_exception_inside_it_runs_its_finally_and_escapes(files, run, bench):
    def bug(_):
        raise ZeroDivisionError("bug")

    files("child", FINALLY)
    with pytest.raises(ZeroDivisionError):
        run(CALLING, call__b=bug)
    assert bench.calls == ["call:a", "call:b", "call:x", "call:y"]
    assert bench.load().status == "failed"


EVERYTHING = """
inputs: {who: {type: string, default: Ada}}
outputs: {all: "{{ steps.each.output.results }}", twice: "{{ steps.loop.output.iterations }}"}
steps:
  - {id: a, type: do, value: "{{ inputs.who }}"}
  - {id: call, type: workflow, workflow: child.yml, input: {name: "{{ steps.a.output.value }}"}}
  - id: loop
    type: do-while
    condition: "{{ (steps.again.output.both | length) < 5 }}"
    max_iterations: 2
    steps:
      - {id: again, type: workflow, workflow: child.yml, input: {name: "{{ steps.again.output.both | default('n') }}"}}
  - id: each
    type: fan-out
    items: [x, y]
    step: {id: body, type: workflow, workflow: child.yml, input: {name: "{{ item }}", count: "{{ item_index }}"}}
  - {id: last, type: do}
"""
DEEP = """
inputs:
  name: {type: string, required: true}
  count: {type: number, default: 3}
outputs: {both: "{{ steps.inner.output.both }}"}
steps:
  - {id: a, type: do, value: "{{ inputs.name }}"}
  - {id: inner, type: workflow, workflow: leaf.yml, input: {name: "{{ inputs.name }}", count: "{{ inputs.count }}"}}
  - id: each
    type: fan-out
    items: "{{ [inputs.name, inputs.count] }}"
    steps: [{id: b, type: do, value: "{{ item }}"}]
finally: [{id: clean, type: do, value: "{{ run.status }}"}]
"""
LEAF = """
inputs:
  name: {type: string, required: true}
  count: {type: number, required: true}
outputs: {both: "{{ inputs.name }}{{ steps.while_it.output.iterations }}{{ inputs.count }}"}
steps:
  - id: while_it
    type: while
    condition: "{{ steps.tick.output.value != 'xx' }}"
    steps: [{id: tick, type: do, value: "{{ steps.tick.output.value | default('') }}x"}]
"""


@pytest.fixture
def everything(files):
    files("child", DEEP.replace('items: "{{ [inputs.name, inputs.count] }}"', "items: [p, q]"))
    files("leaf", LEAF)
    return EVERYTHING


def test_a_resume_after_a_kill_anywhere_ends_as_if_nothing_had_happened(bench, run, everything):
    expected = run(everything)
    assert expected.status == "completed"
    assert expected.records["loop:again:1:inner:tick"].output == {"value": "x"}
    assert expected.records["each:body:1"].output["both"] == "y21"
    whole = (bench.folder() / "log.jsonl").read_bytes()
    for name in ("child", "leaf", "main"):
        bench.root.joinpath(f"{name}.yml").write_text("changed: since\n")
    for keep in range(1, len(whole.splitlines())):
        (bench.folder() / "log.jsonl").write_bytes(whole)
        bench.cut(keep)
        settled = {record.id for record in bench.load().records.values() if record.settled}
        bench.engine = bench.new_engine()
        state = bench.resume()
        assert picture(state) == picture(expected)
        assert not settled & set(bench.calls)
        assert max(bench.counts.values(), default=1) == 1


def test_the_definitions_are_kept_before_the_run_begins(bench, run, everything):
    run(everything)
    kept = json.loads((bench.folder() / "called.json").read_text())
    assert [(each["id"], each["calls"]) for each in kept] == [
        ("main", {"child.yml": 1}),
        ("child", {"leaf.yml": 2}),
        ("leaf", {}),
    ]
    assert kept[1]["path"] == str(bench.root / "child.yml")
    (bench.folder() / "called.json").unlink()
    with pytest.raises(InvalidWorkflowError, match=r"run run kept no workflow 'child\.yml'"):
        bench.resume(from_step="last")


def test_orders_are_unique_over_all_files(run, everything):
    state = run(everything)
    ids = {}
    for record in state.records.values():
        if record.order >= 0:
            ids.setdefault(record.order, set()).add(record.id.replace(":0", "").replace(":1", "").rpartition(":")[2])
    assert all(len(names) == 1 for names in ids.values())
    assert len({name for names in ids.values() for name in names if name != "a"}) == len(ids) - 3


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"step": "call:inner"}, ["call:inner:tick", "call:inner:while_it:tick:1"]),
        ({"step": "call:a"}, ["call:a"]),
        ({"step": "each:body:1:inner:tick"}, ["each:body:1:inner:tick"]),
        ({"step": "each:body:a"}, []),
        ({"step": "body:a"}, ["each:body:0:a", "each:body:1:a"]),
        ({"from_step": "each:body:0:each"}, ["each:body:0:each:item:0:b", "each:body:0:each:item:1:b"]),
    ],
)
def test_a_part_of_it_runs_again(bench, run, everything, where, expected):
    run(everything)
    if not expected:
        with pytest.raises(UsageError):
            bench.resume(**where)
        return
    bench.resume(**where)
    # The end of a call, and so its `finally`, comes again; of what is beside it, nothing does.
    assert [step_id for step_id in bench.calls if step_id != "last" and not step_id.endswith(":clean")] == expected


def test_the_plan_of_a_resume_names_the_steps_inside(bench, run, everything):
    run(everything, each__body__1__a=fails("no"))
    plan = {step.step_id: step.action for step in bench.engine.plan_resume("run")}
    assert plan["call"] == plan["call:inner:while_it:tick:1"] == plan["each:body:0:inner:tick"] == "reuse"
    assert plan["each:body:1"] == plan["each:body:1:a"] == plan["each:body:1:inner"] == "run"
    assert plan["each:body:1:clean"] == plan["last"] == "run"
    assert "each:body:1:inner:tick" not in plan


GATED = """
inputs: {verdict: {type: string, default: ""}}
steps:
  - {id: ask, type: gate, message: Well?, verdict_input: verdict, on_reject: retry}
  - {id: done, type: do, value: "{{ steps.ask.output.choice }}{{ inputs.verdict }}"}
"""
GATES = """
inputs: {verdict: {type: string, default: ""}}
steps:
  - {id: one, type: workflow, workflow: gated.yml, input: {verdict: "{{ inputs.verdict }}"}}
  - {id: two, type: workflow, workflow: gated.yml, input: {verdict: "{{ inputs.verdict }}"}}
"""


def test_a_gate_inside_is_answered_by_its_id_or_by_an_input_given_later(bench, files, run):
    files("gated", GATED)
    state = run(GATES)
    assert [record.id for record in state.waiting] == ["one:ask"]
    state = bench.resume({"verdict": "reject"})
    assert (state.status, state.inputs) == ("paused", {"verdict": "reject"})
    assert state.calls["one"].inputs == {"verdict": ""}
    assert bench.resume().status == "paused"
    bench.engine.answer("run", "approve", step_id="one:ask")
    state = bench.resume()
    assert state.records["one:done"].output == {"value": "approve"}
    assert [record.id for record in state.waiting] == ["two:ask"]
    state = bench.resume({"verdict": "approve"})
    assert state.status == "completed"
    assert bench.calls == ["two:done"]
    assert picture(bench.load()) == picture(state)


def test_its_max_parallel_limits_its_own_steps(bench, files, run):
    busy, most = set(), []

    def look(context):
        busy.add(context.step_id)
        most.append(len(busy))
        context.cancellation.wait(0.005)
        busy.discard(context.step_id)

    files(
        "child",
        "max_parallel: 1\n"
        "steps: [{id: f, type: fan-out, items: [1, 2, 3, 4], max_concurrency: 4, step: {id: s, type: do}}]",
    )
    state = run("max_parallel: 3\nsteps: [{id: call, type: workflow, workflow: child.yml}]", default=look)
    assert (state.status, max(most)) == ("completed", 1)


def test_a_budget_of_it_is_one_of_the_step(bench, files, run):
    seen = []

    def spend(context):
        with context.budgeted() as shortage:
            seen.append(shortage)
            if shortage is None:
                context.spend(Spending(usd=0.6))
                return None
        return pauses(context)

    files("child", "budget: {usd: 1}\nsteps: [{id: a, type: do}, {id: b, type: do}]")
    state = run("steps: [{id: call, type: workflow, workflow: child.yml, budget: {usd: 5}}]", default=spend)
    assert state.status == "paused"
    assert seen[0] is None
    assert "the budget of step call of $1.00 is used up" in seen[1]
    assert bench.resume(budget={"call": Budget(usd=9.0)}).status == "completed"


def test_a_step_that_another_returns_can_call_only_what_was_loaded(files, run):
    files("child", "steps: [{id: a, type: do}]")
    made = "{id: call, type: workflow, workflow: child.yml}"
    state = run(f"steps: [{{id: r, type: raw, say: x, then: [{made}]}}]")
    assert statuses(state) == {"r": "completed", "call": "completed", "call:a": "completed"}


def test_a_step_made_out_of_nothing_can_call_no_workflow(files, run):
    files("child", "steps: [{id: a, type: do}]")
    made = [{"id": "call", "type": "workflow", "workflow": "child.yml"}]
    state = run("steps: [{id: r, type: do}]", r=lambda _: StepResult(next_steps=made))
    assert state.status == "failed"
    assert "can call none" in state.error


def test_a_waiting_gate_keeps_a_settled_status(bench, files, run):
    files("gated", GATED)
    state = run("steps: [{id: one, type: workflow, workflow: gated.yml}]")
    assert state.records["one"].status is StepStatus.PAUSED
    assert bench.snapshot()["step_results"]["one"]["output"] == {"workflow": "gated", "status": "paused"}


def test_a_program_is_told_of_every_call(files, run):
    files("leaf", "steps: [{id: a, type: do}]")
    files("middle", "steps: [{id: deeper, type: workflow, workflow: leaf.yml}, {id: b, type: do}]")
    state = run(
        "steps: [{id: one, type: workflow, workflow: middle.yml}, {id: two, type: workflow, workflow: leaf.yml}]",
        two__a=fails("broken"),
    )
    assert run_payload(state)["workflow_scopes"] == [
        {"scope_path": ["one"], "workflow_id": "middle", "status": "completed"},
        {"scope_path": ["one", "deeper"], "workflow_id": "leaf", "status": "completed"},
        {"scope_path": ["two"], "workflow_id": "leaf", "status": "failed"},
    ]
    assert "workflow_scopes" not in run_payload(run("steps: [{id: a, type: do}]", run_id="other"))


def test_an_output_that_it_does_not_declare_is_warned_of(bench, files):
    files("child", loose(CHILD).replace("|{{ item }}", ""))
    reads = [
        ("output.siad", "the output of step `call` has no `siad`, so this is null", "did you mean `said`?"),
        ("output.nothing", "has no `nothing`", "it has `aborted`, `both`, `error`, `said`, `status`, `workflow`"),
    ]
    told = "".join(
        f'  - {{id: r{n}, type: do, value: "{{{{ steps.call.{path} }}}}"}}\n' for n, (path, *_) in enumerate(reads)
    )
    for path in ("output.said", "output.status", "output.workflow", "output", "output.both.x", "error"):
        told += f'  - {{id: k{path.count(".")}{len(told)}, type: do, value: "{{{{ steps.call.{path} }}}}"}}\n'
    files("main", f"steps:\n  - {{id: call, type: workflow, workflow: child.yml, input: {{name: x}}}}\n{told}")
    found = bench.engine.validate(WorkflowDefinition.from_yaml(bench.root / "main.yml"))
    assert [(problem.is_error, problem.hint) for problem in found] == [(False, hint) for *_, hint in reads]
    for problem, (_, message, _) in zip(found, reads, strict=True):
        assert message in problem.message
