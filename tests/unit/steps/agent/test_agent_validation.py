"""What is told of an agent's step before anything runs."""

import pytest

from plait import WorkflowDefinition
from plait.agents.catalogue import agents_of
from plait.agents.check import check_workflow_agents
from plait.load import load_workflow
from plait.model.problems import Severity
from plait.steps import StepTypes

HEADER = 'schema_version: "1.0"\nworkflow: {id: w, name: w, version: 1.0.0, integration: one}\n'


def problems(body):
    definition = WorkflowDefinition.from_string(HEADER + body)
    return [(each.message, each.severity) for each in load_workflow(definition, StepTypes()).problems]


@pytest.fixture
def check(project, one):
    def run(body, inputs=None, path=None, **options):
        definition = WorkflowDefinition.from_string(HEADER + body)
        definition.source_path = path
        loaded = load_workflow(definition, StepTypes())
        assert loaded.workflow is not None, loaded.problems
        agents = agents_of(project.root)
        return check_workflow_agents(loaded.workflow, agents, {}, project.root, inputs, **options)

    return run


@pytest.mark.parametrize("kind", ["type: shell, run: ls", "type: gate, message: go?, options: [yes, reject]"])
def test_a_step_that_no_agent_does_has_no_session(kind):
    body = f"steps:\n  - {{id: s, {kind}}}\n  - {{id: a, type: prompt, prompt: x, session: continue s}}\n"
    name = kind.split(",")[0].removeprefix("type: ")

    assert problems(body) == [(f"step 's' has no session to go on with: it is a `{name}` step", Severity.ERROR)]


def test_a_session_of_an_agent_step_is_fine():
    assert (
        problems("steps:\n  - {id: s, command: x}\n  - {id: a, type: prompt, prompt: x, session: continue s}\n") == []
    )


def test_ones_own_session_outside_a_loop():
    body = "steps:\n  - {id: a, type: prompt, prompt: x, session: continue a}\n"
    text = "a step goes on with its own session only in a loop; here this has no effect"

    assert problems(body) == [(text, Severity.WARNING)]


def test_ones_own_session_in_and_behind_a_loop():
    body = """\
steps:
  - id: l
    type: while
    condition: "{{ false }}"
    max_iterations: 2
    steps:
      - {id: a, type: prompt, prompt: x, session: continue a}
  - {id: b, type: prompt, prompt: x, session: continue b}
"""
    assert [severity for _, severity in problems(body)] == [Severity.WARNING]


@pytest.mark.parametrize(
    "field", ['command: ""', 'command: "  "', 'type: prompt, prompt: ""', 'type: prompt, prompt: "\\n"']
)
def test_a_literal_blank_is_odd(field):
    name = "prompt" if "prompt" in field else "command"

    assert problems(f"steps:\n  - {{id: a, {field}}}\n") == [
        (f"`{name}` is empty, so the step fails", Severity.WARNING)
    ]


def test_a_value_that_an_input_may_have_and_permissions_may_not():
    body = """\
inputs: {level: {type: string, enum: [read, all, ""], default: read}}
steps:
  - {id: a, type: prompt, prompt: x, permissions: "{{ inputs.level }}"}
"""
    text = "`permissions` must be read, edit or full, but the input 'level' may make it 'all'"

    assert problems(body) == [(text, Severity.WARNING)]


@pytest.mark.parametrize(("default", "given", "told"), [("al", None, "al"), ("read", {"level": "ful"}, "ful")])
def test_permissions_that_inputs_make_wrong(check, default, given, told):
    body = f"""\
inputs: {{level: {{type: string, default: {default}}}}}
steps:
  - id: a
    type: prompt
    prompt: x
    permissions: "{{{{ inputs.level }}}}"
"""
    (problem,) = check(body, given)

    assert problem.message == f"step `a`: `permissions` must be read, edit or full, not {told!r}"
    assert (problem.mark.line, problem.source_line.strip()) == (8, 'permissions: "{{ inputs.level }}"')
    assert problem.is_error
    assert check(body, {"level": "edit"}) == []


def test_a_schema_file_that_does_not_exist(check, project):
    body = "steps:\n  - {id: a, type: prompt, prompt: x, output_schema: answer.json}\n"
    path = project.root / "flows" / "w.yml"
    (problem,) = check(body, path=path)

    assert problem.message == "step `a`: `output_schema` names a file that does not exist: answer.json"
    assert problem.hint == f"looked for {path.parent / 'answer.json'} and {project.root / 'answer.json'}"
    assert problem.is_error
    # An earlier step may write it.
    assert not check(body, path=path, forgive_missing=True)[0].is_error

    (project.root / "answer.json").write_text("{}")
    assert check(body, path=path) == []
