"""What `prompt` and `command` send, and what they record."""

import json
import sys

import pytest

from plait.model.status import StepStatus


def test_a_prompt_is_sent_and_its_answer_recorded(project, one):
    one.always(one.says("hello there", cost=0.25, tokens=(10, 4, 5)))
    record = project.step("type: prompt, prompt: say hello, model: small")

    assert record.status is StepStatus.COMPLETED
    assert record.output == {
        "prompt": "say hello",
        "integration": "one",
        "model": "small",
        "exit_code": 0,
        "stdout": "hello there",
        "stderr": "",
        "dispatched": True,
        "agent": "one",
        "text": "hello there",
        "session": "s-1",
        "usage": {"input": 14, "cached": 4, "output": 5, "cost_usd": 0.25},
        "changes": None,
        "diffstat": None,
        "denied": [],
        "attempts": 1,
    }
    assert one.prompt(1) == "say hello"
    assert one.arguments(1) == ["--json", "--edit", "--model", "small"]


def test_options_reach_the_agent_the_step_s_own_over_the_workflow_s(project, one):
    head = 'schema_version: "1.0"\nworkflow: {id: w, name: w, integration: one, model: m, options: {effort: low}}\n'
    state = project.run(
        f"{head}inputs: {{much: {{type: string, default: high}}}}\n"
        "steps:\n"
        "  - {id: a, command: plan, input: {args: 'x {{ inputs.much }}'}}\n"
        "  - {id: b, command: plan, options: {effort: '{{ inputs.much }}'}, integration_args: --more 'a b'}\n"
    )
    assert one.arguments(1) == ["--json", "--edit", "--model", "m", "--effort", "low"]
    assert one.prompt(1) == "/speckit.plan x high"
    assert one.arguments(2) == ["--json", "--edit", "--model", "m", "--effort", "high", "--more", "a b"]
    assert state.records["b"].output["options"] == {"effort": "high"}
    assert list(state.records["a"].output)[:5] == ["command", "integration", "model", "options", "input"]


def test_the_file_of_a_command_is_sent_with_its_arguments(project):
    agent = project.agent("one")
    with (project.root / ".specify" / "agents.toml").open("a") as table:
        table.write('commands = { folder = ".own", file = "speckit.{stem}.md" }\n')
    (project.root / ".own").mkdir()
    (project.root / ".own" / "speckit.plan.md").write_text("---\nx: y\n---\nPlan this: $ARGUMENTS!\n")
    project.step("command: speckit.plan, input: {args: '`rm -rf` $HOME'}")

    assert agent.prompt(1) == "Plan this: `rm -rf` $HOME!\n"


@pytest.mark.parametrize("level", ["read", "edit", "full"])
def test_the_permissions_of_the_step_the_workflow_and_the_settings(project, one, level):
    project.step(f"type: prompt, prompt: x, permissions: {level}", "permissions: read")
    project.step("type: prompt, prompt: x", f"permissions: {level}")
    table = project.root / ".specify" / "agents.toml"
    table.write_text(f'permissions = "{level}"\n{table.read_text()}')
    project.step("type: prompt, prompt: x")

    assert [one.arguments(number) for number in (1, 2, 3)] == [["--json", f"--{level}"]] * 3


def test_permissions_may_be_an_expression(project, one):
    more = "inputs: {level: {type: string, default: full}}"
    project.step("type: prompt, prompt: x, permissions: '{{ inputs.level }}'", more)
    assert one.arguments(1) == ["--json", "--full"]

    record = project.step("type: prompt, prompt: x, permissions: '{{ inputs.level }}'", more.replace("full", "all"))
    assert record.error == "`permissions` must be read, edit or full, not 'all'"
    assert one.calls == 1


def test_auto_and_nothing_mean_the_project_s_default(project, one):
    other = project.agent("other")
    (project.root / ".specify" / "integration.json").write_text('{"integration": "other"}')
    record = project.step("type: prompt, prompt: x, integration: auto")
    assert record.output["integration"] == "other"
    project.run('schema_version: "1.0"\nworkflow: {id: w, name: w}\nsteps: [{id: a, type: prompt, prompt: x}]\n')
    assert (other.calls, one.calls) == (2, 0)


def test_an_agent_may_be_an_expression(project, one):
    state = project.run(
        'schema_version: "1.0"\nworkflow: {id: w, name: w, integration: "{{ inputs.who }}"}\n'
        "inputs: {who: {type: string, default: one}}\n"
        "steps: [{id: a, type: prompt, prompt: x}, {id: b, type: prompt, prompt: x, integration: '{{ inputs.who }}'}]\n"
    )
    assert state.records["a"].output["integration"] == state.records["b"].output["integration"] == "one"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ("integration: onne", "there is no agent `onne`; did you mean `one`?"),
        ("integration: auto", "no agent is named, and the project has no default one; write `integration: NAME`"),
        (
            "integration: gone",
            "agent `gone` is not installed: no `no-such-program` on PATH; install it with `get gone`",
        ),
        ("integration: zed", "Zed"),
    ],
)
def test_an_agent_that_cannot_be_called(project, one, fields, error):
    with (project.root / ".specify" / "agents.toml").open("a") as table:
        table.write(
            '[gone]\nexecutable = "no-such-program"\ninstall = "get gone"\nrun = ["{prompt}"]\n'
            "permissions = { edit = [] }\n"
        )
    record = project.step(f"type: prompt, prompt: x, {fields}")

    assert record.status is StepStatus.FAILED
    assert error in record.error
    assert (record.output["exit_code"], record.output["dispatched"]) == (1, False)


def test_an_agent_that_is_no_text_fails(project, one):
    record = project.step("command: x, integration: '{{ 1 == 1 }}'")
    assert (record.error, record.output) == ("`integration` must be text, but it is a boolean", {})


@pytest.mark.parametrize("prompt", ["''", "'  '", "'{{ inputs.x }}'"])
def test_an_empty_prompt_is_not_sent(project, one, prompt):
    record = project.step(f"type: prompt, prompt: {prompt}", "inputs: {x: {type: string, default: ''}}")
    assert (record.error, record.output["dispatched"], one.calls) == ("the prompt is empty", False, 0)


def test_an_exit_code_and_the_agent_s_own_error(project, one):
    one.always("echo it broke >&2\nexit 3\n")
    record = project.step("type: prompt, prompt: x")
    assert record.output["exit_code"] == 3
    assert record.output["stderr"] == "it broke\n"
    assert "it broke" in record.error

    one.always(one.says("no such model", error=True))
    record = project.step("type: prompt, prompt: x")
    assert (record.status, record.output["exit_code"]) == (StepStatus.FAILED, 0)
    assert "no such model" in record.error


def test_stdout_is_cut_the_text_is_not(project, one):
    one.always(one.says("äöü" * 10))
    output = project.step("type: prompt, prompt: x, capture: true, capture_max_bytes: 5").output
    assert (output["stdout"], output["text"]) == ("äö", "äöü" * 10)


@pytest.mark.parametrize("prompt", ["-rf --help", "a\x00b", "x" * 2_000_000])
def test_any_prompt_arrives_as_it_is(project, one, prompt):
    project.run(
        'schema_version: "1.0"\nworkflow: {id: w, name: w, integration: one}\n'
        "inputs: {p: {type: string}}\nsteps: [{id: a, type: prompt, prompt: '{{ inputs.p }}'}]\n",
        {"p": prompt},
    )
    assert one.prompt(1) == prompt


def test_hostile_output_is_only_recorded(project, one):
    text = "\x1b[2J$(touch owned) `touch owned` {{ inputs.x }} \u202e\n```json\n{}\n```"
    one.always(one.says(text) + one.prints(b"\xff\xfe" + b"x" * 100_000 + b"\n[[[[" + b"[" * 50_000 + b"\n"))
    output = project.step("type: prompt, prompt: x, verify: ['true']").output

    assert output["text"] == text
    assert not (project.root / "owned").exists()
    log = next(project.root.rglob("attempt-1.log")).read_text()
    assert "\x1b" not in log
    assert "\u202e" not in log


def test_what_an_agent_does_is_logged(project, one):
    events = [
        {
            "type": "assistant",
            "message": {"content": [{"type": "tool_use", "name": "Edit", "input": {"file_path": "a.py"}}]},
        },
        {"type": "assistant", "message": {"content": [{"type": "text", "text": "all\ngood"}]}},
    ]
    one.always(one.prints("".join(json.dumps(event) + "\n" for event in events)) + one.says("all\ngood"))
    project.step("type: prompt, prompt: x")

    log = next(project.root.rglob("attempt-1.log")).read_text()
    assert "> edit a.py\n" in log
    assert "all\n" in log


def test_a_time_limit_and_silence(project, one):
    one.always(one.begins() + "sleep 60\n")
    record = project.step("type: prompt, prompt: x, timeout: 0.5")
    assert (record.status, record.output["exit_code"], record.output["session"]) == (StepStatus.FAILED, -1, "s-1")
    assert "in time" in record.error or "timed out" in record.error
    record = project.step("type: prompt, prompt: x, idle_timeout: 0.5")
    assert "printed nothing for too long" in record.error


ACP = """\
#!{python}
import json, sys, pathlib
def send(**message):
    print(json.dumps({{"jsonrpc": "2.0", **message}}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    method = asked.get("method")
    if method == "initialize":
        send(id=asked["id"], result={{"protocolVersion": 1, "agentCapabilities": {{"loadSession": True}}}})
    elif method in ("session/new", "session/load"):
        send(id=asked["id"], result={{"sessionId": "acp-1"}})
    elif method == "session/prompt":
        pathlib.Path({heard!r}).write_text(json.dumps(asked["params"]["prompt"]))
        said = {{"sessionUpdate": "agent_message_chunk", "content": {{"type": "text", "text": "hello"}}}}
        send(method="session/update", params={{"sessionId": "acp-1", "update": said}})
        send(id=asked["id"], result={{"stopReason": "end_turn"}})
"""


def test_an_agent_may_be_spoken_to_in_acp(project, one):
    script = project.root / "acp-agent"
    script.write_text(ACP.format(python=sys.executable, heard=str(project.root / "heard")))
    script.chmod(0o755)
    with (project.root / ".specify" / "agents.toml").open("a") as table:
        table.write(
            f'[spoken]\nexecutable = "{script}"\nrun = ["{{prompt}}"]\nacp = ["--acp"]\n'
            "permissions = { read = [], edit = [], full = [] }\n"
        )
    record = project.step("type: prompt, prompt: say hello, integration: spoken, via: acp")
    assert record.error is None
    assert (record.output["text"], record.output["session"]) == ("hello", "acp-1")
    assert json.loads((project.root / "heard").read_text())[0]["text"] == "say hello"

    record = project.step("type: prompt, prompt: say hello, via: acp")
    assert "does not speak the Agent Client Protocol" in record.error


def test_halves_of_characters_do_no_harm(project, one):
    one.always(one.says('{"\ud800": "\udfff"}'))
    record = project.step("type: prompt, prompt: x, output_schema: {type: object}")
    assert record.status is StepStatus.COMPLETED
