"""What agent steps promise of the CLIs that speak the Agent Client Protocol: `gemini` in every run."""

import os
import signal

import pytest

from support.model_server import Fail, Hang, RunShell, WriteFile, act, conversation, say

OTHERS = ("copilot", "opencode", "qwen")


@pytest.fixture(params=["gemini", *(pytest.param(name, marks=pytest.mark.all_agents) for name in OTHERS)])
def cli(request, installed):
    installed(request.param)
    return request.param


def test_it_edits_a_file(cli, agents, serve):
    agents.connect(cli, serve(conversation(act(WriteFile("hello.txt", "hello\n")), say("Wrote it."))))
    result = agents.run(agents.write(agents.step(cli, "via: acp\nexpects: changes")))
    assert result.get("status") == "completed", result
    assert (agents.repository / "hello.txt").read_text().strip() == "hello"
    output = agents.output()
    assert "Wrote it." in output["text"]
    assert output["session"]
    assert output["exit_code"] == 0


def test_permission_read_leaves_the_tree_untouched(cli, agents, serve):
    server = serve(
        conversation(act(WriteFile("hello.txt", "hello\n")), act(RunShell("touch by-shell.txt")), say("I tried."))
    )
    agents.connect(cli, server)
    agents.run(agents.write(agents.step(cli, "via: acp\npermissions: read\nexpects: none")))
    assert server.calls
    assert agents.git("status", "--porcelain", "--untracked-files=all", "--", ":!.specify") == ""


def test_cancel_leaves_no_process(cli, agents, serve, gone):
    agents.connect(cli, serve(conversation(act(RunShell("echo $$ > tool.pid; exec sleep 600")), say("?"))))
    process = agents.start("run", agents.write(agents.step(cli, "via: acp\npermissions: full")), "--run-id", "r")
    tool = agents.project.pid("tool.pid")
    process.send_signal(signal.SIGINT)
    assert agents.end(process).code == 130
    assert gone(tool)
    assert agents.children()
    assert all(gone(child) for child in agents.children())


def test_an_answer_that_does_not_fit_the_schema_is_asked_for_again(cli, agents, serve):
    agents.connect(cli, serve(lambda call: say('{"count": 3}' if "not the JSON" in call.prompt else "Many.")))
    schema = "output_schema: {type: object, properties: {count: {type: integer}}, required: [count]}"
    result = agents.run(agents.write(agents.step(cli, f"via: acp\n{schema}", prompt="How many?")))
    assert result.get("status") == "completed", result
    assert agents.output()["data"] == {"count": 3}


def test_the_conversation_goes_on_after_kill_9(cli, agents, serve):
    """In the same session where the CLI still has it, else in a new one that is told the whole task."""
    hang = Hang()
    resumed = []

    def script(call):
        if resumed:
            return say("Went on.")
        return act(WriteFile("first.txt", "1\n")) if call.step == 0 else hang

    server = serve(script)
    agents.connect(cli, server)
    process = agents.start("run", agents.write(agents.step(cli, "via: acp", prompt="The long task")), "--run-id", "r")
    assert hang.reached.wait(120)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    resumed.append(True)
    shown = agents.plait("resume", "r")
    assert shown.code == 0, shown
    assert "The long task" in server.calls[-1].prompt
    assert "Went on." in agents.output()["text"]


def test_a_login_that_is_refused_fails_the_step(cli, agents, serve):
    agents.connect(cli, serve(lambda _: Fail("unauthorized")))
    assert agents.run(agents.write(agents.step(cli, "via: acp")))["status"] == "failed"
    assert any(word in agents.error() for word in ("401", "API key", "Authentication")), agents.error()
