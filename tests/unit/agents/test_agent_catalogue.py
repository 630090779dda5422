"""Agents of a user and of a project, laid over the package's own."""

import os

import pytest

from plait.agents.catalogue import agents_of
from plait.errors import UsageError
from plait.model.workflow import AgentLimits


@pytest.fixture
def place(tmp_path):
    """Return a function that writes the user's and the project's file and reads the agents."""
    mine = tmp_path / "config" / "plait" / "agents.toml"
    ours = tmp_path / "project" / ".specify" / "agents.toml"
    for path in (mine, ours):
        path.parent.mkdir(parents=True)

    def read(project="", user=""):
        for path, text in ((ours, project), (mine, user)):
            path.unlink(missing_ok=True)
            if text:
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return agents_of(tmp_path / "project", {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)})

    read.ours, read.mine = ours, mine
    return read


def test_without_files_the_table_of_the_package_stands(place):
    agents = place()

    assert len(agents) == 39
    assert list(agents) == sorted(agents)
    assert agents.permissions is None
    assert agents["claude"].limits is None


def test_single_fields_are_changed_the_project_last(place):
    user = """
        permissions = "read"
        [claude]
        model = ["-m", "{value}"]
        fallback = ["codex"]
        [claude.limits]
        max_concurrency = 3
        per_minute = 20
        [claude.permissions]
        edit = ["--mine"]
    """
    project = 'permissions = "full"\n[claude.limits]\nmax_concurrency = 2\n[claude.options]\nnew = ["--new"]\n'
    before = place()["claude"]
    agents = place(project, user)
    claude = agents["claude"]

    assert agents.permissions == "full"
    assert claude.model == ("-m", "{value}")
    assert claude.fallback == ("codex",)
    assert claude.limits == AgentLimits(2, 20)
    assert claude.permissions == {**before.permissions, "edit": ("--mine",)}
    assert claude.options == {**before.options, "new": ("--new",)}
    assert claude.run == before.run


def test_an_agent_is_added(place):
    agents = place('[mine]\nexecutable = "./tools/mine"\nrun = ["{prompt}"]\npermissions = { full = [] }\n')

    assert agents["mine"].executable == str(place.ours.parent.parent / "tools" / "mine")
    assert agents["mine"].name == "mine"
    assert agents["mine"].format == "text"
    assert len(agents) == 40


def test_a_changed_file_is_read_again(place):
    assert place('permissions = "read"\n').permissions == "read"
    assert place('permissions = "full"\n').permissions == "full"
    assert place().permissions is None


def test_generic_becomes_an_agent(place):
    agents = place('[generic]\nexecutable = "sh"\nrun = ["{prompt}"]\npermissions = { full = [] }\n')

    assert agents["generic"].executable == "sh"


@pytest.mark.parametrize(
    ("text", "where", "message", "hint"),
    [
        ("[claude\n", ":1:8: ", "expected ']' at the end of a table declaration", ""),
        ("x = \n", ":1:5: ", "invalid value", ""),
        ("[claude]\nmodell = []\n", ":2: ", "`modell` is not a setting of `claude`", "did you mean `model`?"),
        (
            "[claude.limits]\nmax_concurency = 1\n",
            ":2: ",
            "`max_concurency` is not a setting of `claude.limits`",
            "did you mean `max_concurrency`?",
        ),
        ("[claude.limits]\nper_minute = 0\n", ":2: ", "`per_minute` must be a whole number of at least 1", ""),
        ("[claude.limits]\nper_minute = true\n", ":2: ", "`per_minute` must be a whole number of at least 1", ""),
        ("[claude]\nrun = 'x'\n", ":2: ", "`run` must be a list of arguments", ""),
        ("[claude]\nrun = [1]\n", ":2: ", "`run` must be text", ""),
        (
            "[claude]\nmodel = ['{model}']\n",
            ":2: ",
            "`model` holds {model}, which stands for nothing",
            "known here: {value}",
        ),
        ("[claude]\nmodel = ['-m']\n", ":2: ", "`model` needs {value}", ""),
        (
            "[claude.permissions]\nedits = []\n",
            ":2: ",
            "`edits` is not a setting of `claude.permissions`",
            "did you mean `edit`?",
        ),
        (
            "[claude]\nprompt_by = 'sdtin'\n",
            ":2: ",
            "`prompt_by` must be one of stdin, argument, file",
            "did you mean `stdin`?",
        ),
        ("permissions = 'reed'\n", ":1: ", "`permissions` is `read`, `edit` or `full`", "did you mean `read`?"),
        ("permission = 'read'\n", ":1: ", "`permission` is not a setting", "did you mean `permissions`?"),
        ("claude = 3\n", ":1: ", "`claude` is not a setting", "settings of an agent stand in a table, [claude]"),
        ("['a b']\n", ":1: ", "`a b` is no name for an agent", "letters, digits and `-` make one"),
        ("[claude]\ncommands = 1\n", ":2: ", "`commands` must be a table", ""),
        (
            "[claude.commands]\nfile = 'x.md'\n",
            ":2: ",
            "`file` needs {stem}, {dashed} or {name}, the command's name",
            "",
        ),
        ("[claude.skills]\nuser = '/x'\n", ":2: ", "`user` must be a folder in the home, written `~/…`", ""),
        ("[omp.skills]\nuser = '~/x'\n", ":1: ", "`omp.skills` needs `project`", ""),
        ("[clade]\nmodel = []\n", ":1: ", "agent `clade` has no `executable`", "did you mean `claude`?"),
        ("[mine]\nexecutable = 'x'\n", ":1: ", "agent `mine` has no `run`, the arguments that follow `x`", ""),
        (
            "[mine]\nexecutable = 'x'\nrun = ['-p']\n",
            ":1: ",
            "`mine.run` has no place for the prompt",
            'add {prompt}, or prompt_by = "stdin"',
        ),
        (
            "[claude]\nfallback = ['codx']\n",
            ":2: ",
            "`claude.fallback` names `codx`, which is no agent",
            "did you mean `codex`?",
        ),
        (
            "[claude]\nformat = 'jsno'\n",
            ":2: ",
            "`claude.format` is `jsno`, which nobody can read",
            "did you mean `json`?",
        ),
    ],
)
def test_a_wrong_file_says_where_and_what(place, text, where, message, hint):
    with pytest.raises(UsageError) as caught:
        place(text)

    assert str(caught.value) == f"{place.ours}{where}{message}"
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe", "{} is not UTF-8 text"),
        (b"x = " + b"[" * 100_000, "{} is nested too deeply"),
        (b"#" * (1 << 21), "{} is no file of agents"),
    ],
)
def test_a_file_that_is_none_is_refused(place, data, message):
    with pytest.raises(UsageError) as caught:
        place(user=data)

    assert str(caught.value) == message.format(place.mine)


def test_a_pipe_in_place_of_a_file_is_refused(place):
    os.mkfifo(place.ours)

    with pytest.raises(UsageError) as caught:
        agents_of(place.ours.parent.parent, {"HOME": "/nowhere"})
    assert str(caught.value) == f"{place.ours} is no file of agents"


def test_an_unknown_agent_is_guessed_at(place):
    with pytest.raises(UsageError) as caught:
        place().named("gemni")

    assert (str(caught.value), caught.value.hint) == ("there is no agent `gemni`", "did you mean `gemini`?")


def test_a_relative_folder_of_settings_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "rel" / "plait").mkdir(parents=True)
    (tmp_path / "rel" / "plait" / "agents.toml").write_text('permissions = "full"\n')
    monkeypatch.chdir(tmp_path)

    assert agents_of(tmp_path, {"XDG_CONFIG_HOME": "rel", "HOME": str(tmp_path)}).permissions is None
