"""The installed server, spoken to by the SDK's own client over stdio, and by hand where it is to be ended."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress

import pytest

from plait.journal import RunState
from support.step_packages import SHOUT, add_package

anyio = pytest.importorskip("anyio")
mcp = pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

GATE = """\
steps:
  - {id: draft, type: shell, run: "printf 'a \\\\033[31mred\\\\033[0m draft\\\\n'"}
  - {id: review, type: gate, message: Publish?, options: [approve, reject]}
  - {id: publish, type: shell, run: "./note published"}
"""
LONG = """\
steps:
  - {id: long, type: shell, run: "sleep 300 & echo $! > pid; wait"}
  - {id: after, type: shell, run: "./note after"}
"""
BAD = 'schema_version: "1.0"\nworkflow: {id: a, name: A}\nsteps:\n  - {id: x, type: shel, run: ls}\n'
LOOK = {"list_workflows", "list_runs", "validate", "plan", "status", "logs", "show", "explain"}
CHANGE = {"run", "resume", "answer", "cancel"}


class Talk:
    """A client's side of a conversation."""

    def __init__(self, client):
        self.client = client
        self.progress = []

    async def call(self, name, **arguments):
        """Call a tool; return whether it is an error, its text and its object."""

        async def told(progress, _total, message):
            self.progress.append((progress, message))

        result = await self.client.call_tool(name, arguments, progress_callback=told)
        return bool(result.is_error), result.content[0].text, result.structured_content

    async def good(self, name, **arguments):
        """Call a tool that must do it; return its object."""
        failed, text, found = await self.call(name, **arguments)
        assert not failed, text
        return found

    async def refused(self, name, **arguments):
        """Call a tool that must refuse; return its text."""
        failed, text, _ = await self.call(name, **arguments)
        assert failed, text
        return text


def converse(project, conversation):
    """Run a conversation with a server of a project."""
    words = ["-m", "plait", "mcp"]
    server = mcp.StdioServerParameters(command=sys.executable, args=words, cwd=project.path, env=environment())

    async def main():
        with anyio.fail_after(project.patience):
            async with mcp.Client(server) as client:
                await conversation(Talk(client))

    try:
        anyio.run(main)
    except BaseExceptionGroup as group:
        raise innermost(group) from None


def innermost(error):
    """Return what really went wrong, without the groups of tasks around it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(("PLAIT_", "SPEC"))}


def test_it_offers_tools_and_pages_and_checks_texts(project):
    project.workflow(GATE)
    noisy = 'import os\nprint("noise", flush=True)\nos.write(1, b"noise")\n'
    add_package(project.path, noisy + SHOUT)
    recorded = project.path / ".specify" / "workflows" / "runs"

    async def conversation(talk):
        tools = {tool.name: tool for tool in (await talk.client.list_tools()).tools}
        assert tools.keys() >= LOOK | CHANGE
        assert {name for name, tool in tools.items() if tool.annotations.read_only_hint} >= LOOK
        assert all(tools[name].annotations.destructive_hint for name in CHANGE)
        assert "person" in tools["answer"].description
        assert all(tool.output_schema for tool in tools.values())

        _, text, found = await talk.call("validate", text=BAD)
        assert "workflow.yml:4:19: error: unknown step type `shel`" in text
        assert "\n    |                   ^^^^\n  hint: did you mean `shell`?" in text
        assert found["valid"] is False
        assert (found["errors"][0]["line"], found["errors"][0]["column"]) == (4, 19)
        assert (await talk.good("validate", text=BAD.replace("shel,", "shell,")))["valid"] is True
        assert (await talk.good("validate", source="w.yml"))["valid"] is True
        printed = json.loads((await run_plait(project, "validate", "w.yml", "--json")).stdout)
        assert await talk.good("validate", source="w.yml") == printed
        _, text, planned = await talk.call("plan", source="w.yml")
        assert [step["id"] for step in planned["steps"]] == ["draft", "review", "publish"]
        assert "Publish?" in text
        assert not recorded.exists()
        assert (await talk.good("validate", text=BAD.replace("shel, run: ls", "shout, text: hello")))["valid"] is True

        pages = {resource.uri: resource for resource in (await talk.client.list_resources()).resources}
        (page,) = (await talk.client.read_resource("plait://reference/steps")).contents
        assert "plait://reference/steps" in pages
        assert "## fan-out" in page.text
        (schema,) = (await talk.client.read_resource("plait://schema")).contents
        assert "fan-out" in json.loads(schema.text)["definitions"]["step"]["properties"]["type"]["enum"]
        with pytest.raises(mcp.MCPError, match="no run"):
            await talk.client.read_resource("plait://runs/none")

    converse(project, conversation)


async def run_plait(project, *words):
    return await anyio.run_process(
        [sys.executable, "-m", "plait", *words], cwd=project.path, env=environment(), check=False
    )


def test_a_run_from_its_start_over_a_person_s_answer_to_its_end(project):
    project.workflow(GATE)
    project.workflow('steps: [{id: broken, type: shell, run: "exit 4"}]', "broken.yml")

    async def conversation(talk):
        paused = await talk.good("run", source="w.yml", wait_seconds=60)
        run_id = paused["run_id"]
        assert (paused["status"], paused["exit_code"]) == ("paused", 3)
        assert paused["waiting"][0]["options"] == ["approve", "reject"]
        assert talk.progress[-1] == (2, "review")
        assert [run["run_id"] for run in (await talk.good("list_runs"))["runs"]] == [run_id]

        assert "'maybe' is none of the options" in await talk.refused("answer", run_id=run_id, choice="maybe")
        answered = await talk.good("answer", run_id=run_id, choice="approve", comment="she said so")
        assert answered == {"run_id": run_id, "step_id": "review", "choice": "approve", "running": False}
        assert project.effects() == []
        done = await talk.good("resume", run_id=run_id, wait_seconds=60)
        assert done["status"] == "completed"
        assert project.effects() == ["publish"]
        state = RunState.load(run_id, project.path)
        assert state.records["review"].output["answered_by"] == "mcp"

        logs = await talk.good("logs", run_id=run_id, step_id="draft")
        assert logs["logs"][0]["text"] == "a red draft\n"
        _, text, _ = await talk.call("explain", run_id=run_id, step_id="review")
        assert "approve" in text
        shown = await talk.good("show", run_id=run_id)
        assert "\x1b" not in json.dumps(shown, ensure_ascii=False)
        assert (await talk.good("status", run_id=run_id))["steps"]["publish"] == "completed"
        assert "has completed" in await talk.refused("resume", run_id=run_id)

        failed = await talk.good("run", source="broken.yml", wait_seconds=60)
        assert (failed["status"], failed["failure"]["step_id"]) == ("failed", "broken")

    converse(project, conversation)


def test_hostile_arguments_are_refused_and_the_server_goes_on(project_at, tmp_path):
    project = project_at(tmp_path / "project")
    project.workflow(
        "inputs: {word: {type: string}}\nsteps: [{id: a, type: shell, run: './note \"{{ inputs.word }}\"'}]"
    )
    outside = tmp_path / "outside.yml"
    outside.write_text(project.path.joinpath("w.yml").read_text())
    (project.path / "link.yml").symlink_to(outside)
    (project.path / "bad.yml").write_text(BAD)

    async def conversation(talk):
        for source in ("../outside.yml", str(outside), "link.yml", "..", "a/b", "--events", "https://[", "x\0.yml"):
            for tool in ("run", "validate", "plan"):
                assert (await talk.refused(tool, source=source)).startswith("error: "), source
        text = await talk.refused("run", source="bad.yml")
        assert "bad.yml:4:19: error: unknown step type `shel`" in text
        assert "^^^^" in text
        assert "no such file" in await talk.refused("run", source="missing.yml")
        assert "did you mean `word`?" in await talk.refused("run", source="w.yml", inputs={"wrd": "x"})
        for run_id in ("../../x", "none", "", "x\0", "-x"):
            for tool in ("status", "logs", "show", "cancel", "resume"):
                assert (await talk.refused(tool, run_id=run_id)).startswith("error: "), run_id
        huge = await talk.good("validate", text="# " + "x" * (6 << 20))
        assert "longer than 5 MiB" in huge["errors"][0]["message"]
        assert (await talk.good("validate", text="{" * 100_000))["valid"] is False
        assert "Field required" in await talk.refused("run")

        word = "'; touch hacked; $(touch hacked) --events"
        done = await talk.good("run", source="w.yml", inputs={"word": word}, wait_seconds=60)
        assert done["status"] == "completed"
        state = RunState.load(done["run_id"], project.path)
        assert state.records["a"].output["stdout"] == word

    converse(project, conversation)
    assert not (project.path / "hacked").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside.yml", "project"]


def test_when_stdin_closes_the_server_ends_and_the_run_goes_on(project, gone):
    project.workflow(LONG)
    server = project.start("mcp", stdin=subprocess.PIPE)
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    ask(server, 1, "initialize", hello)
    server.stdin.write(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
    found = ask(server, 2, "tools/call", {"name": "run", "arguments": {"source": "w.yml"}})
    run_id = found["structuredContent"]["run_id"]
    assert found["structuredContent"]["status"] in ("created", "running")
    command = project.pid("pid")

    out, err = server.communicate(timeout=project.patience)

    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)  # as clients do with what is left of their server
    assert (server.returncode, out, err) == (0, b"", b"")
    assert not gone(command)
    assert project.status(run_id) == "running"

    async def another_server(talk):
        assert (await talk.good("status", run_id=run_id))["status"] == "running"
        ended = await talk.good("cancel", run_id=run_id, pause=True)
        assert ended["result"] == "requested"
        assert (await talk.good("status", run_id=run_id, wait_seconds=60))["status"] == "paused"
        assert gone(command)
        (project.path / "pid").unlink()
        assert (await talk.good("resume", run_id=run_id))["status"] == "running"
        again = await anyio.to_thread.run_sync(project.pid, "pid")
        await talk.good("cancel", run_id=run_id)
        assert (await talk.good("status", run_id=run_id, wait_seconds=60))["status"] == "aborted"
        assert gone(again)

    converse(project, another_server)
    assert project.effects() == []


def ask(server, number, method, params):
    """Send a request by hand; return its result."""
    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    server.stdin.write(json.dumps(request).encode() + b"\n")
    server.stdin.flush()
    while True:
        answer = json.loads(server.stdout.readline())
        if answer.get("id") == number:
            return answer["result"]


def test_without_the_extra_it_says_what_to_install(project):
    package = project.path / "shadow" / "mcp"
    package.mkdir(parents=True)
    lacking = "raise ModuleNotFoundError(\"No module named 'mcp'\", name='mcp')"
    package.joinpath("__init__.py").write_text(textwrap.dedent(lacking))

    shown = project.plait("mcp", env={"PYTHONPATH": str(project.path / "shadow")})

    assert (shown.code, shown.out) == (2, "")
    assert 'hint: pip install "plait[mcp]"' in shown.err


def test_a_signal_ends_it_at_once(project):
    server = project.start("mcp", stdin=subprocess.PIPE)
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    ask(server, 1, "initialize", hello)
    server.terminate()

    assert server.wait(project.patience) == 130
    with suppress(BrokenPipeError):
        server.stdin.close()
