"""Signals that come before a run has begun: the command ends as quietly as it does later."""

import os
import signal

import pytest

SLOW = """
import os, pathlib, time
pathlib.Path({here!r}).write_text(f"{{os.getpid()}}\\n")
time.sleep(60)
"""


@pytest.fixture
def importing(project):
    """Start a run that hangs while it imports a module; return its process."""

    def start(module):
        folder = project.path / "modules"
        folder.mkdir()
        (folder / f"{module}.py").write_text(SLOW.format(here=str(project.path / "here")))
        file = project.workflow("steps: [{id: a, type: shell, run: [./note, a]}]")
        process = project.start("run", file, "--run-id", "r", env={"PYTHONPATH": str(folder)})
        project.until((project.path / "here").exists)
        return process

    return start


# click is imported before anything can tell of errors, yaml by the command itself.
@pytest.mark.parametrize("module", ["click", "yaml"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_it_starts(project, importing, module, number):
    process = importing(module)
    os.kill(process.pid, number)
    shown = project.end(process)
    assert (shown.code, shown.out) == (130, "")
    assert shown.err.strip() == "error: interrupted"
    assert project.effects() == []


def test_a_signal_that_is_ignored_stays_so(project):
    """As under `nohup`."""
    file = project.workflow(
        "steps: [{id: a, type: shell, run: 'kill -HUP $PPID'}, {id: b, type: shell, run: [./note, b]}]"
    )
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = project.start("run", file, "--run-id", "r")
    finally:
        signal.signal(signal.SIGHUP, former)
    assert project.end(process).code == 0
    assert project.effects() == ["b"]
