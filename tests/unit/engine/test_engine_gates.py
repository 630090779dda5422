"""Gates: verdict inputs, answers from elsewhere, and items that wait while others go on."""

import threading

import pytest

from plait.errors import UsageError
from plait.journal.folder import RunFolder
from plait.journal.mailbox import post
from plait.model.step_type import Answer
from support.bench import statuses, wait_until
from support.steps import fails

GATES = """
inputs: {verdict: {type: string, default: ""}}
steps:
  - {id: one, type: gate, message: First?, verdict_input: verdict}
  - {id: two, type: gate, message: Second?, verdict_input: verdict}
  - {id: after, type: do, value: "{{ steps.two.output.choice }}"}
"""


def test_a_gate_pauses_the_run_and_an_answer_lets_it_go_on(bench):
    state = bench.run(GATES)
    assert (state.status, state.current_step_id, state.error) == ("paused", "one", None)
    assert [record.id for record in state.waiting] == ["one"]
    assert state.records["one"].output == {
        "message": "First?",
        "options": ["approve", "reject"],
        "on_reject": "abort",
        "show_file": None,
        "choice": None,
    }
    assert bench.engine.answer("run", "APPROVE", comment="fine", by="me") == "one"
    state = bench.resume()
    assert (state.status, state.current_step_id) == ("paused", "two")
    output = state.records["one"].output
    assert (output["choice"], output["comment"], output["answered_by"]) == ("approve", "fine", "me")
    assert state.step_results["one"]["options"] == ["approve", "reject"]


def test_an_answer_that_does_not_fit_is_refused_at_once(bench):
    bench.run(GATES)
    for choice, step_id in (("maybe", None), ("approve", "two"), ("approve", "after")):
        with pytest.raises(UsageError):
            bench.engine.answer("run", choice, step_id=step_id)
    bench.resume()
    assert bench.load().status == "paused"


def test_a_verdict_is_used_up_by_the_gate_that_takes_it(bench):
    state = bench.run(GATES, {"verdict": "Approve"})
    assert (state.status, state.current_step_id) == ("paused", "two")
    assert state.records["one"].output["choice"] == "approve"
    assert bench.resume().current_step_id == "two"
    state = bench.resume({"verdict": "approve"})
    assert (state.status, state.records["after"].output) == ("completed", {"value": "approve"})


def test_a_verdict_may_be_used_by_all(bench):
    text = GATES.replace("verdict_input: verdict", "verdict_input: verdict, reuse_verdict: true")
    assert bench.run(text, {"verdict": "approve"}).status == "completed"


def test_each_pass_of_a_loop_asks_again(bench):
    text = """
    inputs: {verdict: {type: string, default: approve}}
    steps:
      - id: w
        type: while
        condition: true
        max_iterations: 2
        steps: [{id: g, type: gate, message: Again?, verdict_input: verdict}]
    """
    state = bench.run(text)
    assert (state.status, state.current_step_id) == ("paused", "w:g:1")
    assert bench.resume({"verdict": "approve"}).status == "completed"


def test_a_crash_between_the_use_of_a_verdict_and_the_end_of_its_gate_loses_nothing(bench):
    bench.run(GATES, {"verdict": "approve"})
    bench.cut([event["event"] for event in bench.log()].index("verdict_consumed") + 1)
    state = bench.resume()
    assert (state.status, state.current_step_id) == ("paused", "two")
    assert state.records["one"].output["choice"] == "approve"


@pytest.mark.parametrize("verdict", ["maybe", "appro"])
def test_a_verdict_that_is_no_option_fails(bench, verdict):
    state = bench.run(GATES, {"verdict": verdict})
    assert (state.status, state.current_step_id) == ("failed", "one")
    assert state.error == f"'{verdict}' is none of the gate's options: approve, reject"


def test_a_rejection_aborts_for_good(bench):
    from plait.errors import RunNotResumableError

    state = bench.run(GATES, {"verdict": "reject"})
    assert (state.status, state.error) == ("aborted", "rejected at gate one")
    assert state.records["one"].output["aborted"] is True
    assert bench.log()[-2]["event"] == "workflow_aborted"
    with pytest.raises(RunNotResumableError):
        bench.resume()
    bench.resume({"verdict": "approve"}, from_step="one")
    assert bench.load().records["one"].output["choice"] == "approve"


def test_a_rejection_may_be_skipped(bench):
    text = GATES.replace("First?", "First?, on_reject: skip")
    state = bench.run(text, {"verdict": "reject"})
    assert (state.records["one"].status, state.records["one"].output["choice"]) == ("completed", "reject")


def test_a_rejection_may_ask_again(bench):
    text = GATES.replace("First?", "First?, on_reject: retry")
    state = bench.run(text, {"verdict": "reject"})
    assert (state.status, state.current_step_id, state.inputs) == ("paused", "one", {"verdict": ""})
    assert state.records["one"].output["choice"] == "reject"
    assert bench.resume().current_step_id == "one"
    bench.engine.answer("run", "reject")
    assert bench.resume().current_step_id == "one"
    assert bench.resume().current_step_id == "one", "one answer counts once"
    bench.engine.answer("run", "approve")
    assert bench.resume().current_step_id == "two"


PARKING = """
steps:
  - id: f
    type: fan-out
    items: [0, 1, 2, 3]
    max_concurrency: 2
    on_item_pause: {policy}
    steps:
      - {{id: g, type: gate, if: "{{{{ item < 2 }}}}", message: "Item {{{{ item }}}}?"}}
      - {{id: work, type: do, value: "{{{{ item }}}}"}}
  - {{id: after, type: do}}
"""


def test_an_item_that_waits_stops_the_dispatch(bench):
    state = bench.run(PARKING.format(policy="stop").replace("max_concurrency: 2", "max_concurrency: 1"))
    assert (state.status, state.current_step_id, bench.calls) == ("paused", "f:item:0:g", [])
    assert statuses(state) == {"f": "paused", "f:item:0": "paused", "f:item:0:g": "paused"}


@pytest.mark.parametrize("width", [1, 2])
def test_the_others_may_go_on_while_items_wait(bench, width):
    text = PARKING.format(policy="continue").replace("max_concurrency: 2", f"max_concurrency: {width}")
    state = bench.run(text)
    assert (state.status, state.current_step_id) == ("paused", "f:item:0:g")
    assert sorted(bench.calls) == ["f:item:2:work", "f:item:3:work"]
    assert sorted(record.id for record in state.waiting) == ["f:item:0:g", "f:item:1:g"]
    with pytest.raises(UsageError, match="2 steps wait"):
        bench.engine.answer("run", "approve")
    bench.engine.answer("run", "approve", step_id="f:item:1:g")
    state = bench.resume()
    assert (state.status, bench.calls) == ("paused", ["f:item:1:work"])
    bench.engine.answer("run", "approve", step_id="f:item:0:g")
    state = bench.resume()
    assert (state.status, bench.calls) == ("completed", ["f:item:0:work", "after"])
    assert [each["work"]["value"] for each in state.records["f"].output["results"]] == [0, 1, 2, 3]


def test_an_answer_that_arrives_meanwhile_lets_the_item_go_on_in_the_same_run(bench):
    """Item 3 runs until the work behind the answered gates of 0 and 1 has been done."""
    done = {index: threading.Event() for index in range(2)}

    def hook(event, state):
        if event["event"] == "step_completed" and event["step_id"] in ("f:item:0:work", "f:item:1:work"):
            done[int(event["step_id"][7])].set()

    def answers(context):
        wait_until(lambda: {"f:item:0:g", "f:item:1:g"} <= {record.id for record in bench.load().waiting})
        for index in (1, 0):
            bench.engine.answer("run", "approve", step_id=f"f:item:{index}:g")
        for event in done.values():
            assert event.wait(20)

    bench.events.hook = hook
    state = bench.run(PARKING.format(policy="continue"), **{"f:item:3:work": answers})
    assert state.status == "completed", state.error
    assert bench.calls[-1] == "after"
    assert sorted(bench.calls[:-1]) == [f"f:item:{index}:work" for index in range(4)]


def test_an_answer_while_its_gate_is_walked_again_is_not_lost(bench):
    """The answer arrives after the gate has looked for one and before it is recorded as waiting."""
    bench.run("steps: [{id: g, type: gate, message: 'Sure?'}, {id: b, type: do}]")

    class Absent:
        def ask(self, question):
            """Nobody is at the terminal; meanwhile the answer comes from elsewhere."""
            post(RunFolder(bench.folder()), "answer", step_id="g", choice="approve")
            wait_until(lambda: any(event["event"] == "gate_answered" for event in bench.log()))

        def interrupt(self):
            """Nothing to interrupt."""

    bench.engine = bench.new_engine(prompter=Absent())
    state = bench.resume()
    if state.status == "paused":
        bench.engine = bench.new_engine()
        state = bench.resume()
    assert (state.status, bench.calls) == ("completed", ["b"])


def test_a_terminal_is_asked_first(bench):
    asked = []

    class Terminal:
        def ask(self, question):
            asked.append((question.step_id, question.message, question.options))
            return Answer("approve", "looks good", "someone")

        def interrupt(self):
            """Nothing waits."""

    bench.engine = bench.new_engine(prompter=Terminal())
    state = bench.run(GATES)
    assert state.status == "completed"
    assert asked == [("one", "First?", ("approve", "reject")), ("two", "Second?", ("approve", "reject"))]
    assert state.records["one"].output["comment"] == "looks good"


def test_what_stands_on_the_terminal_may_be_answered_from_elsewhere(bench):
    seen = []

    class Terminal:
        def ask(self, question):
            state = bench.load()
            seen.append([(record.id, record.output["options"]) for record in state.waiting])
            assert bench.engine.answer("run", "Approve", by="elsewhere") == question.step_id
            wait_until(lambda: bench.load().answers)

        def interrupt(self):
            """Nothing waits."""

    bench.engine = bench.new_engine(prompter=Terminal())
    state = bench.run("steps: [{id: g, type: gate, message: 'Sure?'}]")
    assert seen == [[("g", ["approve", "reject"])]]
    assert (state.status, state.waiting) == ("completed", [])
    assert state.records["g"].output["answered_by"] == "elsewhere"


@pytest.mark.parametrize("limit", ["max_parallel: 1\n", ""])
def test_who_waits_at_the_terminal_holds_no_slot(bench, limit):
    """The other branch must run while the gate waits for its answer."""
    other_done = threading.Event()

    class Terminal:
        def ask(self, question):
            assert other_done.wait(20)
            return Answer("approve")

        def interrupt(self):
            """Nothing waits."""

    bench.engine = bench.new_engine(prompter=Terminal())
    text = "steps: [{id: p, type: parallel, branches: {l: [{id: g, type: gate, message: m}], r: [{id: d, type: do}]}}]"
    assert bench.run(limit + text, d=lambda _: other_done.set()).status == "completed"


def test_waiting_items_and_failed_ones(bench):
    text = PARKING.format(policy="continue\n    on_item_failure: continue")
    state = bench.run(text, **{"f:item:2:work": fails("two")})
    assert (state.status, state.current_step_id) == ("paused", "f:item:0:g")
    for index in range(2):
        bench.engine.answer("run", "approve", step_id=f"f:item:{index}:g")
    state = bench.resume()
    assert (state.status, state.error) == ("failed", "1 of 4 items failed: f:item:2:work: two")
    bench.script({})
    assert bench.resume().status == "completed"
    assert bench.calls == ["f:item:2:work", "after"]
