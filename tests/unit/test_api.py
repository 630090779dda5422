"""The public face."""

import json
import os
import re

import pytest

import plait
from plait import RunState, WorkflowDefinition, WorkflowEngine
from plait.errors import InputError, InvalidWorkflowError, RunNotFoundError, UsageError
from support.bench import Bench, definition
from support.steps import Do, fails, pauses

HEADER = 'schema_version: "1.0"\nworkflow: {id: sample, name: Sample, version: 1.0.0}\n'
TEXT = "steps: [{id: a, type: do, value: 1}]"


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.delenv("SPECKIT_WORKFLOW_RUN_ID", raising=False)
    return Bench(tmp_path)


def test_every_public_name_is_there():
    for name in plait.__all__:
        assert getattr(plait, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = plait.nothing


def test_the_example_in_the_docstring(tmp_path):
    path = tmp_path / "workflow.yml"
    steps = "steps: [{id: a, type: shell, run: 'echo {{ inputs.name }}'}]"
    path.write_text(HEADER + "inputs: {name: {type: string}}\n" + steps)
    state = WorkflowEngine(tmp_path).execute(WorkflowDefinition.from_yaml(path), {"name": "value"})
    assert (state.status, state.records["a"].output["stdout"]) == ("completed", "value\n")
    assert state.workflow_dir == str(tmp_path)


# --- loading


def test_a_workflow_is_loaded_from_a_file_or_by_its_id(tmp_path):
    engine = WorkflowEngine(tmp_path)
    installed = tmp_path / ".specify" / "workflows" / "mine" / "workflow.yml"
    installed.parent.mkdir(parents=True)
    for path in (installed, tmp_path / "own.yaml"):
        path.write_text(HEADER + TEXT)
    assert engine.load_workflow("mine").source_path == installed
    assert engine.load_workflow(str(tmp_path / "own.yaml")).id == "sample"
    assert engine.load_workflow(tmp_path / "own.yaml").name == "Sample"


@pytest.mark.parametrize("source", ["other", "../mine", "mine/workflow", "missing.yml", ""])
def test_what_is_no_workflow(tmp_path, source):
    with pytest.raises(UsageError):
        WorkflowEngine(tmp_path).load_workflow(source)


def test_a_folder_is_not_called_missing(tmp_path):
    (tmp_path / "x.yml").mkdir()
    with pytest.raises(UsageError, match=r"x\.yml is not a file"):
        WorkflowEngine(tmp_path).load_workflow(tmp_path / "x.yml")


def test_a_file_that_is_no_yaml(tmp_path):
    (tmp_path / "x.yml").write_text("a: [")
    with pytest.raises(InvalidWorkflowError):
        WorkflowEngine(tmp_path).load_workflow(tmp_path / "x.yml")


def test_an_invalid_workflow_leaves_nothing_behind(bench):
    broken = definition("steps: [{id: a, type: do, nonsense: {{}}}, {id: a, type: do}]".replace("{{}}", "1"))
    problems = bench.engine.validate(broken)
    assert problems
    with pytest.raises(InvalidWorkflowError) as caught:
        bench.engine.execute(broken, run_id="run")
    assert {str(problem) for problem in caught.value.problems} == {str(problem) for problem in problems}
    assert not (bench.root / ".specify").exists()


def test_bad_inputs_leave_nothing_behind(bench):
    text = "inputs: {n: {type: number}, s: {type: string, required: true}}\n" + TEXT
    with pytest.raises(InputError) as caught:
        bench.run(text, {"n": "many", "t": 1})
    assert len(str(caught.value).splitlines()) == 3, "all three complaints at once"
    assert not (bench.root / ".specify").exists()


# --- run ids


def test_a_run_id_is_drawn_at_random_or_given(bench, monkeypatch):
    drawn = bench.engine.execute(definition(TEXT))
    assert re.fullmatch("[0-9a-f]{8}", drawn.run_id)
    monkeypatch.setenv("SPECKIT_WORKFLOW_RUN_ID", "from-environment")
    assert bench.engine.execute(definition(TEXT)).run_id == "from-environment"
    assert bench.engine.execute(definition(TEXT), run_id="given").run_id == "given"
    monkeypatch.setenv("SPECKIT_WORKFLOW_RUN_ID", " ")
    assert re.fullmatch("[0-9a-f]{8}", bench.engine.execute(definition(TEXT)).run_id)


@pytest.mark.parametrize("run_id", ["", "../x", "a b", "-x"])
def test_a_run_id_that_is_none_is_refused(bench, run_id):
    with pytest.raises(UsageError):
        bench.engine.execute(definition(TEXT), run_id=run_id)


def test_using_one_twice_is_refused(bench):
    bench.run(TEXT)
    before = (bench.folder() / "log.jsonl").read_bytes()
    with pytest.raises(UsageError, match="run 'run' exists already"):
        bench.run(TEXT)
    assert (bench.folder() / "log.jsonl").read_bytes() == before


# --- what is kept


def test_the_definition_and_the_inputs_are_frozen_with_the_run(bench):
    text = "inputs: {name: {type: string}, n: {type: number, default: 3}}\n" + TEXT
    bench.run(text, {"name": "Ünïcode"})
    assert (bench.folder() / "workflow.yml").read_text(encoding="utf-8") == definition(text).text
    assert json.loads((bench.folder() / "inputs.json").read_bytes()) == {"inputs": {"name": "Ünïcode", "n": 3}}


def test_a_resume_runs_the_frozen_definition(bench, tmp_path):
    path = tmp_path / "w.yml"
    path.write_text(HEADER + "steps: [{id: a, type: do}, {id: b, type: do}]")
    bench.script({"a": pauses})
    bench.engine.execute(WorkflowDefinition.from_yaml(path), run_id="run")
    path.write_text("changed")
    bench.script({})
    assert bench.resume().status == "completed"
    assert bench.calls == ["a", "b"]


def test_the_caller_s_inputs_are_not_the_run_s(bench):
    given = {"x": "1"}
    bench.script({"a": lambda _: given.update(x="2")})
    state = bench.run("inputs: {x: {type: string}}\nsteps: [{id: a, type: do}]", given)
    assert state.inputs == {"x": "1"}


def test_the_python_interface_of_the_state(bench):
    state = bench.run("steps: [{id: a, type: do, value: 1, name: First}, {id: b, type: do}]", b=fails("no"))
    loaded = RunState.load("run", bench.root)
    assert (loaded.run_id, loaded.workflow_id, loaded.status, loaded.error) == ("run", "sample", "failed", "no")
    assert loaded.step_results["a"]["output"] == {"value": 1}
    assert loaded.records["a"].name == "First"
    assert loaded.settled("a") is loaded.records["a"]
    assert loaded.settled("b") is None
    assert state.records == loaded.records


# --- progress, lists, answers


def test_on_step_start_hears_of_every_step_and_what_to_call_it(bench):
    heard = []
    bench.engine.on_step_start = lambda step_id, label: heard.append((step_id, label))
    bench.run("steps: [{id: f, type: fan-out, items: [1], step: {id: t, type: do}}]")
    assert heard == [("f", "fan-out"), ("f:t:0", "do")]


def test_runs_are_listed_the_newest_first(bench):
    assert bench.engine.list_runs() == []
    for run_id, behaviour in (("one", pauses), ("two", fails("no")), ("three", lambda _: None)):
        bench.run(TEXT, run_id=run_id, a=behaviour)
    (bench.folder("broken")).mkdir()
    (bench.folder("broken") / "state.json").write_text("{")
    (bench.folder("empty")).mkdir()
    listed = bench.engine.list_runs()
    assert [(each.run_id, each.status) for each in listed if each.run_id not in ("broken", "empty")] == [
        ("three", "completed"),
        ("two", "failed"),
        ("one", "paused"),
    ]
    assert all(each.workflow_id == "sample" for each in listed if each.run_id not in ("broken", "empty"))


def test_a_running_run_without_a_living_owner_is_shown_as_interrupted(bench):
    seen = []
    bench.run(TEXT, a=lambda _: seen.append(bench.engine.list_runs()[0].status))
    assert seen == ["running"]
    state_file = bench.folder() / "state.json"
    state_file.write_text(state_file.read_text().replace('"status": "completed"', '"status": "running"', 1))
    bench.cut(4)
    assert bench.engine.list_runs()[0].status == "interrupted"
    assert bench.engine.status_of(bench.load()) == "interrupted"
    assert bench.resume().status == "completed"


@pytest.mark.parametrize("act", ["resume", "plan_resume", "cancel"])
def test_a_run_that_is_not_there(bench, act):
    with pytest.raises(RunNotFoundError, match="no run 'nowhere'"):
        getattr(bench.engine, act)("nowhere")
    with pytest.raises(RunNotFoundError):
        bench.engine.answer("nowhere", "approve")


def test_an_answer_names_who_gave_it(bench):
    import getpass

    bench.run("steps: [{id: g, type: gate, message: m}]")
    bench.engine.answer("run", "approve")
    assert bench.resume().records["g"].output["answered_by"] == getpass.getuser()


def test_a_cancel_reaches_the_owner(bench):
    said = []

    def cancels(context):
        said.append(bench.engine.cancel("run"))
        assert context.cancellation.wait(20)

    state = bench.run("steps: [{id: a, type: do}, {id: b, type: do}]", a=cancels)
    assert (said, state.status, state.error, bench.calls) == (["requested"], "aborted", "cancelled", ["a"])


def test_a_pause_of_a_run_that_nobody_runs_leaves_it_resumable(bench):
    bench.run(TEXT)
    bench.cut(3)
    assert bench.engine.cancel("run", pause=True) == "paused"
    assert bench.resume().status == "completed"


@pytest.mark.parametrize("status", ["completed", "failed", "aborted"])
def test_a_cancel_of_a_run_that_has_ended_changes_nothing(bench, status):
    from support.steps import aborts

    bench.run(TEXT, a={"completed": lambda _: None, "failed": fails("no"), "aborted": aborts}[status])
    before = (bench.folder() / "log.jsonl").read_bytes()
    assert bench.engine.cancel("run") == status
    assert (bench.folder() / "log.jsonl").read_bytes() == before


# --- step types


def test_step_types_may_be_given_by_name(tmp_path):
    state = WorkflowEngine(tmp_path, {"do": Do()}, signals=()).execute(definition(TEXT))
    assert state.status == "completed"


def test_an_own_type_may_stand_in_for_a_built_in_one(tmp_path):
    class Shell(Do):
        type_key = "shell"

    text = "steps: [{id: a, type: shell, value: mine}]"
    state = WorkflowEngine(tmp_path, [Shell()], signals=()).execute(definition(text))
    assert state.records["a"].output == {"value": "mine"}


def test_signals_are_given_back_after_a_run(tmp_path):
    import signal

    before = signal.getsignal(signal.SIGINT)
    during = []
    do = Do()
    do.script = {"a": lambda _: during.append(signal.getsignal(signal.SIGINT))}
    WorkflowEngine(tmp_path, [do]).execute(definition(TEXT))
    assert signal.getsignal(signal.SIGINT) is before
    assert during[0] is not before


def test_an_interrupt_stops_the_run_so_that_it_can_be_resumed(tmp_path):
    import signal

    bench = Bench(tmp_path)
    bench.engine = WorkflowEngine(tmp_path, [bench.do])

    def interrupted(context):
        os.kill(os.getpid(), signal.SIGINT)
        assert context.cancellation.wait(20)
        return fails("ended")(context)

    state = bench.run("steps: [{id: a, type: do}, {id: b, type: do}]", a=interrupted)
    assert (state.status, state.error, state.interruption) == ("paused", None, "interrupt")
    assert bench.log()[-1]["event"] == "workflow_interrupted"
    bench.script({})
    assert bench.resume().status == "completed"
    assert bench.calls == ["a", "b"]
