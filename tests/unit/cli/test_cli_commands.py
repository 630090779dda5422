import subprocess
import sys

import click
import pytest

from plait.cli.commands import COMMANDS, plait
from plait.cli.complete import run_ids, step_ids, workflow_sources
from plait.cli.main import main

HEAVY = ("pydantic", "yaml", "rich", "psutil", "plait.api", "plait.journal")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_exists_and_says_what_it_does(name):
    command = plait.get_command(click.Context(plait), name)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_the_overview_imports_nothing_heavy(words):
    code = (
        "import sys\nfrom plait.cli.main import main\n"
        f"main({words!r})\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_a_run_that_is_not_shown_live_does_not_import_rich():
    code = "import sys, plait.cli.run\nprint('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("words", [["validate", "w.yml"], ["run", "w.yml"], ["add", "w.yml", "--yes"], ["list"]])
def test_a_command_on_local_files_imports_nothing_of_the_network(tmp_path, words):
    (tmp_path / ".specify").mkdir()
    (tmp_path / "w.yml").write_text(
        'schema_version: "1.0"\nworkflow: {id: w, name: W, version: 1.0.0}\nsteps: [{id: a, type: shell, run: echo}]\n'
    )
    never = ("httpx2", "socket", "ssl", "email", "importlib.metadata", "asyncio", "jsonschema", "packaging", "psutil")
    code = (
        "import sys\nfrom plait.cli.main import main\n"
        f"sys.argv = ['plait', *{words!r}]\nassert main() == 0\n"
        f"print('LOADED', [name for name in {never!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["LOADED []"], done


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell, capsys):
    assert main(["completion", shell]) == 0
    assert f"_PLAIT_COMPLETE={shell}_complete" in capsys.readouterr().out


def completed(function, incomplete, **params):
    context = click.Context(plait)
    context.params = params
    return [item.value for item in function(context, None, incomplete)]


def test_completing_workflows_and_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("SPECIFY_INIT_DIR", raising=False)
    (tmp_path / ".specify" / "workflows" / "deploy").mkdir(parents=True)
    (tmp_path / ".specify" / "workflows" / "deploy" / "workflow.yml").touch()
    (tmp_path / ".specify" / "workflows" / "runs" / "abc1").mkdir(parents=True)
    journal = tmp_path / ".specify" / "workflows" / "runs" / "abc1" / "log.jsonl"
    journal.write_text(
        '{"v":1,"timestamp":"2026-03-04T12:00:00+00:00","event":"step_started","step_id":"build","type":"shell"}\n'
    )
    assert completed(run_ids, "ab", project=tmp_path) == ["abc1"]
    assert completed(run_ids, "x", project=tmp_path) == []
    assert completed(step_ids, "b", project=tmp_path, run_id="abc1") == ["build"]
    assert completed(workflow_sources, "de", project=tmp_path) == ["deploy", "de"]


def test_completing_without_a_project_is_silent(tmp_path):
    assert completed(run_ids, "", project=tmp_path / "nope") == []
    assert completed(step_ids, "", project=tmp_path, run_id="nope") == []
