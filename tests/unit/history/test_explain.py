"""Why a step came to be as it is, told of real little runs."""

import threading

import pytest

from plait.errors import UsageError
from plait.history.explain import explain
from plait.model.outcome import StepResult
from plait.model.spending import Budget, Spending
from support.bench import PATIENCE, arrive
from support.history import explained, facts_of, looked_back, sentences
from support.steps import aborts, fails, pauses
from support.waits import waits


def why(bench, step):
    return sentences(explained(bench, step))


def test_a_step_that_nothing_decides_about(bench):
    bench.run("steps: [{id: a, type: do}, {id: b, type: do}]")
    assert why(bench, "b") == [
        "The run came to it: it is step 2 of 2 of the workflow, and no condition decides whether it runs.",
        "It began.",
        "It completed after LONG.",
    ]


def test_a_condition_that_did_not_hold_and_what_it_read(bench):
    bench.run(
        """
        inputs: {deep: {type: boolean, default: false}}
        steps:
          - {id: a, type: do, value: 7}
          - {id: b, type: do, if: "{{ inputs.deep and steps.a.output.value == 7 }}"}
        """
    )
    found = explained(bench, "b")
    assert found.status == "skipped"
    assert found.facts[0].values["read"] == {"inputs.deep": False, "steps.a.output.value": 7}
    assert sentences(found) == [
        (
            "Its `if` was false ({{ inputs.deep and steps.a.output.value == 7 }}:"
            " inputs.deep = false, steps.a.output.value = 7)."
        ),
        "So it was skipped.",
    ]


def test_a_condition_is_told_with_the_values_of_then(bench):
    bench.run(
        """
        steps:
          - id: loop
            type: while
            condition: "{{ steps.loop.output.iterations < 2 }}"
            steps:
              - {id: a, type: do, value: "{{ steps.loop.output.iterations }}"}
              - {id: b, type: do, if: "{{ steps.a.output.value == 0 }}"}
        """
    )
    (first,), (second,) = (facts_of(explained(bench, step), "condition") for step in ("loop:b:1", "b"))
    found = explain(looked_back(bench), "b")
    assert found.step_id == "loop:b:1"
    assert found.others == ("b",)
    assert first.values["read"] == {"steps.a.output.value": 1}
    assert not second.values["holds"]
    tests = facts_of(explained(bench, "loop"), "test")
    assert [(fact.values["read"], fact.values["holds"]) for fact in tests] == [
        ({"steps.loop.output.iterations": 0}, True),
        ({"steps.loop.output.iterations": 1}, True),
        ({"steps.loop.output.iterations": 2}, False),
    ]


def test_an_if_that_cannot_be_evaluated(bench):
    bench.run("steps: [{id: a, type: do, value: x}, {id: b, type: do, if: '{{ steps.a.output.value | from_json }}'}]")
    told = why(bench, "b")
    assert told[0].startswith("Its `if` could not be evaluated ({{ steps.a.output.value | from_json }}")
    assert told[1].startswith("It failed before it began: `if`: ")


BRANCHES = """
inputs: {kind: {type: string, default: b}}
steps:
  - id: choose
    type: if
    condition: "{{ inputs.kind == 'a' }}"
    then: [{id: yes, type: do}]
    else: [{id: no, type: do}]
  - id: pick
    type: switch
    expression: "{{ inputs.kind }}"
    cases: {a: [{id: in-a, type: do}], b: [{id: in-b, type: if, condition: true, then: [{id: deep, type: do}]}]}
    default: [{id: other, type: do}]
"""


def test_branches_that_were_taken(bench):
    bench.run(BRANCHES)
    assert why(bench, "choose")[2] == (
        "Its condition was false ({{ inputs.kind == 'a' }}: inputs.kind = \"b\"), so `else` was taken."
    )
    assert why(bench, "no")[0] == (
        "The condition of choose was false ({{ inputs.kind == 'a' }}: inputs.kind = \"b\"), so `else` was taken."
    )
    assert why(bench, "deep")[:2] == [
        'The value of pick was "b" ({{ inputs.kind }}: inputs.kind = "b"), so the case "b" was taken.',
        "The condition of in-b was true, so `then` was taken.",
    ]


def test_branches_that_were_not(bench):
    bench.run(BRANCHES)
    found = explained(bench, "yes")
    assert (found.status, found.type) == ("not begun", "do")
    assert sentences(found)[-1] == "It never began: it is in `then` of choose."
    assert why(bench, "in-a") == [
        'The value of pick was "b" ({{ inputs.kind }}: inputs.kind = "b"), so the case "b" was taken.',
        "It never began: it is in the case `a` of pick.",
    ]
    assert why(bench, "other")[-1] == "It never began: it is in `default` of pick."


def test_steps_inside_one_that_was_skipped_or_had_nothing_to_do(bench):
    bench.run(
        """
        steps:
          - {id: off, type: if, if: "{{ 1 > 2 }}", condition: true, then: [{id: a, type: do}]}
          - {id: none, type: while, condition: false, steps: [{id: b, type: do}]}
          - {id: empty, type: fan-out, items: [], step: {id: c, type: do}}
        """
    )
    assert why(bench, "a") == [
        "The `if` of off was false ({{ 1 > 2 }}).",
        "It never began: off, which it is in, was skipped.",
    ]
    assert why(bench, "b")[-1] == "It never began: none, which it is in, made no pass."
    assert why(bench, "c")[-1] == "It never began: empty, which it is in, had no items."


def test_a_failure_and_what_it_kept_from_running(bench):
    bench.run(
        """
        steps:
          - {id: a, type: do}
          - {id: if, type: if, condition: true, then: [{id: b, type: do}, {id: c, type: do}]}
          - {id: d, type: do}
        finally: [{id: last, type: do}]
        """,
        b=fails("it broke"),
    )
    assert why(bench, "b")[-1] == "It failed after LONG: it broke."
    assert why(bench, "if")[-1] == "It stopped after LONG, because b inside it failed: it broke."
    assert why(bench, "c")[-1] == "The run did not come to it: b, which comes before it, failed: it broke."
    assert why(bench, "d") == ["The run did not come to it: b, which comes before it, failed: it broke."]
    assert why(bench, "last")[0] == "It is a step of `finally`, which runs when a run ends, however it does."


def test_a_failure_that_is_continued_past(bench):
    bench.run("steps: [{id: a, type: do, continue_on_error: true}]", a=fails())
    assert why(bench, "a")[-1] == "It failed after LONG: no. The run went on past it, because of `continue_on_error`."


def test_an_abort(bench):
    bench.run("steps: [{id: a, type: do}, {id: b, type: do}]", a=aborts)
    assert why(bench, "a")[-1] == "It failed after LONG: aborted here. That ended the run."


@pytest.mark.parametrize(
    ("on", "failure", "told"),
    [
        ("", "error", "That was the last of the 2 tries that `retry` allows."),
        (
            ", on: [timeout, 7]",
            "crashed",
            "`retry.on` has timeout, 7, which this is none of, so it was not tried again.",
        ),
    ],
)
def test_tries(bench, on, failure, told):
    bench.run(
        f"steps: [{{id: a, type: do, retry: {{attempts: 2, delay: 0.001{on}}}}}]",
        a=lambda context: StepResult.failed(f"no {context.attempt}", failure=failure),
    )
    assert sentences(explained(bench, "a"))[-1].endswith(told)
    if not on:
        assert why(bench, "a")[2:4] == [
            "Try 1 failed after LONG: no 1. It was tried again after LONG (`retry` allows 2 tries).",
            "Try 2 began.",
        ]


def test_a_class_of_failures_is_kept_with_the_last_try(bench):
    bench.run("steps: [{id: a, type: do}]", a=lambda _: StepResult.failed("too long", failure="idle"))
    assert why(bench, "a")[-1] == "It failed after LONG with `idle`: too long."


def test_a_limit_that_was_waited_for(bench):
    bench.run("steps: [{id: a, type: do}]", a=waits())
    found = explained(bench, "a")
    (limit,) = facts_of(found, "limit")
    assert limit.values["failure"] == "quota"
    assert sentences(found)[2].startswith("Try 1 ran into a limit that passes with `quota`: ")
    assert sentences(found)[-2:] == ["Try 2 began.", "It completed after LONG."]


FAN = """
steps:
  - id: fan
    type: fan-out
    items: [x, y, z]
    on_item_failure: {policy}
    max_concurrency: {width}
    step: {{id: leaf, type: do, value: "{{{{ item }}}}"}}
"""


def test_an_item_and_one_that_another_kept_from_beginning(bench):
    bench.run(FAN.format(policy="stop", width=1), **{"fan:leaf:1": fails("no")})
    assert why(bench, "fan:leaf:0")[0] == 'fan had 3 items, 1 at once; this is item 0: "x".'
    assert why(bench, "fan:leaf:2") == [
        (
            'It is item 2 of 3 of fan ("z"), and never began: fan:leaf:1 failed: no;'
            " with `on_item_failure: stop` no other item is begun then."
        )
    ]
    assert why(bench, "fan")[-1] == (
        "It stopped after LONG, because fan:leaf:1 inside it failed: no."
        " With `on_item_failure: stop` no other item was begun then: 1 of 3 never were."
    )
    assert explained(bench, "leaf").step_id == "fan:leaf:1"


def test_an_item_that_was_ended_because_of_another(bench):
    began = threading.Event()

    def until_told(context):
        began.set()
        assert context.cancellation.wait(PATIENCE)
        return StepResult.failed("stopped")

    def fails_beside(context):
        arrive(began)
        return fails("no")(context)

    two = FAN.format(policy="cancel", width=2).replace("[x, y, z]", "[x, y]")
    bench.run(two, **{"fan:leaf:0": until_told, "fan:leaf:1": fails_beside})
    assert "It was ended because fan:leaf:1 beside it had failed." in why(bench, "fan:leaf:0")
    assert "(`on_item_failure: cancel`)" in why(bench, "fan")[2]


def test_branches_side_by_side(bench):
    bench.run("steps: [{id: p, type: parallel, branches: {l: [{id: a, type: do}], r: [{id: b, type: do}]}}]")
    assert why(bench, "b")[0] == "It is in branch r of p, whose branches run side by side."


def test_a_gate_that_was_answered_and_what_it_kept_waiting(bench):
    bench.run("steps: [{id: a, type: do}, {id: g, type: gate, message: 'Ship it?'}, {id: b, type: do}]")
    assert why(bench, "b") == ["The run did not come to it: g, which comes before it, waits for a person."]
    bench.engine.answer("run", "approve", comment="looks fine", by="rosa")
    bench.resume()
    assert why(bench, "g")[2:] == [
        "It paused for a person: Ship it? (options: approve, reject).",
        'rosa answered "approve", with the comment "looks fine".',
        "The resume of TIME came to it again, because it waited for an answer.",
        "Try 2 began.",
        'It completed after LONG (with "approve").',
    ]
    assert why(bench, "a")[-1] == (
        "It was reused at the resume of TIME: it had completed at TIME, and what is settled never runs again."
    )


def test_a_verdict_given_at_a_resume(bench):
    bench.run(
        """
        inputs: {v: {type: string, default: ""}}
        steps: [{id: g, type: gate, message: ok?, verdict_input: v, on_reject: retry}]
        """
    )
    bench.resume({"v": "reject"})
    assert why(bench, "g")[3:] == [
        "A resume gave new values for v.",
        "The resume of TIME came to it again, because it waited for an answer.",
        "Try 2 began.",
        'It took its answer from the input `v`: "reject".',
        "It was rejected; with `on_reject: retry` it asks again.",
    ]


def test_a_run_that_was_cancelled_while_it_waited(bench):
    bench.run("steps: [{id: g, type: gate, message: ok?}]")
    bench.engine.cancel("run")
    found = explained(bench, "g")
    assert found.status == "aborted"
    assert sentences(found)[-1].endswith(" cancelled the run, so it waits no more.")


@pytest.mark.parametrize(("kind", "said"), [("pause", "paused the run"), ("cancel", "cancelled the run")])
def test_a_step_that_was_told_to_stop(bench, kind, said):
    def ask(context):
        context._run.stop(kind, "rosa")
        return StepResult.failed("stopped")

    bench.run("steps: [{id: a, type: do}]", a=ask)
    assert why(bench, "a")[2] == f"It was ended: rosa {said}."


def test_a_failed_step_that_a_resume_ran_again(bench):
    bench.run("steps: [{id: a, type: do}]", a=fails("no"))
    bench.script({})
    bench.resume()
    assert why(bench, "a")[2:] == [
        "It failed after LONG: no.",
        "The resume of TIME came to it again, because it had failed.",
        "Try 2 began.",
        "It completed after LONG.",
    ]


@pytest.mark.parametrize(("policy", "last"), [("rerun", "It completed"), ("fail", "It failed: it was interrupted")])
def test_a_process_that_was_gone(bench, policy, last):
    bench.run(f"steps: [{{id: a, type: do, on_interrupt: {policy}}}]")
    kept = next(number for number, event in enumerate(bench.log(), 1) if event["event"] == "step_started")
    bench.cut(kept)
    assert explained(bench, "a").status == "interrupted"
    assert why(bench, "a")[-1] == "Its process PID was gone after this, before the step had ended."
    bench.resume()
    told = why(bench, "a")
    assert (
        f"The resume of TIME came to it again, because it had begun and not ended when its process ended"
        f" (`on_interrupt: {policy}`)." in told
    )
    assert told[-1].startswith(last)


def test_records_that_a_resume_forgot(bench):
    text = (
        "steps: [{id: if, type: if, condition: true, then: [{id: a, type: do}]}, {id: b, type: do}, {id: c, type: do}]"
    )
    bench.run(text)
    bench.resume(from_step="b")
    bench.resume(step="a")
    assert "A resume forgot its record (`--from b`), so that it runs anew." in why(bench, "c")
    assert "A resume forgot its record (`--step a`), so that it runs anew." in why(bench, "a")
    assert "A resume undid its end (`--step a`), because a step inside it was to run again." in why(bench, "if")
    bench.cut(next(n for n, event in enumerate(bench.log()) if event["event"] == "run_resumed"))
    assert explained(bench, "c").status == "forgotten"


def test_a_budget_that_was_used_up_and_raised(bench):
    def calls(context):
        with context.budgeted() as short:
            if short is not None:
                return StepResult.paused(short, {"waits_for": "budget"})
            context.spend(Spending(1.0, 12_300, 0.5))
        return None

    bench.run("budget: {usd: 1.5}\nsteps: [{id: a, type: do}, {id: b, type: do}]", default=calls)
    assert why(bench, "a")[2] == "By then it had cost 1 call, 12.3k tokens, $1.00."
    assert why(bench, "b")[2].startswith("It paused: the run's budget of $1.50 is used up: $1.00 spent, $1.00 expected")
    bench.resume(budget={None: Budget(usd=5.0)})
    assert why(bench, "b")[3:5] == [
        'A resume raised the budget of the run: {"usd": 5.0}.',
        "The resume of TIME came to it again, because it waited for a larger budget.",
    ]


def test_a_turn_that_was_waited_for(bench):
    def queues(context):
        with context.waiting("waits for a free agent (2 in use)"):
            pass

    bench.run("steps: [{id: a, type: do}]", a=queues)
    assert "It could not call its agent at once: it waits for a free agent (2 in use)." in why(bench, "a")


def test_steps_that_a_step_returned(bench):
    bench.run("steps: [{id: r, type: raw, say: x, then: [{id: x, type: do}, {id: y, type: do}]}]")
    assert "It returned 2 steps to run in its place: x, y." in why(bench, "r")
    assert why(bench, "x")[-1] == "It completed after LONG."


def test_a_step_of_a_called_workflow(bench):
    (bench.root / "other.yml").write_text(
        'schema_version: "1.0"\nworkflow: {id: other, name: Other}\ninputs: {n: {type: string}}\n'
        "steps: [{id: a, type: do, if: \"{{ inputs.n == '2' }}\"}, {id: b, type: do}]\n"
    )
    bench.run("steps: [{id: call, type: workflow, workflow: ./other.yml, input: {n: '2'}}]", **{"call:a": fails("no")})
    assert why(bench, "call")[2] == 'It called the workflow other with {"n": "2"}.'
    assert why(bench, "call:a")[:2] == [
        'call called the workflow other, which it is in with {"n": "2"}.',
        "Its `if` was true ({{ inputs.n == '2' }}: inputs.n = \"2\").",
    ]
    assert why(bench, "call:b")[-1] == "The run did not come to it: call:a, which comes before it, failed: no."


def test_a_step_that_is_still_at_work(bench):
    seen = []

    def look(context):
        seen.append(looked_back(bench))
        return pauses(context)

    bench.run("steps: [{id: a, type: do}, {id: b, type: do}]", a=look)
    (run,) = seen
    found = explain(run, "a")
    assert (run.status, found.status) == ("running", "running")
    assert sentences(found)[-1] == "It is still running, in process PID: try 1, since TIME."
    assert sentences(explain(run, "b")) == ["The run has not come to it yet: a, which comes before it, has not ended."]


def test_without_the_workflow_the_journal_alone_tells(bench):
    bench.run(BRANCHES)
    run = looked_back(bench, with_workflow=False)
    assert sentences(explain(run, "no"))[0] == "The condition of choose was false, so `else` was taken."
    with pytest.raises(UsageError, match="has no step 'yes'"):
        explain(run, "yes")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("picc", "did you mean 'pick'?"), ("fan:leaf:7", "fan has items 0 to 2"), ("zzz", "`plait show run` lists them")],
)
def test_a_name_that_is_none(bench, name, hint):
    bench.run(FAN.format(policy="stop", width=1) + "  - {id: pick, type: do}\n")
    with pytest.raises(UsageError) as caught:
        explained(bench, name)
    assert caught.value.hint == hint


def test_a_pass_that_was_not_made(bench):
    bench.run("steps: [{id: l, type: while, condition: true, max_iterations: 2, steps: [{id: a, type: do}]}]")
    assert why(bench, "l:a:4") == [
        "The condition of l held: pass 2.",
        "l made 2 passes, and no pass 5: `max_iterations` allows 2.",
    ]


def test_what_steps_say_cannot_steer_a_terminal(bench):
    bench.run("steps: [{id: a, type: do}]", a=fails("\x1b[2Jgone\nsecond"))
    assert why(bench, "a")[-1] == "It failed after LONG: gone second."


def test_a_time_limit_of_a_step_around(bench):
    def late(context):
        assert not context.cancellation.wait(0.05)
        arrive_late(context)

    bench.run(
        "steps: [{id: around, type: if, timeout: 0.05, condition: true, then: [{id: a, type: do}, {id: b, type: do}]}]",
        a=late,
    )
    told = why(bench, "around")[-1]
    assert told.startswith("It failed after LONG with `timeout`: timed out after 0.05 s.")
    assert "The time limit was the `timeout` of around: 0.05 s." in told
    assert why(bench, "b")[-1].startswith("The run did not come to it: around")


def arrive_late(context):
    """Be done only when the time of the step around is over."""
    while not context.cancellation.expired:
        context.cancellation.wait(0.01)
