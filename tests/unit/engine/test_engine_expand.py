"""Steps that a step returns (`next_steps`), and control step types of a user's own."""

import threading

import pytest

from plait.api import WorkflowEngine
from plait.errors import InvalidWorkflowError
from plait.model.fields import StepConfig, Steps
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase
from support.bench import Bench, picture, statuses
from support.steps import Do, fails, pauses

TEXT = """
steps:
  - id: r
    type: raw
    say: hello
    then:
      - {id: x, type: do, value: "{{ steps.r.output.said }}"}
      - {id: y, type: do, value: "{{ steps.x.output.value }}"}
  - {id: after, type: do, value: "{{ steps.y.output.value }}"}
"""


def test_a_type_without_a_config_receives_its_mapping_as_written(bench):
    received = []

    class Plain(StepBase):
        type_key = "plain"

        def execute(self, config, context):
            received.append(config)
            return StepResult(output={"n": config["n"], "evaluated": context.evaluate(config["text"])})

    engine = WorkflowEngine(bench.root, [Plain()], signals=())
    from support.bench import definition

    text = 'steps: [{id: p, type: plain, n: 3, text: "{{ 1 + 1 }}", more: {deep: [1]}, continue_on_error: true}]'
    text = text.replace("1 + 1", "inputs.x") + "\ninputs: {x: {type: string, default: given}}"
    state = engine.execute(definition(text), run_id="run")
    assert state.status == "completed", state.error
    assert received[0]["n"] == 3
    assert received[0]["more"] == {"deep": [1]}
    assert received[0]["id"] == "p"
    assert state.records["p"].output["n"] == 3


def test_its_own_validation_speaks_while_the_file_is_loaded(bench):
    with pytest.raises(InvalidWorkflowError) as caught:
        bench.run("steps: [{id: r, type: raw}]")
    assert "`say` is needed" in str(caught.value.problems[0])


def test_returned_steps_run_in_its_place(bench):
    state = bench.run(TEXT)
    assert state.status == "completed", state.error
    assert bench.calls == ["r", "x", "y", "after"]
    assert state.records["after"].output == {"value": "hello"}
    assert state.records["x"].parent == "r"
    assert picture(bench.load()) == picture(state)


@pytest.mark.parametrize("halt", [fails("no"), pauses])
def test_a_resume_runs_neither_it_nor_the_settled_ones_again(bench, halt):
    state = bench.run(TEXT, y=halt)
    assert state.status == halt(None).status
    assert statuses(state)["r"] == state.status
    bench.script({})
    state = bench.resume()
    assert (state.status, bench.calls) == ("completed", ["y", "after"])
    assert state.records["r"].output == {"said": "hello"}


@pytest.mark.parametrize("event", [("steps_expanded", "r"), ("step_started", "y"), ("step_completed", "y")])
def test_a_crash_behind_it_does_not_run_it_again(bench, event):
    bench.run(TEXT)
    log = [(each["event"], each.get("step_id")) for each in bench.log()]
    bench.cut(log.index(event) + 1)
    state = bench.resume()
    assert state.status == "completed"
    assert "r" not in bench.calls
    assert state.records["after"].output == {"value": "hello"}


def test_one_of_the_returned_steps_may_be_run_again(bench):
    bench.run(TEXT)
    assert bench.resume(step="y").status == "completed"
    assert bench.calls == ["y"]


def test_it_may_be_run_again_itself(bench):
    bench.run(TEXT)
    assert bench.resume(step="r").status == "completed"
    assert bench.calls == ["r", "x", "y"]


def test_returned_steps_that_are_not_valid_fail_it_and_a_resume_asks_it_again(bench):
    state = bench.run("steps: [{id: r, type: raw, say: hello, broken: true}]")
    assert state.status == "failed"
    assert "the steps it returned are not valid" in state.error
    bench.resume()
    assert bench.calls == ["r"]


def test_its_outputs_and_settings_hold_for_what_it_returned(bench):
    (bench.root / "sub").mkdir(parents=True)
    text = """
    steps:
      - id: r
        type: raw
        say: hello
        env: {WHO: world}
        cwd: sub
        timeout: 100
        outputs: {text: "{{ steps.sh.output.stdout }}"}
        then: [{id: sh, type: shell, run: "printf %s \\"$WHO $(basename $PWD)\\""}, {id: last, type: do}]
    """
    limits = []
    state = bench.run(text, last=lambda context: limits.append(context.cancellation.deadline) or fails("no")(context))
    assert state.status == "failed"
    bench.cut([each["event"] for each in bench.log()].index("steps_expanded") + 1)
    state = bench.resume()
    assert state.records["sh"].output["stdout"] == "world sub"
    bench.script({})
    state = bench.resume()
    assert state.records["r"].output == {"said": "hello", "text": "world sub"}
    assert None not in limits
    assert len(limits) == 2


def test_in_items_their_ids_are_the_item_s(bench):
    text = """
    steps:
      - id: f
        type: fan-out
        items: [1, 2]
        max_concurrency: 2
        step: {id: r, type: raw, say: "{{ item }}", then: [{id: x, type: do, value: "{{ steps.r.output.said }}"}]}
    """
    state = bench.run(text)
    assert state.status == "completed", state.error
    assert sorted(state.records) == ["f", "f:r:0", "f:r:0:x", "f:r:1", "f:r:1:x"]


def test_they_hold_the_limit_of_the_run_too(bench):
    text = "max_parallel: 1\n" + TEXT
    state = bench.run(text)
    assert (state.status, bench.calls) == ("completed", ["r", "x", "y", "after"])


class TwiceConfig(StepConfig):
    steps: Steps


class Twice(StepBase):
    """A loop of a user's own: its passes, decisions and resume are those of a built-in one."""

    type_key = "twice"
    Config = TwiceConfig

    def __init__(self):
        self.asked = 0

    def execute(self, config, context):
        for number in (1, 2):
            assert context.decide(f"pass {number}", self.one, iteration=number) == 1
            halt = context.run_block(config.steps, iteration=number)
            if halt is not None:
                return StepResult.after(halt, {"passes": number})
        return StepResult(output={"passes": 2})

    def one(self):
        self.asked += 1
        return 1


class Hands(StepBase):
    """Returns the steps of its configuration to be run after it."""

    type_key = "hands"
    Config = TwiceConfig

    def execute(self, config, context):
        return StepResult(output={"handed": len(config.steps)}, next_steps=config.steps)


@pytest.fixture
def own(tmp_path):
    bench = Bench(tmp_path)
    bench.twice = Twice()
    bench.engine = WorkflowEngine(tmp_path, [bench.do, bench.twice, Hands()], signals=())
    return bench


def test_a_loop_of_a_user_s_own_is_resumed_as_exactly(own):
    text = "steps: [{id: t, type: twice, steps: [{id: x, type: do}, {id: y, type: do}]}]"
    state = own.run(text, **{"t:y:1": fails("no")})
    assert (state.status, own.calls) == ("failed", ["x", "y", "t:x:1", "t:y:1"])
    own.script({})
    state = own.resume()
    assert (state.status, own.calls, own.twice.asked) == ("completed", ["t:y:1"], 2)
    assert state.records["t"].output == {"passes": 2}


@pytest.mark.parametrize("limit", ["", "max_parallel: 1\n"])
def test_steps_it_holds_may_be_returned_as_they_are(own, limit):
    text = limit + "steps: [{id: h, type: hands, steps: [{id: x, type: do}, {id: y, type: do}]}, {id: z, type: do}]"
    state = own.run(text, y=fails("no"))
    assert (state.status, own.calls) == ("failed", ["x", "y"])
    own.script({})
    state = own.resume()
    assert (state.status, own.calls) == ("completed", ["y", "z"])
    assert state.records["h"].output == {"handed": 2}


def test_one_instance_serves_several_threads(own):
    together = threading.Barrier(3)
    text = "steps: [{id: f, type: fan-out, items: [1, 2, 3], max_concurrency: 3, "
    text += "step: {id: t, type: twice, steps: [{id: x, type: do}]}}]"
    state = own.run(text, default=lambda _: bool(together.wait(20) < 0) or None)
    assert (state.status, len(own.calls)) == ("completed", 6)
    assert isinstance(own.do, Do)
