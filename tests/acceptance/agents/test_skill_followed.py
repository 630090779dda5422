"""A real agent CLI finds the skill, reads it, and writes, mends and runs a workflow by what it says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plait.journal import RunState
from plait.skill import DESCRIPTION
from support.agent_clis import PACKAGES, cli_path
from support.model_server import ReadFile, RunShell, UseTool, WriteFile, act, clis, say

EVERY_RUN = ("gemini", "codex")
OTHERS = tuple(name for name in PACKAGES if name not in (*EVERY_RUN, "continue"))
PATIENCE = 120
ARGUMENTS = {
    "claude": ["-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "bypassPermissions"],
    "codex": ["exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-"],
    "copilot": ["--output-format", "json", "--no-color", "--allow-all"],
    "gemini": ["--skip-trust", "--output-format", "stream-json", "--approval-mode", "yolo", "-m", clis.MODEL["gemini"]],
    "opencode": ["run", "--format", "json", "-m", clis.MODEL["opencode"]],
    "pi": ["-p", "--mode", "json", "--provider", "stub", "--model", clis.MODEL["pi"]],
    "qwen": ["--output-format", "stream-json", "--approval-mode", "yolo"],
}
TASK = "Make a Plait workflow hello.yml that prints hello, and run it."
BROKEN = """\
schema_version: "1.0"
workflow: {id: hello, name: Hello}
steps:
  - id: hello
    type: shel
    run: echo hello
"""
READS = {
    "activate_skill": {"name": "plait"},
    "Skill": {"skill": "plait"},
    "skill": {"name": "plait", "skill": "plait"},
}
"""Tools by which CLIs hand a skill to their model, and what they take; the others read the file."""


@pytest.fixture(params=[*EVERY_RUN, *(pytest.param(name, marks=pytest.mark.all_agents) for name in OTHERS)])
def cli(request, installed):
    installed(request.param)
    return request.param


def follow_the_skill(cli, folder):
    """Return a script: the skill is read, a file is written, checked, mended, checked, planned and run."""

    def read(call):
        for name, arguments in READS.items():
            # opencode's tool needs a program that it fetches from the network.
            if name in call.tools and cli != "opencode":
                known = (call.tools[name].schema or {}).get("properties", {})
                return UseTool(name, {key: value for key, value in arguments.items() if key in known})
        return ReadFile(f"{folder}/SKILL.md")

    def script(call):
        actions = [
            lambda: read(call),
            lambda: WriteFile("hello.yml", BROKEN),
            lambda: RunShell("plait validate hello.yml --json"),
            lambda: RunShell("sed -i 's/type: shel$/type: shell/' hello.yml"),
            lambda: RunShell("plait validate hello.yml --json"),
            lambda: RunShell("plait plan hello.yml --json"),
            lambda: RunShell("plait run hello.yml --run-id made --json"),
        ]
        # Not the step since the last prompt: some hand the skill to their model as one more word of the user.
        done = len(call.tool_results)
        return act(actions[done]()) if done < len(actions) else say("It printed hello.")

    return script


def run_cli(cli, agents, prompt):
    """Run a CLI in the repository, with the installed `plait` on its path; return what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{agents.environment['PATH']}"
    # Some run their commands in a login shell, which begins with a search path of its own.
    (agents.home / ".profile").write_text(f"export PATH='{path}'\n")
    done = subprocess.run(
        [cli_path(cli), *ARGUMENTS[cli]],
        cwd=agents.repository,
        env={**agents.environment, "PATH": path, "IS_SANDBOX": "1"},
        input=prompt,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return done.stdout + done.stderr


def test_an_agent_follows_the_skill_to_a_run(cli, agents, serve):
    done = agents.plait("skill", "install", "--agent", cli, "--json")
    assert done.code == 0, done
    (place,) = json.loads(done.out)["places"]
    server = serve(follow_the_skill(cli, place["folder"]))
    agents.connect(cli, server)

    printed = run_cli(cli, agents, TASK)

    asked = [call for call in server.calls if not call.side]
    assert asked, printed
    assert DESCRIPTION[:60] in json.dumps(asked[0].body), "the CLI does not offer the skill to its model"
    results = asked[-1].tool_results
    heard = [entry.text for entry in asked[-1].request.entries]
    assert any("## The loop" in text for text in heard), "the model never got the skill's text"
    assert any("did you mean `shell`?" in result for result in results), results
    state = RunState.load("made", agents.repository)
    assert state.status == "completed"
    assert state.records["hello"].output["stdout"] == "hello\n"
