"""Agent steps through the command: killed, stopped and gone on with. The agents are small scripts."""

import os
import signal

import pytest

from support.scripted_agent import ScriptedAgent, repository

STEP = "steps: [{id: work, type: prompt, prompt: do it all, integration: one, expects: changes}]\n"


@pytest.fixture
def agent(project, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(project.path / ".specify" / "own"))
    (project.path / ".specify").mkdir(exist_ok=True)
    return ScriptedAgent(project.path, "one")


def remembers_a_session(project):
    return any(event["event"] == "remembered" and event["value"]["session"] for event in project.events())


@pytest.mark.parametrize("killed", [signal.SIGKILL, signal.SIGTERM])
def test_the_next_attempt_goes_on_in_the_same_session(project, agent, killed):
    file = project.workflow(STEP)
    repository(project.path)
    agent.on(1, "echo half > half.txt\n" + agent.begins("conversation-1") + "touch .agents/begun; sleep 600\n")
    process = project.start("run", file, "--run-id", "r")
    project.until((project.path / ".agents" / "begun").exists)
    project.until(lambda: remembers_a_session(project))
    os.kill(process.pid, killed)
    process.communicate(timeout=60)

    shown = project.plait("resume", "r")
    assert shown.code == 0, shown
    assert agent.calls == 2
    assert agent.arguments(2)[-2:] == ["--session", "conversation-1"]
    assert agent.prompt(2).startswith("The earlier attempt at this task ended early: the process was ended.")
    assert agent.prompt(2).endswith("do it all")
    done = next(event for event in project.events() if event["event"] == "step_completed")
    assert done["output"]["changes"] == [{"path": "half.txt", "change": "added"}]


def test_an_answer_is_not_paid_for_again_when_what_follows_it_is_killed(project, agent):
    check = "touch .agents/checking; while [ ! -e .agents/released ]; do sleep 0.05; done"
    file = project.workflow(
        f"steps: [{{id: work, type: prompt, prompt: do it, integration: one, verify: [{check!r}]}}]\n"
    )
    agent.always(agent.says("It is done.", session="conversation-1"))
    process = project.start("run", file, "--run-id", "r")
    project.until((project.path / ".agents" / "checking").exists)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    (project.path / ".agents" / "released").touch()

    shown = project.plait("resume", "r")
    assert shown.code == 0, shown
    assert agent.calls == 1
    output = next(event for event in project.events() if event["event"] == "step_completed")["output"]
    assert (output["text"], output["session"], output["verified"]) == ("It is done.", "conversation-1", True)
    assert output["usage"]["output"] > 0
    assert sum(event["event"] == "spent" for event in project.events()) == 1
