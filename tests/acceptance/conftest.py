"""A project folder, and the installed command run in it with real processes."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest

from plait import WorkflowEngine
from plait.journal import RunState
from plait.journal.folder import recorded_runs
from plait.process import end_processes, is_running, start_time_of

PATIENCE = 60
HEADER = 'schema_version: "1.0"\nworkflow: {id: demo, name: Demo, version: "1.0.0"}\n'
NOTE = '#!/bin/sh\necho "$PLAIT_STEP_ID" >> effects\nprintf %s "$1"\n'


class Project:
    """A folder in which workflows run; `./note TEXT` there leaves the step's id in `effects` and prints the text."""

    def __init__(self, path):
        self.path = path
        self.patience = PATIENCE
        self._started = []

    def workflow(self, text, name="w.yml"):
        """Write a workflow with its header, and the script `note`; return its path."""
        note = self.path / "note"
        note.write_text(NOTE)
        note.chmod(0o755)
        file = self.path / name
        file.write_text(HEADER + textwrap.dedent(text))
        return file

    def start(self, *arguments, env=None, **options):
        """Start the command, in a session of its own as a terminal's shell would start it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PLAIT_", "SPECK"))}
        settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [sys.executable, "-m", "plait", *map(str, arguments)],
            cwd=self.path,
            env={**kept, "NO_COLOR": "1", **(env or {})},
            start_new_session=True,
            **(settings | options),
        )
        self._started.append(process)
        return process

    def end(self, process, timeout=PATIENCE):
        """Wait for a command; return its exit code, stdout and stderr."""
        out, err = process.communicate(timeout=timeout)
        shown = Shown(process.returncode, (out or b"").decode("utf-8"), (err or b"").decode("utf-8"))
        assert "Traceback" not in shown.out + shown.err
        assert not re.search(r"unexpected \w+(Error|Exception)\b", shown.err), shown.err
        return shown

    def plait(self, *arguments, timeout=PATIENCE, **options):
        """Run the command to its end."""
        return self.end(self.start(*arguments, **options), timeout)

    def folder(self, run_id="r"):
        """Return the folder of a run."""
        return self.path / ".specify" / "workflows" / "runs" / run_id

    def events(self, run_id="r"):
        """Return the events recorded so far, without a line that is being written."""
        try:
            lines = (self.folder(run_id) / "log.jsonl").read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def status(self, run_id="r"):
        """Return the status of a run as it is shown."""
        return WorkflowEngine(self.path).status_of(RunState.load(run_id, self.path))

    def effects(self):
        """Return the ids of the steps that did something, one for each time."""
        with suppress(FileNotFoundError):
            return (self.path / "effects").read_text().split("\n")[:-1]
        return []

    def until(self, condition):
        """Wait until a condition holds and return what it gave."""
        give_up = time.monotonic() + self.patience
        while not (found := condition()):
            assert time.monotonic() < give_up, "it never came true"
            time.sleep(0.01)
        return found

    def pid(self, name):
        """Wait for a file that holds a pid; return the pid and the start time of its process."""
        path = self.path / name
        text = self.until(lambda: path.exists() and path.read_text().endswith("\n") and path.read_text())
        return int(text), start_time_of(int(text)) or 0

    def tidy(self):
        """Kill what is left of the commands that were started, and what they left behind."""
        for process in self._started:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        for folder in recorded_runs(self.path):
            end_processes(folder.mark, grace=0)


class Shown:
    """How a command ended and what it showed."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


@pytest.fixture
def project(tmp_path):
    """A project in a folder of its own."""
    project = Project(tmp_path)
    yield project
    project.tidy()


@pytest.fixture
def project_at():
    """Make projects in other folders."""
    projects = []

    def make(path):
        Path(path).mkdir(parents=True, exist_ok=True)
        projects.append(Project(Path(path)))
        return projects[-1]

    yield make
    for each in projects:
        each.tidy()


@pytest.fixture
def gone():
    """Whether a process, told by pid and start time, has ended."""
    return lambda process: process[1] == 0 or not is_running(*process)
