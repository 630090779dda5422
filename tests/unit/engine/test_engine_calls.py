"""What a step may ask of the engine when it calls something outside: lines, clocks, memory, children."""

import sys
import threading
import time

import pytest

from plait.api import WorkflowEngine
from plait.engine.telling import Teller
from plait.model.outcome import StepResult
from plait.process import Dialogue
from support.bench import PATIENCE, wait_until
from support.steps import Do, fails

ONE = "steps: [{id: a, type: do}]"


def log_of(bench, step="a", attempt=1):
    return (bench.folder() / "steps" / step / f"attempt-{attempt}.log").read_text()


class Clocked(Do):
    """A step type with a clock of its own."""

    type_key = "clocked"
    own_clock = True
    default_timeout = 0.2
    default_idle_timeout = 0.3


@pytest.fixture
def clocked(bench):
    kind = Clocked()

    def run(fields, behave):
        kind.script = {"default": behave}
        bench.engine = WorkflowEngine(bench.root, [kind, bench.do], signals=())
        return bench.run(f"steps: [{{id: a, type: clocked, {fields}}}]")

    return run


class Heard:
    """A listener that keeps the lines."""

    def __init__(self):
        self.lines = []
        self.ended = None

    def on_event(self, event, state):
        if event["event"] == "step_completed" and event["step_id"] == "a":
            self.ended = len(self.lines)

    def on_output(self, step_id, line):
        self.lines.append((step_id, line))


def test_every_line_is_in_the_log_and_the_last_is_told(bench):
    heard = Heard()
    bench.engine = bench.new_engine(listeners=[heard])

    def talk(context):
        for number in range(500):
            context.tell(f"line {number}")

    bench.run(ONE, a=talk)
    assert log_of(bench) == "".join(f"line {number}\n" for number in range(500))
    assert heard.lines[0] == ("a", "line 0")
    assert heard.lines[-1] == ("a", "line 499")
    assert heard.ended == len(heard.lines) < 500


def test_a_line_that_has_to_wait_is_told_while_the_step_goes_on(bench):
    heard = Heard()
    bench.engine = bench.new_engine(listeners=[heard])

    def talk(context):
        context.tell("one")
        context.tell("two")
        wait_until(lambda: ("a", "two") in heard.lines)

    assert bench.run(ONE, a=talk).status == "completed"


def test_lines_of_another_try_go_to_its_own_log(bench):
    def talk(context):
        context.tell(f"try {context.attempt}")
        return fails("no")(context) if context.attempt == 1 else None

    bench.run("steps: [{id: a, type: do, retry: 2}]", a=talk)
    assert [log_of(bench, attempt=number) for number in (1, 2)] == ["try 1\n", "try 2\n"]


def test_a_teller_forgets_nobody_s_last_line():
    lines = []
    teller = Teller(lambda step_id, line: lines.append((step_id, line)))
    for number in range(3):
        teller.tell("a", str(number))
        teller.tell("b", str(number))
    assert lines == [("a", "0"), ("b", "0")]
    teller.finish("a")
    assert lines[2:] == [("a", "2")]
    deadline = time.monotonic() + PATIENCE
    while len(lines) < 4 and time.monotonic() < deadline:
        teller.catch_up()
    assert lines[3:] == [("b", "2")]
    teller.finish("b")
    assert len(lines) == 4


def test_what_a_step_remembers_is_there_for_its_later_tries(bench):
    seen = []

    def behave(context):
        seen.append((context.remembered("session"), context.remembered("other")))
        context.remember("session", {"id": context.attempt})
        return fails("no")(context) if context.attempt < 3 else None

    bench.run("steps: [{id: a, type: do, retry: 2}]", a=behave)
    bench.resume()
    assert seen == [(None, None), ({"id": 1}, None), ({"id": 2}, None)]
    assert bench.load().records["a"].memory == {"session": {"id": 3}}


def test_what_is_remembered_belongs_to_one_occurrence(bench):
    def behave(context):
        assert context.remembered("n") is None
        context.remember("n", context.item)

    text = "steps: [{id: f, type: fan-out, items: [1, 2], step: {id: t, type: do}}]"
    state = bench.run(text, default=behave)
    assert [state.records[f"f:t:{index}"].memory for index in (0, 1)] == [{"n": 1}, {"n": 2}]
    assert state.records["f"].extra is None


def test_what_is_forgotten_is_not_remembered(bench):
    seen = []

    def behave(context):
        seen.append(context.remembered("n"))
        context.remember("n", 1)

    bench.run(ONE, a=behave)
    bench.resume(from_step="a")
    assert seen == [None, None]


def test_only_json_can_be_remembered(bench):
    state = bench.run(ONE, a=lambda context: context.remember("n", object()))
    assert (state.status, "cannot be kept as JSON" in state.error) == ("failed", True)


def test_a_step_sees_its_workflow_folder_and_environment(bench):
    seen = []
    (bench.root / "sub").mkdir()

    def behave(context):
        seen.extend([context.workflow.id, context.working_folder(), context.environment()])

    bench.run("steps: [{id: a, type: do, cwd: sub, env: {COLOUR: red}}]", a=behave)
    assert seen[:2] == ["sample", bench.root / "sub"]
    assert {key: seen[2][key] for key in ("COLOUR", "PLAIT_STEP_ID", "PLAIT_RUN_ID")} == {
        "COLOUR": "red",
        "PLAIT_STEP_ID": "a",
        "PLAIT_RUN_ID": "run",
    }


def test_a_folder_that_is_none_is_a_failure(bench):
    state = bench.run("steps: [{id: a, type: do, cwd: nowhere}]", a=lambda context: context.working_folder() and None)
    assert (state.status, "is not a folder" in state.error) == ("failed", True)


def test_large_outputs_of_several_children_do_not_overwrite_each_other(bench):
    paths = []

    def behave(context):
        for letter in "xyz":
            result = context.run_process([sys.executable, "-c", f"print('{letter}' * 70_000)"])
            paths.append(result.stdout.spilled)
        return fails("no")(context) if context.attempt == 1 else None

    bench.run("steps: [{id: a, type: do, retry: 2}]", a=behave)
    assert [path.name for path in paths] == [
        f"attempt-{attempt}.{part}stdout" for attempt in (1, 2) for part in ("", "2.", "3.")
    ]
    assert [path.read_text()[0] for path in paths] == list("xyzxyz")


class Talk(Dialogue):
    """Says what the script has for each line the child says."""

    def __init__(self, opening, answers):
        self.opening, self.answers, self.heard = opening, iter(answers), b""

    def begin(self):
        return self.opening

    def feed(self, data):
        self.heard += data
        return b"" if not data.endswith(b"\n") else next(self.answers)


def test_a_dialogue_s_bytes_are_beside_the_log_of_its_attempt(bench):
    script = "read line; echo got $line; echo trouble >&2"
    heard = Heard()
    bench.engine = bench.new_engine(listeners=[heard])

    def behave(context):
        for word in (b"one\n", b"two\n"):
            talk = Talk(word, [None])
            result = context.run_process(["sh", "-c", script], dialogue=talk)
            assert (result.exit_code, talk.heard) == (0, b"got " + word)
        context.tell("both done")

    state = bench.run(ONE, a=behave)
    assert state.status == "completed", state.error
    assert (bench.folder() / "steps" / "a" / "attempt-1.stream").read_text() == "got one\ngot two\n"
    assert log_of(bench) == "trouble\ntrouble\nboth done\n"
    assert {line for _, line in heard.lines} == {"trouble", "both done"}


def test_a_clock_of_its_own_runs_only_while_it_is_timed(clocked):
    ticking = []

    def behave(context):
        assert context.cancellation.deadline is None
        for _ in range(2):
            with context.timed():
                ticking.append(context.cancellation.deadline - time.monotonic())
                context.cancellation.wait(0.04)
        assert context.cancellation.deadline is None

    state = clocked("timeout: 100", behave)
    assert state.status == "completed", state.error
    assert ticking[1] <= ticking[0] - 0.04 <= 100


def test_a_clock_of_its_own_that_has_run_out_is_the_step_s_failure(clocked):
    def behave(context):
        with context.timed():
            result = context.run_process(["sleep", "100"])
        assert result.ended_by == "timeout"
        return StepResult.failed("it took too long", {"kept": 1}, failure=result.ended_by)

    state = clocked("retry: {attempts: 2, on: [timeout]}", behave)
    assert (state.status, state.error) == ("failed", "timed out after 0.2 s")
    assert (state.records["a"].attempt, state.records["a"].output) == (2, {"kept": 1})


@pytest.mark.parametrize(("fields", "end"), [("timeout: 100", "idle"), ("timeout: 100, idle_timeout: 60", "exit")])
def test_a_type_s_own_idle_limit_holds_unless_the_file_says_another(clocked, fields, end):
    ends = []
    clocked(fields, lambda context: ends.append(context.run_process(["sleep", "0.6"]).ended_by))
    assert ends == [end]


@pytest.mark.parametrize(
    ("on", "failure", "tries"),
    [
        ("[timeout]", "idle", 2),
        ("[idle]", "idle", 2),
        ("[idle]", "timeout", 1),
        ("[error]", "idle", 1),
        ("[error]", "rate_limit", 2),
        ("[quota]", "rate_limit", 1),
        ("[rate_limit]", "rate_limit", 2),
        ("[timeout]", "rate_limit", 1),
        ("[]", "idle", 2),
    ],
)
def test_classes_of_failures_that_are_tried_again(bench, on, failure, tries):
    bench.run(
        f"steps: [{{id: a, type: do, retry: {{attempts: 2, on: {on}}}}}]",
        a=lambda _: StepResult.failed("no", failure=failure),
    )
    assert len(bench.calls) == tries
    assert [event["failure"] for event in bench.log() if event["event"] == "attempt_failed"] == [failure] * (tries - 1)


def test_only_one_at_a_time_may_wait_for_the_same_slot(bench):
    """Waiting inside waiting gives the slot back once: twice would let two others in."""
    inside = []
    lock = threading.Lock()

    def behave(context):
        with context.waiting("outer"), context.waiting("inner"):
            pass
        with lock:
            inside.append(context.step_id)

    text = """
    max_parallel: 1
    steps: [{id: f, type: fan-out, items: [1, 2, 3], max_concurrency: 3, step: {id: t, type: do}}]
    """
    state = bench.run(text, default=behave)
    assert (state.status, len(inside)) == ("completed", 3)
