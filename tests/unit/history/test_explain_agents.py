"""What is told of steps that agents do: who took over, what was checked and repaired, what was waited for."""

import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.agents import patience
from plait.history.explain import explain
from plait.history.recorded import read_recorded
from support.history import facts_of, sentences
from support.scripted_agent import ScriptedAgent

HEADER = 'schema_version: "1.0"\nworkflow: {id: w, name: w, integration: one}\n'


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory, monkeypatch):
    """Neither the user's settings nor their pool of places reach a test."""
    home = tmp_path_factory.mktemp("home")
    for name, folder in (("HOME", home), ("XDG_CONFIG_HOME", home / "config"), ("XDG_STATE_HOME", home / "state")):
        monkeypatch.setenv(name, str(folder))


def told_of(root, fields, more=""):
    """Run a workflow of one step that an agent does, and return why it came to be as it is."""
    text = f"{HEADER}{more}steps:\n  - {{id: a, type: prompt, prompt: do it, {fields}}}\n"
    WorkflowEngine(root, signals=()).execute(WorkflowDefinition.from_string(text), run_id="run")
    return explain(read_recorded("run", root), "a")


def test_an_agent_that_took_over(tmp_path):
    one, _ = ScriptedAgent(tmp_path, "one"), ScriptedAgent(tmp_path, "other")
    one.always("echo 'invalid api key: 401 Unauthorized' >&2; exit 1\n")
    found = told_of(tmp_path, "fallback: [other]")
    (taken,) = facts_of(found, "took_over")
    assert (taken.values["agent"], taken.values["instead_of"]) == ("other", "one")
    assert any(each.startswith("The agent other took over from one: ") for each in sentences(found))


def test_work_that_was_repaired(tmp_path):
    one = ScriptedAgent(tmp_path, "one")
    one.on(2, "touch right\n" + one.says("repaired"))
    found = told_of(tmp_path, "verify: ['test -f right']")
    assert 'Its checks passed after 2 calls to the agent in this try, the last of them "test -f right".' in sentences(
        found
    )
    assert facts_of(found, "spent")[0].values["calls"] == 2


def test_work_that_was_never_right(tmp_path):
    ScriptedAgent(tmp_path, "one")
    found = told_of(tmp_path, "verify: ['exit 7'], verify_attempts: 0")
    assert 'Its check "exit 7" exited with 7.' in sentences(found)
    assert facts_of(found, "failed")[0].values["failure"] == "verification"


def test_a_limit_of_the_agent_s(tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)
    one = ScriptedAgent(tmp_path, "one")
    one.on(1, "echo '429 rate limit exceeded, too many requests' >&2; exit 1\n")
    found = told_of(tmp_path, "timeout: 60")
    assert facts_of(found, "limit")[0].values["failure"] == "rate_limit"
