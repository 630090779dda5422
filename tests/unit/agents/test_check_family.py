"""The agents of called workflows are checked with the run's, as far as they are known."""

import pytest

from plait.api import WorkflowEngine
from plait.load import WorkflowDefinition

HEADER = 'schema_version: "1.0"\nworkflow: {{id: {id}, name: X, version: 1.0.0{more}}}\n'


@pytest.fixture
def check(tmp_path):
    def run(main, child, more="", inputs=None):
        for name, text, extra in (("main", main, more), ("child", child, "")):
            tmp_path.joinpath(f"{name}.yml").write_text(HEADER.format(id=name, more=extra) + text)
        engine = WorkflowEngine(tmp_path)
        return engine.check_agents(WorkflowDefinition.from_yaml(tmp_path / "main.yml"), inputs)

    return run


CALL = "steps: [{id: c, type: workflow, workflow: child.yml}]"
ASK = "steps: [{id: p, type: prompt, prompt: hello}]"


def test_a_step_of_a_called_workflow_is_checked_in_its_file(check, tmp_path):
    (problem,) = check(CALL, "steps: [{id: p, type: prompt, prompt: hello, integration: nobody}]")
    assert "there is no agent `nobody`" in problem.message
    assert problem.file == str(tmp_path / "child.yml")


def test_it_has_the_caller_s_agent_unless_it_has_its_own(check):
    assert "there is no agent `nobody`" in check(CALL, ASK, ", integration: nobody")[0].message


def test_what_only_the_caller_knows_is_not_guessed(check):
    step = "{id: p, type: prompt, prompt: x, integration: '{{ inputs.i }}'}"
    child = f"inputs: {{i: {{type: string, default: nobody}}}}\nsteps: [{step}]"
    given = "steps: [{id: c, type: workflow, workflow: child.yml, input: {i: claude}}]"
    assert "nobody" in check(CALL, child)[0].message
    assert check(given, child) == []
