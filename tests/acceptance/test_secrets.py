"""Secrets: the child has the value, and nothing that is written or shown does."""

import base64
import json
import os
import signal
import stat
import subprocess
import sys

import pytest

from plait.journal import RunState

VALUE = 'hunter-22/"quoted" & more'
LONG = "0123456789abcdef" * 8
ENVIRONMENT = {"PLAIT_SECRET_TOKEN": VALUE, "LONG_TOKEN": LONG}
SHOW = r"""
inputs:
  same: {type: string, default: ""}
env:
  TOKEN: {secret: TOKEN}
outputs:
  said: "{{ steps.plain.output.stdout }}"
steps:
  - id: plain
    type: shell
    run: 'echo "$TOKEN"; printenv PLAIT_SECRET_TOKEN; printf %s "$TOKEN" > seen; true'
  - {id: coded, type: shell, run: 'printf %s "$TOKEN" | base64; echo "u:$TOKEN" | base64; echo "$LONG" | base64',
     env: {LONG: {secret: LONG_TOKEN}}}
  - {id: slow, type: shell, run: [./slowly, '{{ inputs.same }}']}
  - {id: data, type: shell, run: [./as_json], output_format: json}
  - {id: big, type: shell, run: 'head -c 99990 /dev/zero | tr "\\0" x; echo "$TOKEN" >&2; echo "$TOKEN $TOKEN"; ./far'}
  - id: many
    type: fan-out
    items: "{{ steps.data.output.data.list }}"
    max_concurrency: 2
    steps: [{id: one, type: shell, run: 'echo "{{ item }} $TOKEN"', outputs: {copy: "{{ item }}"}}]
    outputs: {copy: "{{ steps.one.output.stdout }}"}
  - {id: broken, type: shell, run: 'echo "no $TOKEN here" >&2; exit 3', continue_on_error: true}
  - {id: uses, type: shell, run: 'echo "{{ steps.big.output.stdout }}{{ steps.broken.error }}" | tail -c 300'}
  - {id: ask, type: gate, message: "Take {{ steps.plain.output.stdout }}{{ steps.data.output.data }}?"}
finally:
  - {id: last, type: shell, run: 'echo "$TOKEN"'}
"""
SCRIPTS = {
    "slowly": """
import os, sys, time
data = os.environ["TOKEN"].encode()
for at in range(len(data)):
    os.write(1, data[at:at + 1])
    time.sleep(0.01)
os.write(1, b"\\n" + data[:5])
""",
    "as_json": """
import json, os
token = os.environ["TOKEN"]
print(json.dumps({"token": token, token: [token], "list": [token, "b"]}))
""",
    "far": """
import os
for size in (65530, 65536 - 12, 7):
    os.write(1, b"x" * size + os.environ["TOKEN"].encode())
""",
}


@pytest.fixture
def secretive(project):
    """A project whose scripts print their secret in every way."""
    for name, code in SCRIPTS.items():
        (project.path / name).write_text("#!/usr/bin/env python3" + code)
        (project.path / name).chmod(0o755)
    project.file = project.workflow(SHOW)
    return project


def traces(value=VALUE):
    return [
        value.encode(),
        json.dumps(value)[1:-1].encode(),
        json.dumps(json.dumps(value)[1:-1])[1:-1].encode(),
        base64.b64encode(value.encode())[:-4],
    ]


def check_clean(project, *shown):
    """Nothing in the folders of the runs, and nothing that was shown, has the value in any form."""
    files = [path for path in (project.path / ".specify").rglob("*") if path.is_file()]
    assert len(files) > 5
    texts = {path.relative_to(project.path): path.read_bytes() for path in files}
    texts |= {f"shown {index}": (each.out + each.err).encode() for index, each in enumerate(shown)}
    found = [(name, trace) for name, text in texts.items() for trace in (*traces(), *traces(LONG)) if trace in text]
    assert found == []


@pytest.mark.parametrize("options", [[], ["--plain"], ["--json"], ["--events"], ["--quiet"]], ids=str)
def test_a_secret_is_nowhere_but_in_the_child(secretive, options):
    shown = secretive.plait(
        "run", secretive.file, "--run-id", "r", "--input", f"same={VALUE}", *options, env=ENVIRONMENT
    )
    assert shown.code == 3, shown
    others = [secretive.plait(*words) for words in (["status", "r"], ["logs", "r"], ["status", "r", "--json"])]
    assert (secretive.path / "seen").read_text() == VALUE
    state = RunState.load("r", secretive.path)
    outputs = {record.id: record.output for record in state.records.values()}
    assert outputs["plain"]["stdout"] == "***\n", "it has no PLAIT_SECRET_… variable either"
    assert outputs["coded"]["stdout"].count("***") >= 3
    assert outputs["slow"]["stdout"] == f"***\n{VALUE[:5]}"
    assert outputs["data"]["data"] == {"token": "***", "***": ["***"], "list": ["***", "b"]}
    assert [each["copy"] for each in outputs["many"]["results"]] == ["*** ***\n", "b ***\n"]
    assert outputs["big"]["stdout"].read() == "x" * 99_990 + "*** ***\n" + "".join(
        "x" * size + "***" for size in (65530, 65536 - 12, 7)
    )
    assert state.records["broken"].error == "the command exited with code 3: no *** here"
    assert outputs["ask"]["message"] == f"Take ***\n{json.dumps(outputs['data']['data'])}?"
    assert state.inputs == {"same": "***"}
    check_clean(secretive, shown, *others)
    secretive.plait("answer", "r", "--choice", "approve")
    resumed = secretive.plait("resume", "r", *options, env=ENVIRONMENT)
    assert resumed.code == 0, resumed
    assert RunState.load("r", secretive.path).outputs == {"said": "***\n"}
    check_clean(secretive, resumed)


STEP = """
steps:
  - {id: before, type: shell, run: [./note, a]}
  - {id: needs, type: shell, run: './note "$TOKEN"', env: {TOKEN: {secret: TOKEN}}}
"""


def test_a_missing_secret_fails_its_step_before_anything_starts_and_a_resume_finds_it(project):
    file = project.workflow(STEP)
    home = {"XDG_CONFIG_HOME": str(project.path / "config")}
    shown = project.plait("run", file, "--run-id", "r", env=home)
    assert shown.code == 1
    error = RunState.load("r", project.path).records["needs"].error
    for place in (
        "PLAIT_SECRET_TOKEN",
        ".specify/secrets.env",
        str(project.path / "config" / "plait" / "secrets.env"),
        "keyring",
    ):
        assert place in error
    assert "there is no value for the secret `TOKEN`" in shown.out
    assert project.effects() == ["before"]
    secrets = project.path / ".specify" / "secrets.env"
    secrets.write_text(f"TOKEN={VALUE}\n")
    secrets.chmod(0o644)
    assert "chmod 600" in project.plait("resume", "r", env=home).out
    secrets.chmod(0o600)
    shown = project.plait("resume", "r", env=home)
    assert shown.code == 0, shown
    assert project.effects() == ["before", "needs"]
    assert RunState.load("r", project.path).records["needs"].output["stdout"] == "***"
    secrets.unlink()
    check_clean(project, shown)


def test_a_missing_secret_of_the_whole_file_ends_the_run_before_any_step(project):
    file = project.workflow("env: {TOKEN: {secret: NO_SUCH_SECRET}}\nsteps: [{id: a, type: shell, run: [./note, a]}]")
    shown = project.plait("run", file, "--run-id", "r")
    assert shown.code == 1
    assert "there is no value for the secret `NO_SUCH_SECRET`" in shown.out
    assert project.effects() == []


def test_after_a_kill_the_secret_is_looked_up_again(project):
    file = project.workflow("""
        env: {TOKEN: {secret: TOKEN, file: token.txt}}
        steps:
          - {id: first, type: shell, run: './note "$TOKEN"'}
          - {id: hangs, type: shell, run: 'echo "$TOKEN"; echo $$ > pid; [ -e go ] || exec sleep 1000'}
          - {id: end, type: shell, run: './note "$TOKEN"; printf %s "$TOKEN" > seen'}
        """)
    token = project.path / "token.txt"
    token.write_text(VALUE + "\n")
    process = project.start("run", file, "--run-id", "r", "--events")
    project.pid("pid")
    os.killpg(process.pid, signal.SIGKILL)
    killed = project.end(process)
    token.write_text("another value\n")
    (project.path / "go").touch()
    resumed = project.plait("resume", "r", "--events")
    assert resumed.code == 0, resumed
    assert project.effects() == ["first", "end"]
    assert (project.path / "seen").read_text() == "another value"
    assert "another value" not in resumed.out + resumed.err
    check_clean(project, killed, resumed)


def test_words_of_the_workflow_itself_may_be_secrets(project):
    """A value that happens to be an id, a status or a type is masked where it is data, and breaks nothing."""
    file = project.workflow("""
        env: {A: {secret: ID}, B: {secret: STATUS}, C: {secret: TYPE}, D: {secret: KEY}}
        steps:
          - {id: build, type: shell, run: 'echo "$A $B $C $D"'}
          - {id: each, type: fan-out, items: [build, 2], step: {id: one, type: shell, run: "echo {{ item }}"}}
          - id: poll
            type: while
            condition: "{{ (steps.look.output.stdout | default('') | length) < 2 }}"
            steps: [{id: look, type: shell, run: "echo xx"}]
        """)
    env = {"ID": "build", "STATUS": "completed", "TYPE": "shell", "KEY": "items"}
    shown = project.plait("run", file, "--run-id", "r", env=env)
    assert shown.code == 0, shown
    state = RunState.load("r", project.path)
    assert state.records["build"].output["stdout"] == "*** *** *** ***\n"
    assert [each["stdout"] for each in state.records["each"].output["results"]] == ["***\n", "2\n"]


def test_a_secrets_file_that_git_would_take_is_warned_of(project):
    file = project.workflow("steps: [{id: a, type: shell, run: [./note, a]}]")
    subprocess.run(["git", "init", "-q"], cwd=project.path, check=True)
    secrets = project.path / ".specify" / "secrets.env"
    secrets.parent.mkdir()
    secrets.write_text("A=1234\n")
    assert stat.S_ISREG(secrets.stat().st_mode)
    assert "git does not ignore it" in project.plait("run", file, "--run-id", "r").err
    (project.path / ".gitignore").write_text("secrets.env\n")
    assert project.plait("run", file, "--run-id", "s").err == ""


def test_a_comment_that_waits_for_a_resume_has_no_secret(project):
    """Nobody owns the run, so the answer lies in a file until somebody goes on with it."""
    file = project.workflow("""
        env: {TOKEN: {secret: TOKEN}}
        steps:
          - {id: ask, type: gate, message: Which?}
          - {id: say, type: shell, run: 'echo "{{ steps.ask.output.comment }}"'}
        """)
    assert project.plait("run", file, "--run-id", "r", env=ENVIRONMENT).code == 3
    shown = project.plait("answer", "r", "-c", "approve", "--comment", f"use {VALUE}, please", env=ENVIRONMENT)
    assert shown.code == 0, shown
    assert list((project.path / ".specify").rglob("mailbox/*.json"))
    check_clean(project, shown)
    resumed = project.plait("resume", "r", env=ENVIRONMENT)
    assert resumed.code == 0, resumed
    assert RunState.load("r", project.path).records["say"].output["stdout"] == "use ***, please\n"


@pytest.mark.parametrize("options", [[], ["--json"]], ids=str)
def test_an_exception_that_holds_a_secret_is_shown_and_kept_without_it(project, options):
    code = (
        "import sys\nfrom plait.steps.shell import ShellStep\n"
        "def broken(self, config, context): raise KeyError(context.environment()['TOKEN'])\n"
        "ShellStep.execute = broken\nfrom plait.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    )
    file = project.workflow("steps: [{id: a, type: shell, run: [./note, a], env: {TOKEN: {secret: TOKEN}}}]")
    words = [sys.executable, "-c", code, "run", str(file), "--run-id", "r", *options]
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run(words, cwd=project.path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "KeyError: '***'" in done.stdout + done.stderr
    kept = [*(project.path / ".specify").rglob("*.txt"), *(project.path / ".specify").rglob("*.json*")]
    assert any(path.name.startswith("traceback-") for path in kept)
    for text in (done.stdout, done.stderr, *(path.read_text() for path in kept)):
        assert VALUE not in text
        assert "hunter" not in text
