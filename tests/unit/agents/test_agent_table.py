"""The package's own table of agents: complete, sound, and the argv that it comes to."""

from pathlib import Path

import pytest

from plait.agents.catalogue import agents_of
from plait.agents.invocation import invoke
from plait.agents.request import Request
from plait.agents.streams import FORMATS

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "agents" / "argv.txt"
SPEC_KIT = [
    "agy",
    "alquimia",
    "amp",
    "auggie",
    "bob",
    "claude",
    "cline",
    "codebuddy",
    "codex",
    "command-code",
    "copilot",
    "cursor-agent",
    "devin",
    "droid",
    "firebender",
    "forge",
    "gemini",
    "generic",
    "goose",
    "grok",
    "hermes",
    "junie",
    "kilocode",
    "kimi",
    "kiro-cli",
    "lingma",
    "omp",
    "opencode",
    "pi",
    "qodercli",
    "qwen",
    "rovodev",
    "shai",
    "tabnine",
    "trae",
    "vibe",
    "zcode",
    "zed",
]
VERIFIED = ["claude", "codex", "continue", "copilot", "gemini", "opencode", "pi", "qwen"]
LEVELS = ("read", "edit", "full")


@pytest.fixture(scope="module")
def agents(tmp_path_factory):
    nowhere = tmp_path_factory.mktemp("nowhere")
    return agents_of(nowhere, {"HOME": str(nowhere)})


@pytest.fixture
def environ(tmp_path, agents):
    """Make a PATH on which every agent is installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for agent in agents.values():
        if agent.executable:
            (folder / agent.executable).write_text("#!/bin/sh\n")
            (folder / agent.executable).chmod(0o755)
    return {"PATH": str(folder), "HOME": str(tmp_path)}


def test_holds_every_agent_of_spec_kit(agents):
    assert len(SPEC_KIT) == 38
    assert set(agents) == {*SPEC_KIT, "continue"}


def test_says_which_were_verified(agents):
    assert [key for key, agent in agents.items() if agent.verified] == VERIFIED
    for key in VERIFIED:
        assert list(agents[key].permissions) == list(LEVELS)


@pytest.mark.parametrize("key", [*SPEC_KIT, "continue"])
def test_every_row_is_sound(agents, key):
    agent = agents[key]

    assert agent.format in FORMATS
    assert agent.install or agent.reason
    assert agent.commands is not None
    assert bool(agent.executable) != bool(agent.reason)
    assert bool(agent.executable) == bool(agent.run) == bool(agent.permissions)
    for run in (agent.run, agent.session_run):
        assert not run or {"{permission}", "{options}", "{extra}"} <= set(run)
    assert not agent.model or "{model}" in agent.run
    assert not agent.output or "{output}" in agent.run
    assert not agent.schema or "{schema}" in agent.run
    assert not agent.session or "{session}" in (agent.session_run or agent.run)
    assert set(agent.permission_env) <= set(agent.permissions)


def test_argv_of_every_agent(agents, environ, tmp_path):
    lines = []
    for key, agent in agents.items():
        for level in LEVELS:
            if level not in agent.permissions:
                continue
            invocation = invoke(agent, Request("P", model="M", permission=level), tmp_path / "files", environ)
            argv = [Path(invocation.argv[0]).name, *invocation.argv[1:]]
            argv = [word.replace(str(tmp_path), "TMP") for word in argv]
            env = "".join(f" {name}={value}" for name, value in invocation.env.items())
            stdin = "" if invocation.stdin is None else f" < {invocation.stdin.decode()}"
            lines.append(f"{key} | {level} | {argv}{stdin}{env}\n")

    assert "".join(lines) == GOLDEN.read_text(encoding="utf-8")
