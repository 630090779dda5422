"""kill -9 at any instant: a resume ends as if nothing had happened, and nothing that is settled runs twice."""

import json
import os
import shutil
import signal
from collections import Counter

import pytest

from plait import StepBase, StepResult, WorkflowEngine
from plait.errors import RunNotResumableError
from plait.journal import RunState
from plait.journal.mailbox import post
from plait.steps.shell import ShellConfig

EVERYTHING = """
inputs:
  signoff: {type: string, default: ""}
outputs:
  ticks: "{{ steps.tick.output.stdout }}"
  results: "{{ steps.outer.output.results }}"
steps:
  - {id: first, type: shell, run: [./note, one]}
  - id: loop
    type: while
    condition: "{{ (steps.tick.output.stdout | default('') | length) < 3 }}"
    steps:
      - {id: tick, type: shell, run: [./note, "{{ steps.tick.output.stdout | default('') }}x"]}
      - id: odd
        type: if
        condition: "{{ steps.tick.output.stdout == 'xx' }}"
        then:
          - id: pick
            type: switch
            expression: "{{ steps.tick.output.stdout }}"
            cases:
              xx: [{id: chosen, type: shell, run: [./note, two]}]
              x: [{id: never, type: shell, run: [./note, never]}]
        else:
          - {id: other, type: shell, run: [./note, other]}
      - id: again
        type: do-while
        condition: "{{ (steps.tock.output.stdout | length) < 2 }}"
        steps:
          - id: tock
            type: shell
            run: [./note, "{{ steps.tock.output.stdout | default('') }}{{ steps.tick.output.stdout }}"]
  - {id: review, type: gate, message: "Go on?"}
  - id: outer
    type: fan-out
    items: [a, b, c]
    max_concurrency: 2
    steps:
      - {id: prepare, type: shell, run: [./note, "{{ item }}"]}
      - id: inner
        type: fan-out
        items: ["{{ item }}1", 2]
        max_concurrency: 2
        step: {id: leaf, type: shell, run: [./note, "{{ steps.prepare.output.stdout }}{{ item }}"]}
      - {id: ask, type: gate, if: "{{ item == 'b' }}", message: "This one?"}
      - {id: close, type: shell, run: [./note, "{{ steps.inner.output.results | length }}"]}
    outputs: {closed: "{{ item }}{{ steps.close.output.stdout }}"}
  - {id: signed, type: gate, message: "Sign?", verdict_input: signoff}
  - id: sides
    type: parallel
    branches:
      left:
        - {id: left_one, type: shell, run: [./note, l1]}
        - {id: left_two, type: shell, run: [./note, "{{ steps.left_one.output.stdout }}2"]}
      right:
        - id: each
          type: fan-out
          items: [1, 2, 3]
          max_concurrency: 3
          step: {id: part, type: shell, run: [./note, "{{ item }}"]}
  - {id: gather, type: fan-in, wait_for: [outer, left_two, each]}
  - {id: flaky, type: shell, run: [./flaky, up], retry: {attempts: 3, delay: 0}}
  - {id: broken, type: shell, run: [./broken, down], continue_on_error: true}
  - {id: skipped, type: shell, if: "{{ steps.broken.status == 'completed' }}", run: [./note, no]}
  - {id: end, type: shell, run: [./note, "{{ steps.flaky.output.stdout }}"]}
finally:
  - {id: clean, type: shell, run: [./note, clean]}
  - id: clean_each
    type: fan-out
    items: [x, y]
    steps: [{id: clean_one, type: shell, run: [./note, "{{ item }}"]}]
"""
FLAKY = '#!/bin/sh\nif [ -e flag ]; then exec ./note "$1"; fi\ntouch flag\nexit 7\n'
ITEM = """#!/bin/sh
./note "$1"
[ -e go ] || case $1 in
  plain) echo $$ > plain; exec sleep 1000;;
  stubborn) trap '' TERM; echo $$ > stubborn; while :; do sleep 1; done;;
  away) setsid sh -c 'echo $$ > away; exec sleep 1000' & wait;;
esac
"""
BROKEN = '#!/bin/sh\n./note "$1"\nexit 9\n'


class InProcess(StepBase):
    """Does what the scripts do, without the time that processes take."""

    type_key = "shell"
    Config = ShellConfig

    def execute(self, config, context):
        program, text = (context.text(word) for word in config.run)
        if program == "./flaky" and context.attempt == 1:
            return StepResult.failed("the command exited with code 7", {"exit_code": 7, "stdout": "", "stderr": ""})
        effects = os.open(context.project_root / "effects", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(effects, f"{context.step_id}\n".encode())
        os.close(effects)
        if program == "./broken":
            error = "the command exited with code 9"
            return StepResult.failed(error, {"exit_code": 9, "stdout": text, "stderr": ""})
        return StepResult(output={"exit_code": 0, "stdout": text, "stderr": ""})


def engine_of(project, *, real):
    return WorkflowEngine(project.path, () if real else (InProcess(),), signals=())


def prepare(project):
    file = project.workflow(EVERYTHING)
    for name, text in (("flaky", FLAKY), ("broken", BROKEN)):
        (project.path / name).write_text(text)
        (project.path / name).chmod(0o755)
    return file


def answer_until_it_ends(engine, project, state):
    """Answer every gate as it comes, one by each way there is: a call, the mailbox, and an input."""
    for _ in range(10):
        if state.status != "paused":
            return state
        inputs = None
        waiting = [record.id for record in state.waiting]
        for step_id in waiting:
            if step_id == "signed":
                inputs = {"signoff": "approve"}
            elif step_id == "review":
                engine.answer("r", "approve", step_id=step_id, comment="fine", by="me")
            else:
                post(state.folder, "answer", step_id=step_id, choice="approve", comment="fine", by="me")
        state = engine.resume("r", inputs)
    raise AssertionError(f"it goes on pausing at {waiting}")


def everything_of(state):
    """Return what must not depend on a crash."""
    return {"status": state.status, "error": state.error, "outputs": state.outputs, "results": state.step_results}


def plain(value):
    return json.loads(json.dumps(value, default=dict))


def rebuilt(project, original, log):
    """Put the folder of the original run in a project of its own, with this much of its journal."""
    shutil.copytree(
        original.path, project.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("effects", "mailbox")
    )
    (project.folder() / "log.jsonl").write_bytes(log)
    state = RunState.load("r", project.path)
    if "flaky" not in state.records or not (state.records["flaky"].failures or state.records["flaky"].settled):
        (project.path / "flag").unlink(missing_ok=True)
    return state


def check_cut(project, original, expected, log, *, real=False, again=frozenset()):
    before = rebuilt(project, original, log)
    settled = {step_id for step_id, record in before.records.items() if record.settled}
    engine = engine_of(project, real=real)
    try:
        state = answer_until_it_ends(engine, project, engine.resume("r"))
    except RunNotResumableError:
        assert before.status == "completed"
        return
    found = plain(everything_of(state))
    for step_id in found["results"].keys() | expected["results"].keys():
        assert found["results"].get(step_id) == expected["results"].get(step_id), step_id
    assert found == expected
    assert plain(everything_of(RunState.load("r", project.path))) == expected
    written = json.loads(state.folder.state.read_text())
    assert written["step_results"].keys() == expected["results"].keys()
    ran = Counter(project.effects())
    assert leaves(state) - settled <= ran.keys() <= leaves(state) - settled | again
    assert max(ran.values(), default=1) == 1


def leaves(state):
    """Return the ids of the steps that leave a trace."""
    return {each.id for each in state.records.values() if each.type == "shell" and each.status != "skipped"}


@pytest.fixture
def original(project, request):
    """Run the workflow to its end, without any crash."""
    real = getattr(request, "param", False)
    file = prepare(project)
    engine = engine_of(project, real=real)
    state = engine.execute(engine.load_workflow(file), None, "r")
    state = answer_until_it_ends(engine, project, state)
    assert state.status == "completed", state.error
    assert max(Counter(project.effects()).values()) == 1
    return project, plain(everything_of(state))


def cuts_of(project):
    lines = (project.folder() / "log.jsonl").read_bytes().splitlines(keepends=True)
    return [b"".join(lines[:count]) for count in range(len(lines) + 1)], lines


def test_killed_at_many_records(original, project_at, tmp_path_factory):
    project, expected = original
    cuts, _ = cuts_of(project)
    for number in sorted({*range(1, len(cuts), 9), *range(len(cuts) - 10, len(cuts))}):
        check_cut(project_at(tmp_path_factory.mktemp("cut")), project, expected, cuts[number])


@pytest.mark.slow
def test_killed_at_every_record(original, project_at, tmp_path_factory):
    project, expected = original
    for log in cuts_of(project)[0]:
        check_cut(project_at(tmp_path_factory.mktemp("cut")), project, expected, log)


@pytest.mark.slow
@pytest.mark.parametrize("original", [True], indirect=True)
def test_killed_at_every_record_with_real_processes(original, project_at, tmp_path_factory):
    project, expected = original
    for log in cuts_of(project)[0][::3]:
        check_cut(project_at(tmp_path_factory.mktemp("cut")), project, expected, log, real=True)


@pytest.mark.parametrize("part", [1, -1, pytest.param(None, marks=pytest.mark.slow)])
def test_killed_while_the_last_record_was_being_written(original, project_at, tmp_path_factory, part):
    project, expected = original
    cuts, lines = cuts_of(project)
    sizes = range(1, len(lines[-1])) if part is None else [part % len(lines[-1])]
    for size in sizes:
        log = cuts[-2] + lines[-1][:size]
        check_cut(project_at(tmp_path_factory.mktemp("byte")), project, expected, log)


FAILING = """
steps:
  - {id: first, type: shell, run: [./note, one]}
  - id: each
    type: fan-out
    items: [./note, ./broken, ./note, ./broken]
    max_concurrency: 2
    on_item_failure: continue
    step: {id: part, type: shell, run: ["{{ item }}", two]}
  - {id: never, type: shell, run: [./note, three]}
finally:
  - {id: clean, type: shell, run: [./note, "{{ run.status }}"]}
"""


def test_a_run_that_fails_fails_the_same_way_after_a_crash(project, project_at, tmp_path_factory):
    """What failed is tried again, and `finally` runs at the end of every try."""
    engine = engine_of(project, real=False)
    state = engine.execute(engine.load_workflow(project.workflow(FAILING)), None, "r")
    assert (state.status, state.step_results["clean"]["output"]["stdout"]) == ("failed", "failed")
    expected = plain(everything_of(state))
    for log in cuts_of(project)[0]:
        check_cut(project_at(tmp_path_factory.mktemp("cut")), project, expected, log, again={"clean"})


def advance_and_kill(project, arguments, after):
    """Run the command and SIGKILL it once it has told so many events; return whether it was killed in time."""
    process = project.start(*arguments, "--events", "--quiet")
    for _ in range(after):
        if not process.stdout.readline():
            break
    os.killpg(process.pid, signal.SIGKILL)
    project.end(process)
    return process.returncode == -signal.SIGKILL


def answer_by_command(project):
    """Answer what waits; return what the next resume is to be given."""
    waiting = [record.id for record in RunState.load("r", project.path).waiting]
    for step_id in waiting:
        if step_id != "signed":
            assert project.plait("answer", "r", step_id, "--choice", "approve").code == 0
    return ["--input", "signoff=approve"] if "signed" in waiting else []


def without_gates(everything):
    results = {key: record for key, record in everything["results"].items() if record["type"] != "gate"}
    return {**everything, "results": results}


def test_killed_again_and_again(original, project_at, tmp_path_factory):
    """The installed command, killed at real moments with real children, ends as the run that nobody disturbed."""
    project = project_at(tmp_path_factory.mktemp("killed"))
    arguments = ["run", prepare(project), "--run-id", "r"]
    kills = iter((14, 40, 33, 47))
    settled = Counter()
    while True:
        after = next(kills, 10_000)
        killed = advance_and_kill(project, arguments, after)
        state = RunState.load("r", project.path)
        ran = Counter(project.effects())
        assert settled.items() <= ran.items(), "what was settled ran once more"
        settled = Counter({key: ran[key] for key, record in state.records.items() if record.settled and key in ran})
        if killed and state.status == "running":
            assert WorkflowEngine(project.path).status_of(state) == "interrupted"
        if state.status == "completed":
            break
        given = answer_by_command(project) if state.status == "paused" else []
        arguments = ["resume", "r", *given]
    assert next(kills, None) is None, "it ended before it was killed often enough"
    assert without_gates(plain(everything_of(state))) == without_gates(original[1])


def test_a_used_verdict_stays_used_when_another_input_is_given_at_a_resume(project):
    """A verdict counts once; only giving it again makes it count again."""
    file = project.workflow("""
        inputs:
          verdict: {type: string, default: ""}
          other: {type: string, default: a}
        steps:
          - {id: one, type: gate, message: "One?", verdict_input: verdict}
          - {id: two, type: gate, message: "Two?", verdict_input: verdict}
        """)
    engine = WorkflowEngine(project.path, signals=())
    state = engine.execute(engine.load_workflow(file), {"verdict": "approve"}, "r")
    assert (state.status, state.current_step_id) == ("paused", "two")
    state = engine.resume("r", {"other": "b"})
    assert (state.status, state.current_step_id) == ("paused", "two")
    assert engine.resume("r", {"verdict": "approve"}).status == "completed"


def test_children_of_a_dead_owner_are_ended_before_its_run_goes_on(project, gone):
    """Even those that left the session or ignore SIGTERM; finished items are kept."""
    file = project.workflow("""
        steps:
          - id: fan
            type: fan-out
            items: [done, plain, stubborn, away]
            max_concurrency: 4
            step: {id: item, type: shell, run: [./item, "{{ item }}"]}
        """)
    script = project.path / "item"
    script.write_text(ITEM)
    script.chmod(0o755)
    process = project.start("run", file, "--run-id", "r", "--quiet")
    children = [project.pid(name) for name in ("plain", "stubborn", "away")]
    project.until(lambda: any(e["event"] == "step_completed" for e in project.events()))
    os.killpg(process.pid, signal.SIGKILL)
    project.end(process)
    assert not any(gone(child) for child in children), "they outlive their owner"
    (project.path / "go").touch()
    resumed = project.plait("resume", "r", "--quiet")
    assert resumed.code == 0, resumed
    assert all(gone(child) for child in children)
    assert Counter(project.effects()) == {"fan:item:0": 1, "fan:item:1": 2, "fan:item:2": 2, "fan:item:3": 2}
    state = RunState.load("r", project.path)
    assert [result["stdout"] for result in state.records["fan"].output["results"]] == [
        "done",
        "plain",
        "stubborn",
        "away",
    ]
