"""Every file in `examples/` runs and is free of warnings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from doc_blocks import ROOT

from plait import WorkflowDefinition, WorkflowEngine

WORKFLOWS = sorted((ROOT / "examples").glob("*.yml"))
EXIT_CODES = {"gate.yml": 3}


@pytest.fixture
def project(tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fine.md").write_text("# Fine\n\nSome words.\n")
    return tmp_path


def plait(project, *arguments, check=True):
    command = [sys.executable, "-m", "plait", *arguments]
    done = subprocess.run(command, cwd=project, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def run_json(project, *arguments):
    return json.loads(plait(project, "run", *arguments, "--json", "--quiet", check=False).stdout)


def logs(project):
    return plait(project, "logs").stdout.splitlines()


def test_there_are_enough_examples():
    assert len(WORKFLOWS) >= 7


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_an_example_says_how_to_run_it_and_has_no_problems(file):
    text = file.read_text()

    assert text.startswith("# ")
    assert f"plait run examples/{file.name}" in text
    assert WorkflowEngine().validate(WorkflowDefinition.from_yaml(file)) == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_an_example_runs(file, project):
    done = plait(project, "run", f"examples/{file.name}", check=False)

    assert done.returncode == EXIT_CODES.get(file.name, 0), done.stdout + done.stderr


def test_hello_greets(project):
    assert run_json(project, "examples/hello.yml", "-i", "who=Ada")["outputs"] == {"greeting": "HELLO, ADA!"}


def test_branches_and_loops_halve_until_it_is_small(project):
    outcome = run_json(project, "examples/branches-and-loops.yml", "-i", "size=large")

    assert outcome["outputs"] == {"passes": 8, "ended_by": "condition"}


def test_the_gate_takes_its_verdict_from_the_input(project):
    assert run_json(project, "examples/gate.yml", "-i", "verdict=reject")["status"] == "aborted"
    assert run_json(project, "examples/gate.yml", "-i", "verdict=approve")["status"] == "completed"
    assert logs(project)[-1] == "[publish] published, as the answer was approve"


def test_the_fan_out_survives_its_failing_item(project):
    plait(project, "run", "examples/fan-out.yml")

    assert logs(project)[-1] == "[report] lengths [5, 6, 6, 0, 10]"


def test_retry_and_finally_do_what_their_comments_say(project):
    plait(project, "run", "examples/retry-timeout-finally.yml")

    lines = logs(project)
    assert "[flaky] worked at last" in lines
    assert any(line.endswith("but what it printed is kept: begun") for line in lines)
    assert lines[-1] == "[clean-up] the run is about to end as completed"


def test_the_markdown_check_looks_again_only_at_what_failed(project):
    (project / "docs" / "bad name.md").write_text("no heading\n")
    failed = plait(project, "run", "examples/check-markdown.yml", "--run-id", "check", check=False)
    (project / "docs" / "bad name.md").write_text("# A heading\n")
    resumed = plait(project, "resume", "check")

    assert failed.returncode == 1
    assert "it does not begin with a heading" in failed.stdout
    assert "check:item:0" in resumed.stdout
    assert "check:item:1" not in resumed.stdout
    assert "[summary]   fine.md" in logs(project)


def test_values_stay_values(project):
    hostile = "$(touch hacked); \"neither\" `touch hacked` 'this'"
    plait(project, "run", "examples/safe-values.yml", "-i", f"title={hostile}")

    lines = logs(project)
    assert not (project / "hacked").exists()
    assert f"[inside-quotes] The title is {hostile}." in lines
    assert f"[no-shell] <{hostile}>" in lines
    assert f"[environment] <{hostile}>" in lines


def test_the_custom_step_runs():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPECKIT_")}
    command = [sys.executable, str(ROOT / "examples" / "custom_step.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    first, *_ = done.stdout.splitlines()
    assert first == "completed"
    assert "thrice: {'passes': 3}" in done.stdout
    assert done.stdout.count("6 words") == 3
