"""The command line that puts a request to an agent."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.agents.agent import Agent
from plait.agents.catalogue import agents_of
from plait.agents.invocation import LONGEST_ARGUMENT, find_executable, invoke, invoke_acp, takes_schema
from plait.agents.request import Request
from plait.errors import PlaitError

EVERYTHING = ("{model}", "{output}", "{permission}", "{session}", "{schema}", "{options}", "{extra}")
AWKWARD = ["-rf", "- list", "a\nb", 'it\'s "quoted" $HOME `x` {prompt} {model}', "/plan it", "@file", "\0", "ünï ☃"]


def agent(**fields):
    facts = {
        "key": "tool-x",
        "name": "Tool",
        "executable": "sh",
        "run": (*EVERYTHING, "--", "{prompt}"),
        "model": ("--model", "{value}"),
        "output": ("--json",),
        "permissions": {"read": ("--ro",), "edit": (), "full": ("--all",)},
        "permission_env": {"full": {"FREE": "1"}},
        "session": ("--resume", "{value}"),
        "options": {"effort": ("--effort", "{value}"), "dir": ("--dir={item}",), "loud": ("--loud",)},
        "env": {"TOOL": "quiet"},
    }
    return Agent(**{**facts, **fields})


@pytest.fixture
def environ():
    return {"PATH": "/bin:/usr/bin"}


@pytest.fixture
def call(tmp_path, environ):
    def make(request, changed=None, **more):
        return invoke(changed or agent(), request, tmp_path / "files", {**environ, **more})

    return make


def words(invocation):
    return list(invocation.argv[1:])


def test_groups_are_filled_or_left_out(call):
    assert words(call(Request("do it"))) == ["--json", "--", "do it"]

    full = Request("do it", "big", "full", "s-1", options={"effort": "high"}, extra=("--mine",))
    invocation = call(full)
    expected = ["--model", "big", "--json", "--all", "--resume", "s-1", "--effort", "high", "--mine", "--", "do it"]
    assert words(invocation) == expected
    assert invocation.env == {"TOOL": "quiet", "FREE": "1"}
    assert Path(invocation.argv[0]).is_absolute()


def test_another_subcommand_goes_on_with_a_session(call):
    codex = agent(
        run=("exec", "{prompt}"), session=("{value}",), session_run=("exec", "resume", "{session}", "{prompt}")
    )

    assert words(call(Request("x"), codex)) == ["exec", "x"]
    assert words(call(Request("x", session="id"), codex)) == ["exec", "resume", "id", "x"]


@pytest.mark.parametrize("prompt", [*AWKWARD, "x" * 2_000_000])
def test_stdin_takes_any_prompt(call, prompt):
    invocation = call(Request(prompt), agent(prompt_by="stdin", run=("-p",)))

    assert invocation.stdin == prompt.encode()
    assert words(invocation) == ["-p"]


def test_a_prompt_that_stdin_does_not_take_is_put_into_a_file(call, tmp_path):
    short = agent(prompt_by="stdin", run=("-p",), longest_prompt=10)

    assert call(Request("x" * 10), short).stdin == b"x" * 10
    (told,) = [call(Request("x" * 11), short).stdin.decode()]
    (file,) = (tmp_path / "files").iterdir()
    assert told == f"Read the file {file} and do what it says. It holds your whole task."
    assert file.read_text() == "x" * 11


@pytest.mark.parametrize("prompt", ["-rf", "a\0b", "x" * (LONGEST_ARGUMENT + 1), "☃" * (LONGEST_ARGUMENT // 2)])
def test_a_prompt_that_no_argument_can_hold_is_put_into_a_file(call, tmp_path, prompt):
    (*_, told) = call(Request(prompt)).argv

    (file,) = (tmp_path / "files").iterdir()
    assert told == f"Read the file {file} and do what it says. It holds your whole task."
    assert file.read_bytes() == prompt.encode()


def test_a_file_is_handed_over_where_the_cli_takes_one(call, tmp_path):
    invocation = call(Request("-x\0"), agent(prompt_by="file", run=("--file", "{prompt_file}")))

    (file,) = (tmp_path / "files").iterdir()
    assert words(invocation) == ["--file", str(file)]
    assert invocation.stdin is None


@given(prompt=st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=40))
def test_a_prompt_stays_one_argument(tmp_path_factory, prompt):
    argv = invoke(agent(), Request(prompt), tmp_path_factory.getbasetemp() / "files", {"PATH": "/bin:/usr/bin"}).argv

    assert len(argv) == 4
    assert prompt.startswith("-") or argv[3] == prompt


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("x", model="--evil"), "the model '--evil' is not a name"),
        (Request("x", model=" "), "the model ' ' is not a name"),
        (Request("x", session="-1"), "the session '-1' is not a name"),
        (Request("x", model="a\0b"), "an argument of an agent holds a NUL character"),
        (Request("x", options={"effort": "--evil"}), "the option `effort` may not begin with `-`: '--evil'"),
        (Request("x", options={"loud": "yes"}), "the option `loud` is either true or false, not 'yes'"),
    ],
)
def test_values_that_would_be_options_are_refused(call, request_, message):
    with pytest.raises(PlaitError) as caught:
        call(request_)

    assert str(caught.value) == message


def test_what_an_agent_cannot_do_is_refused(call):
    meek = agent(permissions={"full": ()}, session=(), permission_env={})

    with pytest.raises(PlaitError) as caught:
        call(Request("x"), meek)
    assert str(caught.value) == "agent `tool-x` cannot be held to `permissions: edit`"
    assert caught.value.hint == "it can do: full"
    with pytest.raises(PlaitError, match="agent `tool-x` cannot go on with a session"):
        call(Request("x", permission="full", session="a"), meek)


def test_options_that_the_cli_does_not_know_are_told_to_the_agent(call):
    options = {"dir": ["a b", "c"], "loud": True, "tone": "dry", "deep": {"n": 1}, "effort": None, "EFFORT": False}

    (*arguments, prompt) = words(call(Request("Task.", options=options)))
    assert arguments == ["--json", "--dir=a b", "--dir=c", "--loud", "--"]
    assert prompt == 'Task.\n\nOptions:\n- tone: dry\n- deep: {"n": 1}\n- EFFORT: false\n'


def test_options_may_be_written_with_hyphens(call):
    claude = agents_of(Path("/nowhere"), {"HOME": "/nowhere"})["claude"]

    invocation = call(
        Request("x", options={"max-turns": 3, "allowed_tools": ["Bash(git *)", "Edit"]}),
        claude,
        SPECKIT_INTEGRATION_CLAUDE_EXECUTABLE="sh",
    )
    assert "--max-turns 3 --allowed-tools=Bash(git *),Edit" in " ".join(invocation.argv)


def test_a_schema_is_handed_over_as_text_or_as_a_file(call, tmp_path):
    schema = {"type": "object"}
    as_text = call(Request("x", schema=schema), agent(schema=("--schema", "{value}")))
    as_file = call(Request("x", schema=schema), agent(schema=("--schema", "@{file}")))

    assert words(as_text)[1:3] == ["--schema", '{"type": "object"}']
    (file,) = (tmp_path / "files").iterdir()
    assert words(as_file)[1:3] == ["--schema", f"@{file}"]
    assert json.loads(file.read_text()) == schema


def test_a_schema_too_long_for_an_argument_is_left_to_the_prompt(call):
    long = {"enum": ["x" * LONGEST_ARGUMENT]}

    in_argument, in_file = agent(schema=("--schema", "{value}")), agent(schema=("--schema", "{file}"))
    assert takes_schema(in_argument, {"enum": ["x"]})
    assert not takes_schema(in_argument, long)
    assert "--schema" not in call(Request("x", schema=long), in_argument).argv
    assert takes_schema(in_file, long)
    assert not takes_schema(agent(), {})


def test_the_environment_names_another_executable_and_adds_arguments(call, tmp_path):
    other = tmp_path / "my tool"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)

    changed = {
        "SPECKIT_INTEGRATION_TOOL_X_EXECUTABLE": f" {other} ",
        "SPECKIT_INTEGRATION_TOOL_X_EXTRA_ARGS": "--a 'b c'",
    }
    assert call(Request("x"), **changed).argv == (str(other), "--json", "--a", "b c", "--", "x")
    blank = {"SPECKIT_INTEGRATION_TOOL_X_EXECUTABLE": " "}
    assert call(Request("x"), **blank).argv[0].endswith("/sh")


def test_arguments_of_the_environment_that_cannot_be_split_are_refused(call):
    with pytest.raises(PlaitError) as caught:
        call(Request("x"), SPECKIT_INTEGRATION_TOOL_X_EXTRA_ARGS="--a 'b")

    assert (
        str(caught.value)
        == "SPECKIT_INTEGRATION_TOOL_X_EXTRA_ARGS cannot be split into arguments: no closing quotation"
    )


@pytest.mark.parametrize(
    ("setting", "asked", "used"),
    [("1", "edit", "--all"), ("0", "full", None), ("1", "read", "--ro"), ("0", "edit", None), ("no", "edit", "--all")],
)
def test_a_variable_of_spec_kit_frees_the_agent_or_holds_it(call, setting, asked, used):
    free = agent(full_by=("NEW", "OLD"))

    argv = words(call(Request("x", permission=asked), free, NEW=setting, OLD="1"))
    assert [word for word in argv if word in ("--all", "--ro")] == ([used] if used else [])


def test_an_agent_that_is_missing_says_how_to_get_it(call):
    cases = [
        (agent(executable="no-such", install="npm i -g x"), "install it with `npm i -g x`"),
        (agent(executable="no-such", install="https://x.org"), "get it from https://x.org"),
        (agent(executable="no-such"), ""),
    ]
    for missing, hint in cases:
        with pytest.raises(PlaitError) as caught:
            call(Request("x"), missing)
        assert (str(caught.value), caught.value.hint) == ("agent `tool-x` is not installed: no `no-such` on PATH", hint)

    with pytest.raises(PlaitError) as caught:
        call(Request("x"), agent(executable=None, reason="it lives in an editor"))
    assert str(caught.value) == "agent `tool-x` cannot be run by a workflow: it lives in an editor"
    with pytest.raises(PlaitError) as caught:
        call(Request("x"), SPECKIT_INTEGRATION_TOOL_X_EXECUTABLE="/no/such")
    assert str(caught.value) == (
        "agent `tool-x`: SPECKIT_INTEGRATION_TOOL_X_EXECUTABLE names `/no/such`, which is not an executable"
    )


def test_executables_are_looked_for_on_the_path_of_the_step(tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("")
    named = agent(executable="tool")

    assert find_executable(named, {"PATH": str(tmp_path)}) is None
    tool.chmod(0o755)
    assert find_executable(named, {"PATH": str(tmp_path)}) == str(tool)
    assert find_executable(named, {"PATH": "/nowhere"}) is None


def test_acp(environ):
    speaks = agent(acp=("--acp", "{model}", "{extra}"))

    invocation = invoke_acp(speaks, Request("x", model="m", extra=("-v",)), environ)
    assert list(invocation.argv[1:]) == ["--acp", "--model", "m", "-v"]
    assert invocation.env == {"TOOL": "quiet"}
    assert invoke_acp(speaks, Request("x", permission="full"), environ).env == {"TOOL": "quiet", "FREE": "1"}
    with pytest.raises(PlaitError, match="agent `tool-x` does not speak the Agent Client Protocol"):
        invoke_acp(agent(), Request("x"), environ)
