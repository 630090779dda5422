"""The fields of a file and of its steps that are about agents: permissions, limits, budgets, classes of failures."""

from plait.load.definition import WorkflowDefinition
from plait.load.loader import load_workflow
from plait.model.problems import Mark, Severity
from plait.model.spending import Budget
from plait.model.workflow import AgentLimits

SHELL = "steps: [{id: a, type: shell, run: 'true'}]\n"
HEADER = "workflow: {id: demo, name: Demo}\n"


def test_the_fields_of_a_whole_file(workflow):
    found = workflow(
        "permissions: read\n"
        "agents: {claude: {max_concurrency: 3, per_minute: 20}, codex: {per_minute: 1}}\n"
        "budget: {usd: 5, tokens: 2_000_000, minutes: 0.5}\n" + SHELL
    )
    assert found.permissions == "read"
    assert found.limits == {"claude": AgentLimits(3, 20), "codex": AgentLimits(None, 1)}
    assert found.budget == Budget(5.0, 2_000_000, 0.5)


def test_nothing_is_limited_by_default(workflow):
    found = workflow(SHELL)
    assert (found.permissions, found.limits, found.budget) == (None, {}, None)
    assert found.steps[0].settings.budget is None


def test_a_step_may_have_a_budget_whatever_its_type(workflow):
    found = workflow("steps: [{id: a, type: shell, run: 'true', budget: {tokens: 7, usd: null}}]\n")
    assert found.steps[0].settings.budget == Budget(tokens=7)


def test_retry_may_name_any_class_of_failures(workflow):
    found = workflow("steps: [{id: a, type: shell, run: 'x', retry: {attempts: 2, on: [quota, verification, 3]}}]\n")
    assert found.steps[0].settings.retry.on == ("quota", "verification", 3)


def test_permissions_must_be_one_of_three(load):
    [problem] = load("permissions: 5\n" + SHELL).problems
    assert problem.message == "`permissions` must be one of `read`, `edit`, `full`"


def load_with_agents(text, step_types, names):
    return load_workflow(WorkflowDefinition.from_string(HEADER + text), step_types, agent_names=names)


def test_limits_of_an_unknown_agent_are_warned_of(step_types):
    text = "agents: {gemni: {per_minute: 3}, nobody: {per_minute: 3}, codex: {per_minute: 3}}\n" + SHELL
    loaded = load_with_agents(text, step_types, lambda: ["codex", "gemini"])
    assert loaded.workflow is not None
    assert [(each.severity, each.message, each.hint) for each in loaded.problems] == [
        (Severity.WARNING, "there is no agent `gemni`, so this limits nothing", "did you mean `gemini`?"),
        (Severity.WARNING, "there is no agent `nobody`, so this limits nothing", "`plait agents list` shows them"),
    ]
    assert loaded.problems[0].mark == Mark(2, 10)


def test_agents_are_not_asked_for_by_a_file_that_limits_none(step_types):
    def names():
        raise AssertionError

    assert load_with_agents(SHELL, step_types, names).workflow is not None
