"""A real agent CLI, set up as the documents say, uses the tools of the MCP server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.agent_clis import cli_path
from support.model_server import RunShell, UseTool, act, clis, say

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "skills-and-mcp.md"
PATIENCE = 120
MOST_CALLS = 20
HINT = "did you mean `shell`?"
BROKEN = "workflow: {id: a, name: A}\nsteps:\n  - {id: x, type: shel, run: ls}\n"
SETTINGS = {
    "claude": ".mcp.json",
    "codex": ".codex/config.toml",
    "gemini": ".gemini/settings.json",
    "opencode": "opencode.json",
}
ARGUMENTS = {
    "claude": "-p --output-format stream-json --verbose --permission-mode bypassPermissions --mcp-config .mcp.json",
    "codex": "exec --json --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox -",
    "gemini": f"--skip-trust --output-format stream-json --approval-mode yolo -m {clis.MODEL['gemini']}",
    "opencode": f"run --format json -m {clis.MODEL['opencode']}",
}


def documented(name):
    """Return the settings that the document shows under a file's name."""
    (text,) = re.findall(
        rf'^```\w+ title="{re.escape(name)}"\n(.*?)^```$', DOCUMENT.read_text(), re.DOTALL | re.MULTILINE
    )
    return text


def set_up(cli, agents):
    """Put the documented settings where they belong: Codex has its own in the home, beside those of the model."""
    name = SETTINGS[cli]
    file = (agents.home if cli == "codex" else agents.repository) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text() if file.exists() else ""
    file.write_text(before + "\n" + documented(name))


def uses(call, tool, arguments):
    """Return the use of a tool of the server, as the CLI names it; of one that waits, until it is there."""
    name = next((name for name in call.tools if re.fullmatch(rf"\w*plait\w*?_{tool}", name)), None)
    if name is not None:
        return UseTool(name, arguments)
    return UseTool("WaitForMcpServers", {}) if "WaitForMcpServers" in call.tools else RunShell("true")


@pytest.mark.parametrize(
    "cli", ["gemini", "codex", *(pytest.param(name, marks=pytest.mark.all_agents) for name in ("claude", "opencode"))]
)
def test_an_agent_calls_the_server_s_tools(cli, installed, agents, serve):
    installed(cli)

    def script(call):
        heard = "\n".join(call.tool_results)
        if call.number > MOST_CALLS:
            return say("The server's tools are not there.")
        if HINT not in heard:
            return act(uses(call, "validate", {"text": BROKEN}))
        return say("It has a mistake.") if '"runs"' in heard else act(uses(call, "list_runs", {}))

    server = serve(script)
    agents.connect(cli, server)
    set_up(cli, agents)
    path = f"{Path(sys.executable).parent}{os.pathsep}{agents.environment['PATH']}"
    done = subprocess.run(
        [cli_path(cli), *ARGUMENTS[cli].split()],
        cwd=agents.repository,
        env={**agents.environment, "PATH": path, "IS_SANDBOX": "1"},
        input="Is this workflow right?",
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    asked = [call for call in server.calls if not call.side]
    assert asked, done.stdout + done.stderr
    heard = "\n".join(asked[-1].tool_results)
    assert HINT in heard, done.stdout + done.stderr
    assert '"runs"' in heard
    assert "never choose for them" in json.dumps(asked[-1].body), "the tools' descriptions do not reach the model"
