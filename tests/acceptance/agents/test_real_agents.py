"""What agent steps promise, with real CLIs: `gemini` and `codex` in every run, the others where they are asked for."""

import json
import os
import re
import signal
import threading
from datetime import datetime

import pytest

from support.agent_clis import PACKAGES
from support.model_server import Fail, Hang, ReadFile, RunShell, Usage, WriteFile, act, conversation, say

EVERY_RUN = ("gemini", "codex")
OTHERS = tuple(name for name in PACKAGES if name not in EVERY_RUN)
BOTH = pytest.mark.parametrize("cli", EVERY_RUN)


@pytest.fixture(params=[*EVERY_RUN, *(pytest.param(name, marks=pytest.mark.all_agents) for name in OTHERS)])
def any_cli(request, installed):
    installed(request.param)
    return request.param


def test_an_agent_edits_a_file_and_its_record_says_what_it_did(any_cli, agents, serve):
    server = serve(conversation(act(WriteFile("hello.txt", "hello\n")), say("Wrote it.", Usage(200, 50, 30))))
    agents.connect(any_cli, server)
    result = agents.run(agents.write(agents.step(any_cli, "expects: changes")))
    assert result.get("status") == "completed", result
    output = agents.output()
    assert (agents.repository / "hello.txt").read_text().strip() == "hello"
    assert output["changes"] == [{"path": "hello.txt", "change": "added"}]
    assert "Wrote it." in output["text"]
    assert output["exit_code"] == 0
    if any_cli not in {"copilot", "continue"}:
        assert output["usage"]["output"] > 0
    if any_cli != "continue":
        assert output["session"]


def test_permission_read_leaves_the_tree_untouched(any_cli, agents, serve):
    server = serve(
        conversation(act(WriteFile("hello.txt", "hello\n")), act(RunShell("touch by-shell.txt")), say("I tried."))
    )
    agents.connect(any_cli, server)
    agents.run(agents.write(agents.step(any_cli, "permissions: read\nexpects: none")))
    assert server.calls
    assert agents.git("status", "--porcelain", "--untracked-files=all", "--", ":!.specify") == ""


@BOTH
def test_four_at_once(cli, installed, agents, serve):
    installed(cli)
    barrier = threading.Barrier(4, timeout=120)

    def script(call):
        if call.step == 0:
            barrier.wait()  # nobody is answered before all four are there
            return act(WriteFile(f"{call.prompt.split()[-1]}.txt", "x\n"))
        return say("Done.")

    agents.connect(cli, serve(script))
    body = agents.step(cli, step_id="one", prompt="Write {{ item }}").replace("\n", "\n    ")
    head = "- id: all\n  type: fan-out\n  items: [a, b, c, d]\n  max_concurrency: 4\n  step:\n      "
    file = agents.write(head + body[2:].rstrip())
    assert agents.run(file)["status"] == "completed"
    assert all((agents.repository / f"{name}.txt").exists() for name in "abcd")


def test_a_limit_holds_for_a_fan_out_of_eight(installed, agents, serve):
    installed("codex")
    lock, under_way, most = threading.Lock(), set(), []
    third = threading.Barrier(3, timeout=120)

    def script(call):
        name = call.prompt.split()[-1]
        with lock:
            if call.step == 0:
                under_way.add(name)
                most.append(len(under_way))
                first = len(most) <= 3
            else:
                under_way.discard(name)
        if call.step == 0:
            if first:
                third.wait()  # three do work at once
            return act(RunShell("true"))
        return say(f"Done with {name}.")

    agents.connect("codex", serve(script))
    body = agents.step("codex", step_id="one", prompt="Look at {{ item }}").replace("\n", "\n    ")
    items = "[a, b, c, d, e, f, g, h]"
    file = agents.write(
        f"- id: all\n  type: fan-out\n  items: {items}\n  max_concurrency: 8\n  step:\n      " + body[2:].rstrip(),
        top="agents: {codex: {max_concurrency: 3}}",
    )
    result = agents.run(file)
    assert result.get("status") == "completed", result
    assert max(most) == 3
    assert len(most) == 8


@BOTH
def test_an_answer_that_does_not_fit_the_schema_is_asked_for_again(cli, installed, agents, serve):
    installed(cli)

    def script(call):
        return say('{"count": "many"}') if len(call.texts) == 1 else say('{"count": 3}')

    server = serve(script)
    agents.connect(cli, server)
    schema = "output_schema: {type: object, properties: {count: {type: integer}}, required: [count]}"
    result = agents.run(agents.write(agents.step(cli, schema, prompt="How many?")))
    assert result.get("status") == "completed", result
    output = agents.output()
    assert output["data"] == {"count": 3}
    assert "How many?" in server.calls[-1].texts[0]
    assert "integer" in server.calls[-1].prompt


@BOTH
def test_a_failed_check_goes_back_to_the_agent(cli, installed, agents, serve):
    installed(cli)

    def script(call):
        if call.step:
            return say("Done.")
        return act(WriteFile("answer.txt", "41\n" if len(call.texts) == 1 else "42\n"))

    server = serve(script)
    agents.connect(cli, server)
    check = "verify: ['grep -q 42 answer.txt || { echo it is not 42; exit 3; }']"
    result = agents.run(agents.write(agents.step(cli, check, prompt="Write answer.txt")))
    assert result.get("status") == "completed", result
    output = agents.output()
    assert output["verified"] is True
    again = next(call.prompt for call in server.calls if len(call.texts) > 1)
    assert "it is not 42" in again
    assert "3" in again


@BOTH
def test_the_conversation_goes_on_after_kill_9(cli, installed, agents, serve):
    installed(cli)
    hang = Hang()

    def script(call):
        if len(call.texts) == 1:
            return act(WriteFile("first.txt", "1\n")) if call.step == 0 else hang
        return say("Went on.")

    server = serve(script)
    agents.connect(cli, server)
    process = agents.start("run", agents.write(agents.step(cli, prompt="The long task")), "--run-id", "r")
    assert hang.reached.wait(120)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shown = agents.plait("resume", "r")
    assert shown.code == 0, shown
    last = server.calls[-1]
    assert "The long task" in last.texts[0]
    assert len(last.texts) > 1
    assert last.tool_results
    assert "Went on." in agents.output()["text"]


def test_a_rate_limit_is_waited_out(installed, agents, serve):
    installed("codex")
    turns = iter([Fail("rate_limited", 1), say("At last.")])
    agents.connect("codex", serve(lambda _: next(turns)))
    result = agents.run(agents.write(agents.step("codex", prompt="Go")))
    assert result.get("status") == "completed", result
    failed = [event for event in agents.project.events() if event["event"] == "attempt_failed"]
    assert [event["failure"] for event in failed] == ["rate_limit"]
    assert agents.output()["text"] == "At last."


def test_a_used_up_quota_parks_the_item_and_the_others_go_on(installed, agents, serve):
    installed("codex")
    others_done = threading.Event()
    refused = threading.Event()
    done = []

    def script(call):
        name = call.prompt.split()[-1]
        if name == "a" and not refused.is_set():
            refused.set()
            return Fail("quota", 5)
        if name == "a":
            assert others_done.is_set()
        done.append(name)
        if {"b", "c"} <= set(done):
            others_done.set()
        return say(f"Done with {name}.")

    agents.connect("codex", serve(script))
    body = agents.step("codex", step_id="one", prompt="Do {{ item }}").replace("\n", "\n    ")
    file = agents.write(
        "- id: all\n  type: fan-out\n  items: [a, b, c]\n  max_concurrency: 1\n  step:\n      " + body[2:].rstrip()
    )
    result = agents.run(file)
    assert result.get("status") == "completed", result
    assert done == ["b", "c", "a"]
    waits = [event for event in agents.project.events() if event.get("failure") == "quota"]
    assert waits[0]["until"]


def test_a_quota_is_waited_for_after_kill_9_too(installed, agents, serve):
    installed("codex")
    turns = iter([Fail("quota", 8), say("After the reset.")])
    agents.connect("codex", serve(lambda _: next(turns)))
    process = agents.start("run", agents.write(agents.step("codex", prompt="Go")), "--run-id", "r")
    agents.project.until(lambda: any(event.get("failure") == "quota" for event in agents.project.events()))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shown = agents.plait("resume", "r")
    assert shown.code == 0, shown
    until = next(event["until"] for event in agents.project.events() if event.get("failure") == "quota")
    events = agents.project.events()
    second = [event for event in events if event["event"] == "step_started" and event["step_id"] == "s"][-1]
    assert datetime.fromisoformat(second["timestamp"]).timestamp() >= until - 1
    assert agents.output()["text"] == "After the reset."


@BOTH
def test_cancel_leaves_no_process_of_the_agent_or_of_its_tools(cli, installed, agents, serve, gone):
    installed(cli)
    agents.connect(cli, serve(conversation(act(RunShell("echo $$ > tool.pid; exec sleep 600")), say("?"))))
    process = agents.start("run", agents.write(agents.step(cli, "permissions: full")), "--run-id", "r")
    tool = agents.project.pid("tool.pid")
    process.send_signal(signal.SIGINT)
    assert agents.end(process).code == 130
    assert gone(tool)
    assert agents.children()
    assert all(gone(child) for child in agents.children())


@BOTH
def test_a_timeout_leaves_no_process(cli, installed, agents, serve, gone):
    installed(cli)
    agents.connect(cli, serve(conversation(act(RunShell("echo $$ > tool.pid; exec sleep 600")), Hang())))
    file = agents.write(agents.step(cli, "permissions: full\ntimeout: 20"))
    process = agents.start("run", file, "--run-id", "r", "--json")
    tool = agents.project.pid("tool.pid")
    shown = agents.end(process)
    assert shown.code == 1, shown
    assert "timed out" in json.loads(shown.out)["error"]
    assert gone(tool)


def test_an_agent_that_says_nothing_is_ended(installed, agents, serve, gone):
    installed("codex")
    hang = Hang()
    agents.connect("codex", serve([hang]))
    file = agents.write(agents.step("codex", "idle_timeout: 10"))
    shown = agents.plait("run", file, "--run-id", "r", "--json")
    assert shown.code == 1, shown
    assert all(gone(child) for child in agents.children())


def test_another_agent_takes_over(installed, agents, serve):
    installed("codex", "gemini")
    agents.connect("codex", serve([Fail("unauthorized")]))
    agents.connect("gemini", serve(conversation(act(WriteFile("hello.txt", "hello\n")), say("Gemini did it."))))
    fallback = f"fallback: [{{agent: gemini, model: {agents.models['gemini']}}}]"
    result = agents.run(agents.write(agents.step("codex", fallback)))
    assert result.get("status") == "completed", result
    output = agents.output()
    assert output["agent"] == "gemini"
    assert "Gemini did it." in output["text"]
    assert (agents.repository / "hello.txt").exists()


def test_a_budget_stops_the_run_until_it_is_raised(installed, agents, serve):
    installed("codex")
    agents.connect("codex", serve(lambda _: say("Done.", Usage(900, 0, 100))))
    steps = "".join(agents.step("codex", step_id=name, prompt=f"Do {name}") for name in ("a", "b", "c"))
    file = agents.write(steps, top="budget: {tokens: 2500}")
    shown = agents.plait("run", file, "--run-id", "r")
    assert shown.code == 3, shown
    assert "budget" in shown.out
    assert "--budget tokens=" in shown.out
    again = agents.plait("resume", "r")
    assert again.code == 3
    raised = agents.plait("resume", "r", "--budget", "tokens=10000")
    assert raised.code == 0, raised
    started = [event["step_id"] for event in agents.project.events() if event["event"] == "child_started"]
    assert started == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("cli", "prompt"),
    [
        ("codex", "-rf is how it begins"),
        ("gemini", "--help"),
        ("codex", "quotes \" and ' and $HOME `id` \\ %s"),
        ("gemini", "/memory is no command here, @src/app.py and ${HOME}"),
        ("gemini", "x" * 600_000),
    ],
)
def test_length_and_content_of_a_prompt_do_not_matter(cli, prompt, installed, agents, serve):
    installed(cli)
    server = serve([say("Read it.")])
    agents.connect(cli, server)
    result = agents.run(agents.write(reading(agents, cli, prompt)))
    assert result.get("status") == "completed", result
    assert any(prompt in text for text in server.calls[0].texts)


def test_a_prompt_longer_than_the_cli_takes_goes_by_a_file(installed, agents, serve):
    installed("codex")

    def script(call):
        path = re.search(r"/\S+\.md", call.texts[0])[0]
        return act(ReadFile(path)) if call.step == 0 else say("Read it.")

    server = serve(script)
    agents.connect("codex", server)
    result = agents.run(agents.write(reading(agents, "codex", "the whole task " * 150_000)))
    assert result.get("status") == "completed", result
    assert any("the whole task the whole task" in text for text in server.calls[-1].tool_results)


def reading(agents, cli, prompt):
    """Return steps that send the text of a file as the prompt."""
    (agents.repository / "prompt.txt").write_text(prompt)
    return f"""
    - {{id: text, type: shell, run: cat prompt.txt}}
    - id: s
      type: prompt
      prompt: "{{{{ steps.text.output.stdout }}}}"
      integration: {cli}
      model: {agents.models[cli]}
    """
