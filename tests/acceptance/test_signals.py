"""Stopping a run from outside: signals, time limits, `plait cancel`."""

import os
import signal
import time

import pytest

from plait.journal import RunState

FAMILY = """#!/bin/sh
# A child that ignores SIGTERM, with a grandchild, and another in a session of its own that ignores SIGTERM too.
trap '' TERM INT HUP
sh -c 'echo $$ > grandchild; while :; do sleep 0.2; done' &
setsid sh -c 'trap "" TERM; echo $$ > away; while :; do sleep 0.2; done' &
echo $$ > child
while :; do sleep 0.2; done
"""
TAME = FAMILY.replace("trap", ": trap")
PATIENCE = 30
NAMES = ("child", "grandchild", "away")
LONG = """
steps:
  - {id: before, type: shell, run: [./note, done]}
  - {id: long, type: shell, run: [./family]}
finally:
  - {id: clean, type: shell, run: [./note, clean]}
"""


@pytest.fixture
def running(project):
    """Start a run and wait until its children are there; return the process and the children."""

    def start(text=LONG, family=TAME):
        file = project.workflow(text)
        script = project.path / "family"
        script.write_text(family)
        script.chmod(0o755)
        process = project.start("run", file, "--run-id", "r", "--plain")
        return process, [project.pid(name) for name in NAMES]

    return start


@pytest.fixture
def let_go(project):
    """From now on the long step ends at once."""

    def change():
        (project.path / "family").write_text("#!/bin/sh\n./note over\n")

    return change


@pytest.mark.parametrize(("number", "family"), [(signal.SIGTERM, FAMILY), (signal.SIGINT, TAME), (signal.SIGHUP, TAME)])
def test_one_signal_pauses_the_run_and_ends_its_children(project, running, let_go, gone, number, family):
    process, children = running(family=family)
    asked = time.monotonic()
    os.kill(process.pid, number)
    shown = project.end(process)
    assert time.monotonic() - asked < PATIENCE, "it waits for none of them"
    assert shown.code == 130, shown
    assert "plait resume r" in shown.out, shown
    assert all(gone(child) for child in children)
    assert project.status() == "paused"
    assert project.effects() == ["before"], "`finally` waits for the end of the run"
    let_go()
    assert project.plait("resume", "r").code == 0
    assert project.effects() == ["before", "long", "clean"]


def test_a_second_signal_ends_everything_at_once(project, running, let_go, gone):
    process, children = running(family=FAMILY)
    os.kill(process.pid, signal.SIGINT)
    project.until(lambda: any(event["event"] == "stop_requested" for event in project.events()))
    os.kill(process.pid, signal.SIGINT)
    shown = project.end(process)
    assert shown.code == 130, shown
    assert all(gone(child) for child in children)
    assert project.status() in ("paused", "interrupted")
    let_go()
    assert project.plait("resume", "r").code == 0


def test_a_signal_reaches_every_item_of_a_fan_out(project, running, gone):
    process, _ = running("""
        steps:
          - id: fan
            type: fan-out
            items: [1, 2, 3, 4, 5]
            max_concurrency: 3
            step: {id: item, type: shell, run: "echo $$ > pid-{{ item_index }}; ./family & wait"}
        """)
    items = [project.pid(f"pid-{index}") for index in range(3)]
    os.kill(process.pid, signal.SIGTERM)
    assert project.end(process).code == 130
    assert all(gone(item) for item in items)
    assert not (project.path / "pid-3").exists(), "nothing new begins"


@pytest.mark.parametrize("where", ["step", "around"])
def test_a_time_limit_ends_the_whole_family(project, running, gone, where):
    limited = {
        "step": "{id: long, type: shell, timeout: 2, run: [./family]}",
        "around": "{id: o, type: if, timeout: 2, condition: true, then: [{id: long, type: shell, run: [./family]}]}",
    }
    process, children = running(f"steps: [{limited[where]}]")
    shown = project.end(process)
    assert shown.code == 1, shown
    assert all(gone(child) for child in children)
    state = RunState.load("r", project.path)
    assert state.status == "failed"
    assert "timed out" in state.error or "time limit" in state.error
    assert state.records["long"].output["exit_code"] == -1


def test_cancel_ends_a_running_run_for_good(project, running, gone):
    process, children = running()
    cancelled = project.plait("cancel", "r")
    assert cancelled.code == 0, cancelled
    assert project.end(process).code == 4
    assert all(gone(child) for child in children)
    assert project.status() == "aborted"
    assert project.effects() == ["before", "clean"], "`finally` runs at the end"
    again = project.plait("resume", "r")
    assert again.code == 1
    assert "aborted" in again.err


def test_cancel_pause_leaves_a_run_to_be_resumed(project, running, let_go, gone):
    process, children = running()
    assert project.plait("cancel", "r", "--pause").code == 0
    assert project.end(process).code == 3
    assert all(gone(child) for child in children)
    assert project.status() == "paused"
    let_go()
    assert project.plait("resume", "r").code == 0


def test_cancel_of_a_run_that_waits(project):
    file = project.workflow("steps: [{id: ask, type: gate, message: 'Go on?'}]")
    assert project.plait("run", file, "--run-id", "r").code == 3
    assert project.plait("cancel", "r").code == 0
    assert project.status() == "aborted"
    assert project.plait("resume", "r").code == 1


@pytest.mark.parametrize(("options", "status"), [([], "aborted"), (["--pause"], "paused")])
def test_cancel_of_a_run_whose_owner_is_dead_ends_what_it_left(project, running, gone, options, status):
    process, children = running()
    os.killpg(process.pid, signal.SIGKILL)
    project.end(process)
    assert project.status() == "interrupted"
    assert not any(gone(child) for child in children)
    assert project.plait("cancel", "r", *options).code == 0
    assert project.status() == status
    assert all(gone(child) for child in children)


def test_what_a_step_leaves_running_lives_until_the_run_ends(project, gone):
    file = project.workflow("""
        steps:
          - {id: server, type: shell, run: "sleep 1000 >/dev/null 2>&1 & echo $! > server"}
          - {id: uses, type: shell, run: "kill -0 $(cat server) && echo alive"}
          - {id: wait, type: shell, run: "echo here > here; until [ -e go ]; do sleep 0.05; done"}
        """)
    process = project.start("run", file, "--run-id", "r", "--quiet")
    server = project.pid("server")
    project.until((project.path / "here").exists)
    assert not gone(server)
    (project.path / "go").touch()
    assert project.end(process).code == 0
    assert gone(server)
    assert RunState.load("r", project.path).records["uses"].output["stdout"] == "alive\n"


def test_a_daemon_with_an_empty_environment_does_not_survive_the_run(project, gone):
    file = project.workflow("""
        steps:
          - id: server
            type: shell
            run: env -i "$(command -v setsid)" sh -c 'echo $$ > server; exec sleep 1000' >/dev/null 2>&1 &
          - {id: wait, type: shell, run: "until [ -s server ]; do sleep 0.05; done"}
        """)
    assert project.plait("run", file, "--quiet").code == 0
    assert gone(project.pid("server"))
