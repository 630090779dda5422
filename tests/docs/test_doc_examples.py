"""Every file in `examples/` runs, does what its comments say and is free of warnings."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from doc_blocks import ROOT

from plait import WorkflowDefinition, WorkflowEngine

WORKFLOWS = sorted((ROOT / "examples").glob("*.yml"))


class Project:
    """A folder with the examples and some Markdown files to check."""

    def __init__(self, path):
        self.path = path
        self.engine = WorkflowEngine(path, signals=())
        self.started = []
        self.engine.on_step_start = lambda step_id, label: self.started.append(step_id)

    def run(self, name, run_id=None, **inputs):
        definition = WorkflowDefinition.from_yaml(self.path / "examples" / name)
        return self.engine.execute(definition, inputs, run_id)


@pytest.fixture
def project(tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fine.md").write_text("# Fine\n\nSome words.\n")
    return Project(tmp_path)


def printed(state, step_id):
    return state.records[step_id].output["stdout"]


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
    state = project.run(file.name)

    assert (state.status, state.error) == ("paused" if file.name == "gate.yml" else "completed", None)


def test_hello_greets(project):
    assert project.run("hello.yml", who="Ada").outputs == {"greeting": "HELLO, ADA!"}


def test_branches_and_loops_halve_until_it_is_small(project):
    state = project.run("branches-and-loops.yml", size="large")

    assert state.outputs == {"passes": 8, "ended_by": "condition"}
    assert printed(state, "shrink:halve:1") == "250\n"
    assert state.records["only-large"].status == "completed"


def test_the_gate_takes_its_verdict_from_the_input(project):
    assert project.run("gate.yml", verdict="reject").status == "aborted"
    assert printed(project.run("gate.yml", verdict="approve"), "publish") == "published, as the answer was approve\n"


def test_the_gate_is_answered_later(project):
    project.run("gate.yml", "later")
    project.engine.answer("later", "approve")

    assert project.engine.resume("later").status == "completed"
    assert project.started.count("draft") == 1


def test_the_fan_out_survives_its_failing_item(project):
    state = project.run("fan-out.yml")

    assert printed(state, "report") == "lengths [5, 6, 6, 0, 10]\n"
    assert state.records["each:item:3:check"].status == "failed"
    assert state.records["each:item:3:count"].status == "skipped"


def test_branches_run_with_their_own_variables(project):
    state = project.run("parallel.yml")

    assert printed(state, "summary") == "hello from lint\ngoodbye from docs\n3 suites\n"


def test_retry_and_time_limits_do_what_their_comments_say(project):
    state = project.run("retry-timeout-finally.yml")

    assert state.records["flaky"].attempt == 3
    assert state.records["slow"].output["stdout"] == "begun\n"
    assert "printed nothing" in state.records["silent"].error
    assert printed(state, "clean-up") == "the run is about to end as completed\n"


def test_the_markdown_check_looks_again_only_at_what_failed(project):
    bad = project.path / "docs" / "bad name.md"
    bad.write_text("no heading\n")
    failed = project.run("check-markdown.yml", "check")
    bad.write_text("# A heading\n")
    project.started.clear()
    state = project.engine.resume("check")

    assert "it does not begin with a heading" in failed.error
    assert "check:item:0:heading" in project.started
    assert not [step_id for step_id in project.started if step_id.startswith("check:item:1")]
    assert printed(state, "summary") == "2 files are fine:\n  bad name.md\n  fine.md\n"


def test_values_stay_values(project):
    hostile = "$(touch hacked); \"neither\" `touch hacked` 'this'"
    state = project.run("safe-values.yml", title=hostile)

    assert not (project.path / "hacked").exists()
    assert printed(state, "inside-quotes") == f"The title is {hostile}.\n"
    assert printed(state, "no-shell") == f"<{hostile}>\n"
    assert printed(state, "environment") == f"<{hostile}>\n"
    assert printed(state, "bare").splitlines() == [f"<{word}>" for word in hostile.split()]


def test_the_custom_step_runs():
    command = [sys.executable, str(ROOT / "examples" / "custom_step.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    first, *_ = done.stdout.splitlines()
    assert first == "completed"
    assert "thrice: {'passes': 3}" in done.stdout
    assert done.stdout.count("6 words") == 3
