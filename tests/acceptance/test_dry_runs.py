"""Dry runs and tests with the installed command: nothing happens, and everything is told."""

import json
import signal
import xml.etree.ElementTree as ET

import pytest

STEPS = """
    inputs: {v: {default: ""}}
    outputs: {said: "{{ steps.a.output.stdout }}"}
    steps:
      - {id: a, type: shell, run: "touch made; curl http://127.0.0.1:9"}
      - {id: p, type: prompt, integration: claude, prompt: "Make {{ steps.a.output.stdout }}",
         retry: {attempts: 2, delay: 500}}
      - {id: g, type: gate, message: Go on?, verdict_input: v}
      - {id: i, type: init, project: new}
    notify: [{on: [completed, failed, paused], command: touch told}]
"""
WATCHED = """
import sys
def hook(event, args):
    if event in ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork", "os.system", "socket.connect"):
        print(f"HAPPENED: {event} {args}", file=sys.stderr)
sys.addaudithook(hook)
"""


@pytest.fixture
def dry(project):
    project.workflow(STEPS)
    (project.path / "hooks").mkdir()
    (project.path / "hooks" / "sitecustomize.py").write_text(WATCHED)
    (project.path / "s.yml").write_text(
        "stubs:\n  a: {output: {stdout: tea}}\n  p: {on_attempt: {1: {failure: crashed}}}\n  i: {}\n"
    )
    (project.path / "w.test.yml").write_text(
        "workflow: w.yml\nstubs_file: s.yml\ntests:\n"
        "  - {name: waits, expect: {waiting: [g], steps: {p: {attempts: 2, prompt: Make tea}}}}\n"
        "  - {name: goes on, inputs: {v: approve}, expect: {outputs: {said: tea}}}\n"
    )
    return project


def files(project):
    return sorted(
        str(path.relative_to(project.path)) for path in project.path.rglob("*") if "__pycache__" not in str(path)
    )


def test_nothing_happens(dry, tmp_path_factory):
    before = files(dry)
    temporary = tmp_path_factory.mktemp("temporary")
    env = {"PYTHONPATH": str(dry.path / "hooks"), "TMPDIR": str(temporary)}
    for words in (["run", "w.yml", "--dry-run", "--stubs", "s.yml", "-i", "v=approve"], ["test"], ["test", "-v"]):
        done = dry.plait(*words, env=env)
        assert (done.code, "HAPPENED" in done.err) == (0, False), done
        assert files(dry) == before
        assert list(temporary.iterdir()) == []
    assert "HAPPENED" in dry.plait("run", "w.yml", env=env).err


def test_a_dry_run_says_that_it_is_one_and_what_would_be_given(dry):
    done = dry.plait("run", "w.yml", "--dry-run", "--stubs", "s.yml")
    assert done.code == 3
    assert done.out.startswith("Demo (demo 1.0.0) dry run: stubs answer, nothing is executed\n")
    assert "  [p] │ Make tea\n" in done.out
    assert "nothing was executed" in done.out
    assert "plait resume" not in done.out + done.err
    shown = json.loads(dry.plait("run", "w.yml", "--dry-run", "--default-stub", "ok", "--json").out)
    assert (shown["status"], shown["dry_run"], shown["exit_code"]) == ("completed", True, 0)
    assert not dry.folder().parent.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dry-run"], "no stub answers the step `a` (shell)"),
        (["--stubs", "s.yml"], "--stubs is for a dry run"),
        (["--dry-run", "--stubs", "none.yml"], "no such file or directory: none.yml"),
        (["--dry-run", "--default-stub", "fine"], "a default stub must be a mapping or the word `ok`"),
        (["--dry-run", "--default-stub", "{outptu: 1}"], "did you mean `output`?"),
        (["--record", "nowhere/x.yml"], "there is no folder nowhere"),
    ],
)
def test_wrong_calls(dry, words, said):
    done = dry.plait("run", "w.yml", *words)
    assert (done.code, said in done.err) == (2, True), done.err


def test_a_recorded_run_is_repeated_and_an_older_recording_is_told_of(project):
    project.workflow("""
        steps:
          - {id: a, type: shell, run: "printf 'x\\\\ny'", output_format: lines}
          - id: f
            type: fan-out
            items: "{{ steps.a.output.data }}"
            step: {id: e, type: shell, run: "test {{ item }} = x", retry: {attempts: 2, delay: 0}}
    """)
    real = project.plait("run", "w.yml", "--record", "r.yml")
    again = project.plait("run", "w.yml", "--dry-run", "--stubs", "r.yml")
    assert (real.code, again.code) == (1, 1)
    assert "recorded 3 stubs in r.yml" in real.err
    assert "f:e:1: the command exited with code 1" in real.out
    assert "f:e:1: the command exited with code 1" in again.out
    (project.path / "w.yml").write_text((project.path / "w.yml").read_text().replace("id: e,", "id: each,"))
    old = project.plait("run", "w.yml", "--dry-run", "--stubs", "r.yml")
    assert old.code == 2
    assert "warning: the workflow `demo` has changed since this was recorded" in old.err
    assert "no step of demo can have the id `f:e:0`" in old.err


def test_secrets_are_not_recorded(project):
    project.workflow("steps: [{id: a, type: shell, run: 'echo $T', env: {T: {secret: TOKEN}}}]")
    project.plait("run", "w.yml", "--record", "r.yml", env={"TOKEN": "hush-hush-hush"})
    text = (project.path / "r.yml").read_text()
    assert "***" in text
    assert "hush" not in text


def test_results_are_reported(dry):
    passed = dry.plait("test", "-v", "--junit", "j.xml")
    assert (passed.code, "2 passed" in passed.out) == (0, True)
    assert len(list(ET.parse(dry.path / "j.xml").getroot().iter("testcase"))) == 2
    assert "1 passed" in dry.plait("test", "-k", "WAITS").out
    file = dry.path / "w.test.yml"
    file.write_text(file.read_text().replace("Make tea", "Make coffee"))
    failed = dry.plait("test")
    assert failed.code == 1
    assert 'w.test.yml:4:75: error: `prompt` does not contain "Make coffee"' in failed.out
    assert json.loads(dry.plait("test", "--json").out)["failed"] == 1
    file.write_text(file.read_text().replace("waiting: [g]", "waiting: [gg]"))
    wrong = dry.plait("test")
    assert (wrong.code, "no step can have the id `gg`" in wrong.err, wrong.out) == (2, True, "")
    assert dry.plait("test", "hooks").code == 2


def test_ctrl_c_ends_it_at_once_and_leaves_nothing(dry, tmp_path_factory):
    (dry.path / "s.yml").write_text("default_stub: {delay: 60}")
    (dry.path / "w.test.yml").write_text("workflow: w.yml\nstubs_file: s.yml\n")
    temporary = tmp_path_factory.mktemp("temporary")
    for words in (["test"], ["run", "w.yml", "--dry-run", "--stubs", "s.yml"]):
        process = dry.start(*words, env={"TMPDIR": str(temporary)})
        dry.until(lambda: list(temporary.rglob("log.jsonl")))
        process.send_signal(signal.SIGINT)
        assert dry.end(process, timeout=30).code == 130
        assert list(temporary.iterdir()) == []
