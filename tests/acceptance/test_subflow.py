"""Installed workflows that call each other, through the command and with real processes."""

import json
import signal
import textwrap

import pytest

from plait.journal import RunState

CHILD = """
inputs:
  name: {type: string, required: true}
  count: {type: number, default: 3}
outputs:
  greeting: {value: "{{ steps.hello.output.stdout }}"}
  twice: {value: "{{ inputs.count }}"}
steps:
  - {id: hello, type: shell, run: "echo hi {{ inputs.name }}"}
"""
GATED = """
inputs:
  verdict: {type: string, default: ""}
outputs:
  choice: {value: "{{ steps.ask.output.choice }}"}
steps:
  - {id: before, type: shell, run: "echo \\"$SPECKIT_WORKFLOW_DIR {{ context.workflow_dir }}\\" > where"}
  - {id: ask, type: gate, message: "ok?", verdict_input: verdict, on_reject: abort}
"""
CALL_GATED = """
inputs:
  verdict: {type: string, default: ""}
steps:
  - {id: c, type: workflow, workflow: gated, input: {verdict: "{{ inputs.verdict }}"}}
  - {id: last, type: shell, run: echo end}
"""


@pytest.fixture
def install(project):
    """Return what installs a workflow in the project, as Spec Kit leaves it there."""

    def put(workflow_id, text):
        folder = project.path / ".specify" / "workflows" / workflow_id
        folder.mkdir(parents=True)
        header = f'schema_version: "1.0"\nworkflow: {{id: {workflow_id}, name: X, version: 1.0.0}}\n'
        (folder / "workflow.yml").write_text(header + textwrap.dedent(text))
        return folder

    return put


def step_results(project):
    return json.loads((project.folder() / "state.json").read_text())["step_results"]


def test_an_installed_workflow_in_a_fan_out_as_spec_kit_runs_it(project, install):
    install("child", CHILD)
    step = "{id: c, type: workflow, workflow: child, input: {name: '{{ item }}'}}"
    file = project.workflow(f"steps: [{{id: f, type: fan-out, items: [x, y], max_concurrency: 2, step: {step}}}]")
    assert project.plait("run", file, "--run-id", "r").code == 0
    expected = [{"workflow": "child", "status": "completed", "greeting": f"hi {item}\n", "twice": 3} for item in "xy"]
    results = step_results(project)
    assert results["f"]["output"]["results"] == expected
    assert [results[f"f:c:{index}"]["output"] for index in (0, 1)] == expected


def test_a_gate_in_a_called_workflow_as_spec_kit_runs_it(project, install):
    folder = install("gated", GATED)
    install("call-gated", CALL_GATED)
    assert project.plait("run", "call-gated", "--run-id", "r").code == 3
    assert step_results(project)["c"]["output"] == {"workflow": "gated", "status": "paused"}
    assert (project.path / "where").read_text() == f"{folder} {folder}\n"
    assert project.plait("resume", "r", "--input", "verdict=approve").code == 0
    assert step_results(project)["c"]["output"] == {"workflow": "gated", "status": "completed", "choice": "approve"}


def test_a_rejection_in_a_called_workflow_as_spec_kit_runs_it(project, install):
    install("gated", GATED)
    install("call-gated", CALL_GATED)
    project.plait("run", "call-gated", "--run-id", "r", "--input", "verdict=reject")
    output = step_results(project)["c"]["output"]
    error = output.pop("error")
    assert output == {"workflow": "gated", "status": "aborted", "aborted": True}
    assert "rejected at gate c:ask" in error
    assert RunState.load("r", project.path).status == "aborted"


def test_answer_status_and_plan_know_the_steps_inside(project, install):
    install("gated", GATED)
    install("call-gated", CALL_GATED)
    project.plait("run", "call-gated", "--run-id", "r")
    shown = project.plait("status", "r").out
    assert "  ✓ c:before shell" in shown
    assert "c:ask" in shown
    plan = project.plait("resume", "r", "--plan").out.splitlines()
    assert [line.split()[:2] for line in plan if line.split()[1:2] and line.split()[1].startswith("c:")] == [
        ["reuse", "c:before"],
        ["run", "c:ask"],
    ]
    assert project.plait("answer", "r", "--choice", "approve").code == 0
    assert project.plait("resume", "r").code == 0


def test_problems_of_called_files_are_shown_with_their_places(project, install):
    install("child", CHILD.replace("type: shell", "type: shel"))
    file = project.workflow("steps: [{id: c, type: workflow, workflow: child, input: {}}]")
    shown = project.plait("validate", file)
    assert shown.code == 2
    assert "child/workflow.yml:11:23: " in shown.out + shown.err


def test_killed_inside_called_workflows_it_goes_on_with_what_ran_then(project, install):
    child = install(
        "child",
        """
        inputs: {name: {type: string, required: true}}
        outputs: {said: "{{ steps.two.output.stdout }}"}
        steps:
          - {id: one, type: shell, run: [./note, "{{ inputs.name }}1"]}
          - {id: two, type: shell, run: 'echo $$ > "pid-{{ inputs.name }}"; [ -e go ] || sleep 1000; ./note old'}
        finally:
          - {id: last, type: shell, run: [./note, done]}
        """,
    )
    file = project.workflow("""
        outputs: {all: "{{ steps.each.output.results | map('said') }}"}
        steps:
          - id: each
            type: fan-out
            items: [a, b]
            max_concurrency: 2
            step: {id: call, type: workflow, workflow: child, input: {name: "{{ item }}"}}
    """)
    process = project.start("run", file, "--run-id", "r")
    project.until(lambda: all((project.path / f"pid-{name}").exists() for name in "ab"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    (child / "workflow.yml").write_text("nonsense: [")
    file.write_text("gone")
    (project.path / "go").touch()
    assert project.plait("resume", "r").code == 0
    state = RunState.load("r", project.path)
    assert state.outputs == {"all": ["old", "old"]}
    steps = ("one", "two", "last")
    assert sorted(project.effects()) == sorted(f"each:call:{index}:{step}" for index in (0, 1) for step in steps)
