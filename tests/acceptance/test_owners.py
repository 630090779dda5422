"""One process owns a run."""

import json
import os
import signal

import pytest

from plait import WorkflowEngine
from plait.errors import PlaitError, UsageError

WAITS = """
steps:
  - {id: first, type: shell, run: [./note, one]}
  - {id: wait, type: shell, run: "echo $$ > waiting; until [ -e go ]; do sleep 0.05; done"}
  - {id: last, type: shell, run: [./note, two]}
"""


@pytest.fixture
def interrupted(project):
    """A run whose owner was killed while a step waited."""
    process = project.start("run", project.workflow(WAITS), "--run-id", "r", "--quiet")
    project.pid("waiting")
    os.killpg(process.pid, signal.SIGKILL)
    project.end(process)
    (project.path / "waiting").unlink()


def test_of_two_resumes_at_once_exactly_one_runs(project, interrupted):
    both = [project.start("resume", "r", "--quiet") for _ in range(2)]
    project.until(lambda: any(process.poll() is not None for process in both))
    loser = next(process for process in both if process.poll() is not None)
    winner = next(process for process in both if process is not loser)
    refused = project.end(loser)
    assert refused.code == 1, refused
    assert f"process {winner.pid}" in refused.err
    project.pid("waiting")
    (project.path / "go").touch()
    assert project.end(winner).code == 0
    assert project.effects() == ["first", "last"]
    assert [event["event"] for event in project.events()].count("run_resumed") == 1


def test_a_dead_owners_run_shows_as_interrupted_and_goes_on_with_resume(project, interrupted):
    assert json.loads(project.plait("status", "r", "--json").out)["status"] == "interrupted"
    listed = json.loads(project.plait("runs", "list", "--json").out)
    assert "interrupted" in json.dumps(listed)
    assert "interrupted" in project.plait("status").out
    (project.path / "go").touch()
    assert project.plait("resume", "r", "--quiet").code == 0
    assert project.status() == "completed"
    assert project.effects() == ["first", "last"]


def test_while_a_run_is_owned_it_cannot_be_resumed_or_started_again(project):
    file = project.workflow(WAITS)
    process = project.start("run", file, "--run-id", "r", "--quiet")
    project.pid("waiting")
    assert project.status() == "running"
    resumed = project.plait("resume", "r")
    assert resumed.code == 1
    assert f"process {process.pid}" in resumed.err
    again = project.plait("run", file, "--run-id", "r")
    assert again.code == 2
    assert "exists already" in again.err
    (project.path / "go").touch()
    assert project.end(process).code == 0


def test_a_run_goes_on_when_nobody_reads_what_it_prints(project):
    process = project.start("run", project.workflow(WAITS), "--run-id", "r", "--plain")
    project.pid("waiting")
    process.stdout.close()
    (project.path / "go").touch()
    process.wait()
    assert project.status() == "completed"


def test_a_hangup_that_is_ignored_stays_ignored(project):
    """As under `nohup`."""
    file = project.workflow(WAITS)
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = project.start("run", file, "--run-id", "r", "--quiet")
    finally:
        signal.signal(signal.SIGHUP, former)
    project.pid("waiting")
    os.kill(process.pid, signal.SIGHUP)
    (project.path / "go").touch()
    assert project.end(process).code == 0


@pytest.mark.parametrize("left", [[], ["lock"], ["lock", "workflow.yml"], ["lock", "workflow.yml", "inputs.json"]])
def test_a_run_killed_before_its_first_record_is_no_dead_end(project, left):
    """Whatever of its folder was written, one of `resume` and `run` with the same id goes on."""
    engine = WorkflowEngine(project.path, signals=())
    definition = engine.load_workflow(project.workflow("steps: [{id: a, type: shell, run: [./note, a]}]"))
    engine.execute(definition, None, "r")
    (project.path / "effects").unlink()
    for path in sorted(project.folder().iterdir()):
        if path.name not in left and path.is_file():
            path.unlink()
    try:
        engine.resume("r")
    except PlaitError as error:
        assert "start it again" in str(error)  # noqa: PT017 - the other branch is as good
        engine.execute(definition, None, "r")
    assert project.effects() == ["a"]
    assert project.status() == "completed"
    with pytest.raises(UsageError, match="exists already"):
        engine.execute(definition, None, "r")
