"""A process that is killed while it waits for a limit to pass: the next one goes on waiting, until the same time."""

import os
import signal
import subprocess
import sys

import pytest

from plait.journal import RunState

PROGRAM = """
import sys, time
from pathlib import Path
from plait import StepBase, StepResult, WorkflowDefinition, WorkflowEngine

class Limited(StepBase):
    type_key = "limited"

    def execute(self, config, context):
        with Path("calls").open("a") as file:
            file.write(f"{context.step_id} {context.waits} {context.remembered('session')}\\n")
        if Path("over").exists():
            return StepResult(output={"text": context.step_id})
        context.remember("session", f"of {context.step_id}")
        context.tell("the quota is used up")
        return StepResult.failed("the quota is used up", failure="quota", again_at=float(Path("again_at").read_text()))

engine = WorkflowEngine(".", [Limited()])
if sys.argv[1] == "run":
    state = engine.execute(WorkflowDefinition.from_yaml("w.yml"), run_id="r")
else:
    state = engine.resume("r")
print(state.status.value)
"""

WORKFLOW = """
steps:
  - {id: before, type: shell, run: [./note, done]}
  - id: fan
    type: fan-out
    items: [a, b, c]
    max_concurrency: WIDTH
    steps:
      - {id: first, type: shell, run: [./note, "{{ item }}"]}
      - {id: ask, type: limited, on_interrupt: fail}
      - {id: last, type: shell, run: [./note, "{{ steps.ask.output.text }}"]}
  - {id: after, type: shell, run: [./note, done]}
"""


@pytest.fixture
def start(project):
    started = []

    def start(what):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, what], cwd=project.path, stdout=subprocess.PIPE, start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def calls(project):
    return sorted((project.path / "calls").read_text().splitlines())


def waiting(project, events, number):
    """Return whether so many items wait, counted from an event on."""
    return sum(event["event"] == "attempt_failed" for event in project.events()[events:]) == number


@pytest.mark.parametrize("width", [1, 2])
def test_killed_while_it_waits(project, start, width):
    project.workflow(WORKFLOW.replace("WIDTH", str(width)))
    until = 4_000_000_000.5
    (project.path / "again_at").write_text(str(until))
    process = start("run")
    project.until(lambda: waiting(project, 0, 3))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    first = calls(project)
    assert first == [f"fan:item:{index}:ask 0 None" for index in range(3)]

    state = RunState.load("r", project.path)
    assert project.status() == "interrupted"
    for index in range(3):
        record = state.records[f"fan:item:{index}:ask"]
        assert (record.status, record.waiting_until, record.waits) == ("pending", until, 1)

    # The second one waits on, and executes nothing.
    before = len(project.events())
    process = start("resume")
    project.until(lambda: sum(event["event"] == "step_waiting" for event in project.events()[before:]) == 3)
    assert calls(project) == first
    process.send_signal(signal.SIGINT)
    assert process.communicate()[0] == b"paused\n"
    assert calls(project) == first

    # The time has come: as if the clock stood there now.
    journal = project.folder() / "log.jsonl"
    journal.write_bytes(journal.read_bytes().replace(str(until).encode(), b"1.5"))
    (project.path / "over").touch()
    process = start("resume")
    assert process.communicate()[0] == b"completed\n"
    assert calls(project) == sorted(first + [f"fan:item:{n}:ask 1 of fan:item:{n}:ask" for n in range(3)])
    notes = [f"fan:item:{n}:{step}" for n in range(3) for step in ("first", "last")]
    assert sorted(project.effects()) == sorted(["before", "after", *notes])
    log = project.folder() / "steps" / "fan:item:0:ask" / "attempt-1.log"
    assert log.read_text() == "the quota is used up\n"
