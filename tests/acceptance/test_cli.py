"""The `plait` command from outside: streams, exit codes, terminals, signals."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PLAIT = [sys.executable, "-m", "plait"]
HEAD = 'schema_version: "1.0"\nworkflow: {id: demo, name: Demo, version: 1.0.0}\n'
QUICK = HEAD + 'steps: [{id: a, type: shell, run: "echo out; echo err >&2"}]\n'
GATE = HEAD + "steps: [{id: ok, type: gate, message: Ship it?}]\n"
SLOW = HEAD + 'steps: [{id: a, type: shell, run: "echo begun; exec sleep 60"}]\n'
PATIENCE = 30
TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("SPECIFY_INIT_DIR", "SPECKIT_WORKFLOW_RUN_ID", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    return tmp_path


@pytest.fixture
def plait(project):
    def call(*words, workflow=None, code=0):
        if workflow is not None:
            (project / "w.yml").write_text(workflow)
        done = subprocess.run([*PLAIT, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == code, done.stderr
        return done

    return call


class Terminal:
    """A `plait` that runs on a terminal of 80 by 24."""

    def __init__(self, *words, **environment):
        self.descriptor, inner = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *PLAIT, *words],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        os.close(inner)
        self.seen = ""

    def expect(self, text):
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} never came: {self.seen!r}"
            self._read()
        return self.seen

    def _read(self):
        ready, _, _ = select.select([self.descriptor], [], [], 0.1)
        if not ready:
            return True
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            return False
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def code(self):
        deadline = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < deadline, f"it never ended: {self.seen!r}"
        os.close(self.descriptor)
        return self.process.wait(PATIENCE)


@pytest.mark.parametrize(
    ("steps", "code", "status"),
    [
        ("{id: a, type: shell, run: 'true'}", 0, "completed"),
        ("{id: a, type: shell, run: 'false'}", 1, "failed"),
        ("{id: a, type: gate, message: m}", 3, "paused"),
        ("{id: a, type: gate, message: m, verdict_input: v}", 4, "aborted"),
    ],
)
def test_the_exit_code_tells_how_it_ended(plait, steps, code, status):
    workflow = HEAD + "inputs: {v: {default: reject}}\n" + f"steps: [{steps}]\n"
    done = plait("run", "w.yml", "--json", workflow=workflow, code=code)
    payload = json.loads(done.stdout)
    assert (payload["status"], payload["exit_code"]) == (status, code)


def test_zero_on_pause(plait):
    plait("run", "w.yml", "--exit-zero-on-pause", workflow=GATE)


def test_an_invalid_workflow_is_refused_with_all_its_problems_and_no_run(plait, project):
    workflow = HEAD + "steps: [{id: a, type: shel, run: x}, {id: a, type: shell}]\n"
    done = plait("run", "w.yml", "--json", workflow=workflow, code=2)
    assert len(json.loads(done.stdout)["error"]["problems"]) >= 2
    assert not (project / ".specify").exists()


def test_validate(plait):
    assert plait("validate", "w.yml", workflow=QUICK).stdout == "w.yml: valid\n"
    typo = HEAD + "steps: [{id: a, type: shell, run: x, tiemout: 5}]\n"
    done = plait("validate", "w.yml", "--json", workflow=typo, code=2)
    assert json.loads(done.stdout)["errors"][0]["line"] == 3
    plait("run", "w.yml", workflow=typo.replace("run: x", "run: 'true'"))
    odd = HEAD + "steps: [{id: a, type: shell, run: x, depends_on: [b]}]\n"
    assert "warning" in plait("validate", "w.yml", workflow=odd).stdout
    plait("validate", "w.yml", "--strict", workflow=odd, code=2)


def test_json_is_the_only_thing_on_stdout(plait):
    done = plait("run", "w.yml", "--json", workflow=QUICK)
    assert json.loads(done.stdout)["status"] == "completed"
    assert "▸ [a] shell …" in done.stderr


def test_events_come_as_lines(plait, project):
    done = plait("run", "w.yml", "--events", "--run-id", "r1", workflow=QUICK)
    journal = (project / ".specify/workflows/runs/r1/log.jsonl").read_text()
    assert done.stdout == journal


def test_quiet_says_nothing_of_a_success_and_what_went_wrong_of_a_failure(plait):
    done = plait("run", "w.yml", "--quiet", workflow=QUICK)
    assert (done.stdout, done.stderr) == ("", "")
    bad = HEAD + 'steps: [{id: a, type: shell, run: "echo why >&2; exit 7"}]\n'
    assert "why" in plait("run", "w.yml", "--quiet", workflow=bad, code=1).stdout


def test_what_files_and_children_say_cannot_drive_the_terminal(plait):
    evil = (
        HEAD.replace("Demo", '"\\e]0;evil\\aname"') + "steps:\n  - {id: a, type: shell,"
        " run: \"printf '\\\\033[2J\\\\033[31mred\\\\n' >&2; exit 1\"}\n"
    )
    done = plait("run", "w.yml", workflow=evil, code=1)
    assert "\x1b" not in done.stdout + done.stderr
    assert "red" in done.stdout


def test_a_reader_that_leaves_early_is_no_error(project):
    steps = "".join(f'  - {{id: s{n}, type: shell, run: "true"}}\n' for n in range(300))
    (project / "w.yml").write_text(HEAD + "steps:\n" + steps)
    subprocess.run([*PLAIT, "run", "w.yml", "--run-id", "r1", "-q"], check=True)
    command = f"{' '.join(PLAIT)} runs show r1 | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "run       r1\n"
    assert done.stderr == ""


def test_a_run_goes_on_when_nobody_reads_what_it_says(project):
    (project / "w.yml").write_text(
        HEAD + "steps:\n" + "".join(f'  - {{id: s{n}, type: shell, run: "true"}}\n' for n in range(30))
    )
    for option in ("--plain", "--events", "--json"):
        command = f"{' '.join(PLAIT)} run w.yml --run-id r{option} {option} | head -c 1; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert done.stdout.split()[-1].endswith("0")
        assert "Traceback" not in done.stderr
        state = json.loads((project / f".specify/workflows/runs/r{option}/state.json").read_text())
        assert state["status"] == "completed"


def test_a_gate_is_asked_on_the_terminal(project):
    (project / "w.yml").write_text(GATE)
    terminal = Terminal("run", "w.yml", "--run-id", "r1")
    terminal.expect("Your choice [1-2]: ")
    terminal.type("perhaps\n")
    terminal.expect("Enter a number or the name of an option.")
    terminal.type("1\n")
    assert terminal.code() == 0
    state = json.loads((project / ".specify/workflows/runs/r1/state.json").read_text())
    assert state["step_results"]["ok"]["output"]["choice"] == "approve"


@pytest.mark.parametrize("key", ["\x04", "\x03"])
def test_leaving_the_question_pauses_the_run(project, key):
    (project / "w.yml").write_text(GATE)
    terminal = Terminal("run", "w.yml")
    terminal.expect("Your choice [1-2]: ")
    terminal.type(key)
    assert terminal.code() in (3, 130)
    assert "plait resume" in terminal.seen


def test_a_missing_input_is_asked_for(project):
    (project / "w.yml").write_text(
        HEAD + "inputs: {who: {required: true, prompt: Whom to greet}}\n"
        "steps: [{id: a, type: shell, run: 'echo hi {{ inputs.who }}'}]\n"
    )
    terminal = Terminal("run", "w.yml", "--run-id", "r1")
    terminal.expect("Whom to greet: ")
    terminal.type("Ann\n")
    assert terminal.code() == 0
    inputs = json.loads((project / ".specify/workflows/runs/r1/inputs.json").read_text())
    assert inputs == {"inputs": {"who": "Ann"}}


def test_the_live_view_redraws_and_restores_the_cursor(project):
    (project / "w.yml").write_text(HEAD + 'steps: [{id: a, type: shell, run: "echo a line; sleep 1"}]\n')
    terminal = Terminal("run", "w.yml")
    assert terminal.code() == 0
    assert "a line" in terminal.seen
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")


@pytest.mark.parametrize(
    ("words", "environment"), [(["--plain"], {}), ([], {"TERM": "dumb"})], ids=["asked for", "dumb terminal"]
)
def test_plain_lines_where_nothing_can_be_redrawn(project, words, environment):
    (project / "w.yml").write_text(QUICK)
    terminal = Terminal("run", "w.yml", *words, **environment)
    assert terminal.code() == 0
    assert "[a] shell …" in terminal.seen
    assert "\x1b[?25l" not in terminal.seen


def test_no_color(project):
    (project / "w.yml").write_text(QUICK)
    terminal = Terminal("run", "w.yml", NO_COLOR="1")
    assert terminal.code() == 0
    assert "\x1b[32m" not in terminal.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_run_so_that_it_can_be_resumed(project, number):
    (project / "w.yml").write_text(SLOW)
    process = subprocess.Popen(
        [*PLAIT, "run", "w.yml", "--json", "--run-id", "r1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    _wait_for(project / ".specify/workflows/runs/r1/steps/a/attempt-1.log")
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    payload = json.loads(out)
    assert (payload["status"], payload["exit_code"]) == ("paused", 130)


def _wait_for(path):
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)


def test_another_process_follows_and_cancels_a_run(project, plait):
    (project / "w.yml").write_text(SLOW)
    owner = subprocess.Popen(
        [*PLAIT, "run", "w.yml", "--run-id", "r1"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    _wait_for(project / ".specify/workflows/runs/r1/steps/a/attempt-1.log")
    follower = subprocess.Popen([*PLAIT, "logs", "r1", "--follow"], stdout=subprocess.PIPE, text=True)
    assert follower.stdout.readline() == "[a] begun\n"
    assert json.loads(plait("status", "r1", "--json").stdout)["status"] == "running"
    refused = plait("runs", "prune", "--keep", "0", "--yes", "--json")
    assert json.loads(refused.stdout)["removed"] == []
    assert json.loads(plait("cancel", "r1", "--json").stdout)["result"] == "requested"
    assert owner.wait(PATIENCE) == 4
    assert follower.wait(PATIENCE) == 0
    follower.stdout.close()


def test_runs_are_shown_and_pruned(plait, project):
    for number in range(3):
        plait("run", "w.yml", "-q", "--run-id", f"r{number}", workflow=QUICK)
    shown = json.loads(plait("runs", "show", "r1", "--json").stdout)
    assert shown["step_records"]["a"]["output"]["stdout"] == "out\n"
    assert "2 runs would be removed" in plait("runs", "prune", "--keep", "1", "--dry-run").stdout
    plait("runs", "prune", "--keep", "1", code=2)
    assert "2 runs removed" in plait("runs", "prune", "--keep", "1", "--yes").stdout
    assert [run["run_id"] for run in json.loads(plait("runs", "list", "--json").stdout)["runs"]] == ["r2"]
    plait("runs", "prune", "--yes", code=2)


def test_a_run_of_another_project_is_found_with_the_option(plait, project, monkeypatch, tmp_path_factory):
    plait("run", "w.yml", "--run-id", "r1", workflow=GATE, code=3)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    plait("status", "r1", code=2)
    status = plait("status", "r1", "--project", str(project))
    assert f"plait answer r1 ok --choice approve --project {project}" in status.stdout


def test_a_step_that_breaks_leaves_one_line_and_a_traceback_file(project):
    """A bug in a step type reaches the user as one line, and the run as a failure."""
    code = (
        "import sys\nfrom plait.steps.shell import ShellStep\n"
        "def broken(self, config, context): raise KeyError('oops')\n"
        "ShellStep.execute = broken\nfrom plait.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    )
    (project / "w.yml").write_text(QUICK)
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "w.yml", "--json", "--run-id", "r1"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 1
    payload = json.loads(done.stdout)
    assert (payload["run_id"], payload["status"]) == ("r1", "failed")
    assert "KeyError" in payload["error"]
    assert "in broken" in Path(payload["traceback"]).read_text()
    assert "Traceback" not in done.stderr
    assert "was ended by an unexpected KeyError: 'oops'" in done.stderr
