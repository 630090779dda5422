"""What is wrong with a workflow's agents, before it runs."""

import textwrap

import pytest

from plait import WorkflowDefinition
from plait.agents.catalogue import agents_of
from plait.agents.check import agent_problems, check_workflow_agents
from plait.load import load_workflow
from plait.model.problems import Mark
from plait.steps import StepTypes

HEAD = 'schema_version: "1.0"\nworkflow: {id: w, name: W, version: 1.0.0}\n'


@pytest.fixture
def environ(tmp_path):
    """Make a PATH with claude, codex and amp."""
    (tmp_path / "bin").mkdir()
    for name in ("claude", "codex", "amp"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}


@pytest.fixture
def agents(tmp_path, environ):
    return agents_of(tmp_path, environ)


@pytest.fixture
def check(tmp_path, agents, environ):
    def run(steps, inputs=None, head=HEAD, **more):
        definition = WorkflowDefinition.from_string(head + textwrap.dedent(steps))
        loaded = load_workflow(definition, StepTypes())
        assert loaded.workflow is not None, loaded.problems
        return check_workflow_agents(loaded.workflow, agents, {**environ, **more}, tmp_path, inputs)

    return run


@pytest.mark.parametrize(
    ("key", "permission", "message", "hint"),
    [
        ("claud", None, "there is no agent `claud`", "did you mean `claude`?"),
        ("xyzzy", None, "there is no agent `xyzzy`", "`plait agents list` shows those there are"),
        (
            "gemini",
            "read",
            "agent `gemini` is not installed: no `gemini` on PATH",
            "install it with `npm install -g @google/gemini-cli`",
        ),
        (
            "zed",
            "read",
            "agent `zed` cannot be run by a workflow: it is an editor; its agents have command lines of their own",
            "use another agent",
        ),
        ("amp", "read", "agent `amp` cannot be held to `permissions: read`", "it can do: full"),
    ],
)
def test_problems_of_one_agent(agents, environ, key, permission, message, hint):
    (problem,) = agent_problems(agents, key, environ, permission=permission)

    assert (problem.message, problem.hint) == (message, hint)


def test_agents_without_problems(agents, environ):
    assert agent_problems(agents, "claude", environ, permission="read") == []
    assert agent_problems(agents, "amp", environ) == []
    (problem,) = agent_problems(agents, "claude", environ, speaks_acp=True)
    assert problem.message == "agent `claude` does not speak the Agent Client Protocol"


def test_each_problem_once_at_the_place_where_it_is_written(check):
    (problem,) = check("""\
        steps:
          - id: a
            prompt: x
            type: prompt
            integration: claud
          - {id: b, type: prompt, prompt: y, integration: claud}
    """)

    assert problem.message == "step `a` and 1 more: there is no agent `claud`"
    assert problem.mark == Mark(7, 18)
    assert problem.source_line == "    integration: claud"
    assert problem.length == 5


def test_inputs_are_known(check):
    text = """\
        inputs: {integration: {type: string, default: claude}}
        steps: [{id: a, command: speckit.plan, integration: "{{ inputs.integration }}"}]
    """
    assert check(text) == []
    (problem,) = check(text, {"integration": "gemini"})
    assert problem.is_error
    assert problem.message == "step `a`: agent `gemini` is not installed: no `gemini` on PATH"


def test_the_workflows_agent_and_permissions_count(check):
    head = HEAD.replace("1.0.0}", "1.0.0, integration: amp}") + "permissions: read\n"
    (problem,) = check("steps: [{id: a, type: prompt, prompt: x}]", head=head)
    assert problem.message == "step `a`: agent `amp` cannot be held to `permissions: read`"
    assert check("steps: [{id: a, type: prompt, prompt: x, permissions: full}]", head=head) == []


def test_what_only_the_run_knows_is_passed_over(check):
    text = """\
        steps:
          - {id: s, type: shell, run: "echo claude"}
          - {id: a, type: prompt, prompt: x, integration: "{{ steps.s.output.stdout }}"}
          - {id: b, type: prompt, prompt: x, integration: amp, permissions: "{{ steps.s.output.stdout }}"}
          - {id: c, type: prompt, prompt: x}
    """
    assert check(text) == []


def test_the_projects_agent(check, tmp_path):
    (tmp_path / ".specify").mkdir()
    (tmp_path / ".specify" / "integration.json").write_text('{"default_integration": "gemini"}')

    for step in ("{id: a, type: prompt, prompt: x}", "{id: a, type: prompt, prompt: x, integration: auto}"):
        (problem,) = check(f"steps: [{step}]")
        assert problem.message == "step `a`: agent `gemini` is not installed: no `gemini` on PATH"


@pytest.mark.parametrize(
    "steps",
    [
        "steps: [{id: a, type: prompt, prompt: x, integration: gemini, fallback: [codex]}]",
        "steps: [{id: a, type: prompt, prompt: x, integration: claude, fallback: [gemini]}]",
        "steps: [{id: a, type: prompt, prompt: x, integration: gemini, if: '{{ inputs.y }}'}]\ninputs: {y: {}}",
        "steps: [{id: i, type: if, condition: 'true', then: [{id: a, type: prompt, prompt: x, integration: gemini}]}]",
    ],
)
def test_what_may_not_be_needed_is_a_warning(check, steps):
    (problem,) = check(steps)

    assert str(problem.severity) == "warning"
    assert "`gemini` is not installed" in problem.message


def test_a_step_that_sets_its_own_path_is_trusted(check):
    assert check("steps: [{id: a, type: prompt, prompt: x, integration: gemini, env: {PATH: /opt}}]") == []


def test_an_unknown_fallback_is_an_error(check):
    (problem,) = check("steps: [{id: a, type: prompt, prompt: x, integration: claude, fallback: [codx]}]")

    assert problem.is_error
    assert problem.hint == "did you mean `codex`?"


def test_what_is_not_installed_can_be_forgiven(tmp_path, agents, environ):
    steps = "steps: [{id: a, type: prompt, prompt: x, integration: gemini}, "
    steps += "{id: b, type: prompt, prompt: y, integration: x}]"
    workflow = load_workflow(WorkflowDefinition.from_string(HEAD + steps), StepTypes()).workflow

    problems = check_workflow_agents(workflow, agents, environ, tmp_path, forgive_missing=True)
    assert [str(problem.severity) for problem in problems] == ["warning", "error"]


CODEX = "{id: a, type: prompt, prompt: x, integration: codex}"


@pytest.mark.parametrize(
    ("head", "steps", "more"),
    [
        ("budget: {usd: 5, tokens: 100}\n", f"{CODEX}, {CODEX.replace('a', 'b', 1)}", " and 1 more"),
        ("", "{id: a, type: prompt, prompt: x, integration: codex, budget: {usd: 5}}", ""),
        ("budget: {usd: 5}\n", "{id: a, type: prompt, prompt: x, integration: claude, fallback: [codex]}", ""),
        ("", f"{{id: f, type: fan-out, items: [1], item_budget: {{usd: 5}}, steps: [{CODEX}]}}", ""),
    ],
)
def test_a_budget_in_dollars_that_an_agent_does_not_count_for_is_told(check, head, steps, more):
    (problem,) = check(f"{head}steps: [{steps}]")
    assert not problem.is_error
    assert problem.message == (
        f"step `a`{more}: agent `codex` does not tell what a call costs, so it does not count for a budget in `usd`"
    )


@pytest.mark.parametrize(
    ("head", "step"),
    [
        ("budget: {usd: 5}\n", "{id: a, type: prompt, prompt: x, integration: claude}"),
        ("budget: {tokens: 5, minutes: 3}\n", "{id: a, type: prompt, prompt: x, integration: codex}"),
        ("", "{id: a, type: prompt, prompt: x, integration: codex}, {id: s, type: shell, run: x, budget: {usd: 5}}"),
    ],
)
def test_budgets_that_count_are_not_doubted(check, head, step):
    assert check(f"{head}steps: [{step}]") == []
