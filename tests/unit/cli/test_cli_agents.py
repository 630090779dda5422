"""Agents on the command line: looked for before anything runs; budgets raised; runs that wait for them."""

import json

import pytest

from plait.api import WorkflowEngine
from plait.cli.main import main
from plait.load import WorkflowDefinition
from plait.model.outcome import StepResult
from plait.model.spending import Spending
from support.steps import Do

HEADER = 'schema_version: "1.0"\nworkflow: {id: demo, name: Demo}\n'
CHOSEN = (
    "inputs: {integration: {type: string, default: absent}}\n"
    "steps:\n"
    "  - id: ask\n"
    "    type: prompt\n"
    "    prompt: hi\n"
    '    integration: "{{ inputs.integration }}"\n'
)
AGENTS = (
    '[absent]\nexecutable = "plait-no-such-agent"\ninstall = "get it"\nrun = ["{prompt}"]\n'
    '[absent.permissions]\nedit = ["-e"]\n'
    '[present]\nexecutable = "sh"\nrun = ["{prompt}"]\n[present.permissions]\nedit = ["-e"]\n'
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("SPECIFY_INIT_DIR", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".specify").mkdir()
    (tmp_path / ".specify" / "agents.toml").write_text(AGENTS)

    def write(text):
        (tmp_path / "demo.yml").write_text(HEADER + text)

    write(CHOSEN)
    return write


def test_an_agent_that_is_not_installed_is_an_error_of_validate(project, capsys):
    assert main(["validate", "demo.yml"]) == 2
    out = capsys.readouterr().out
    assert "demo.yml:8:18: error: step `ask`: agent `absent` is not installed" in out
    assert "hint: install it with `get it`" in out


def test_inputs_choose_the_agent_that_is_looked_for(project, capsys):
    assert main(["validate", "demo.yml", "-i", "integration=present"]) == 0
    assert main(["validate", "demo.yml", "-i", "integration=presnt", "--json"]) == 2
    out = capsys.readouterr().out
    [error] = json.loads(out[out.index("{") :])["errors"]
    assert (error["message"], error["hint"]) == ("step `ask`: there is no agent `presnt`", "did you mean `present`?")


def test_an_input_that_is_not_declared_is_refused(project, capsys):
    assert main(["validate", "demo.yml", "-i", "integraton=present"]) == 2
    assert "did you mean `integration`?" in capsys.readouterr().err


def test_a_permission_that_an_agent_cannot_honour_is_an_error(project, capsys):
    project("permissions: read\n" + CHOSEN)
    assert main(["validate", "demo.yml", "-i", "integration=present"]) == 2
    assert "step `ask`: " in capsys.readouterr().out


def test_run_only_warns_of_an_agent_that_is_not_installed(project, capsys):
    project(CHOSEN.replace("steps:", "steps:\n  - {id: stop, type: shell, run: exit 3}"))
    assert main(["run", "demo.yml", "--plain"]) == 1
    said = capsys.readouterr()
    assert "warning: step `ask`: agent `absent` is not installed" in said.err
    assert "[stop] failed" in said.out


def test_run_refuses_an_agent_that_does_not_exist(project, capsys):
    assert main(["run", "demo.yml", "-i", "integration=presnt"]) == 2
    said = capsys.readouterr()
    assert "step `ask`: there is no agent `presnt`" in said.err
    assert said.out == ""


REPLACED = '[claude]\nexecutable = "bin/claude"\n[codex]\nexecutable = "codex"\n[gemini]\nname = "G"\n'


def test_run_says_which_known_agents_the_project_replaces(project, tmp_path, capsys):
    with (tmp_path / ".specify" / "agents.toml").open("a") as file:
        file.write(REPLACED)
    project(CHOSEN.replace("steps:", "steps:\n  - {id: stop, type: shell, run: exit 3}"))
    line = f"note: the project's agents.toml says which program is run for claude: {tmp_path}/bin/claude\n"

    main(["run", "demo.yml", "--plain", "-i", "integration=present"])
    assert capsys.readouterr().err.count(line) == 1
    project("steps:\n  - {id: stop, type: shell, run: exit 3}")
    main(["run", "demo.yml", "--plain"])
    assert "note:" not in capsys.readouterr().err


def test_the_list_says_which_file_changes_an_agent(project, tmp_path, capsys):
    with (tmp_path / ".specify" / "agents.toml").open("a") as file:
        file.write(REPLACED)
    path = str(tmp_path / ".specify" / "agents.toml")
    main(["agents", "list"])
    assert f"{path} says what is run for " in capsys.readouterr().out
    main(["agents", "list", "--json"])
    sources = {each["agent"]: each["source"] for each in json.loads(capsys.readouterr().out)["agents"]}
    assert (sources["claude"], sources["gemini"]) == (path, None)


def spends(usd):
    def call(context):
        with context.budgeted() as why:
            if why:
                return StepResult.paused(why)
            context.spend(Spending(usd, 1000, 1.0))
        return None

    return call


@pytest.fixture
def poor(project, tmp_path):
    """A run that stopped because its budget of five dollars is used up."""
    do = Do()
    do.script = {"default": spends(3.0)}
    text = HEADER + "budget: {usd: 5}\nsteps: [{id: a, type: do}, {id: b, type: do, budget: {tokens: 1500}}]\n"
    state = WorkflowEngine(tmp_path, [do], signals=()).execute(WorkflowDefinition.from_string(text), run_id="r1")
    assert state.status == "paused"
    return state


def test_status_says_which_command_raises_the_budget(poor, capsys):
    assert main(["status", "r1"]) == 0
    out = capsys.readouterr().out
    assert "b stopped: the run's budget of $5.00 is used up: $3.00 spent" in out
    assert "raise it and go on: plait resume r1 --budget usd=10" in out
    assert "spent     1.0k tokens, $3.00" in out
    assert main(["status", "r1", "--json"]) == 0
    payload = json.loads(capsys.readouterr().out)
    assert payload["waiting"][0]["budget"] == {
        "step_id": None,
        "unit": "usd",
        "limit": 5.0,
        "spent": 3.0,
        "expected": 3.0,
    }
    assert payload["spent"]["usd"] == 3.0
    assert main(["runs", "list"]) == 0
    assert "1.0k tokens, $3.00" in capsys.readouterr().out


def test_a_plan_with_a_raised_budget(poor, project, tmp_path, capsys):
    # The frozen definition has a type of the test's own, which the command line does not know.
    frozen = poor.folder.definition
    frozen.write_text(frozen.read_text().replace("type: do", "type: shell, run: 'true'"))
    assert main(["resume", "r1", "--plan", "--budget", "usd=20,minutes=60", "--budget", "b:tokens=9000"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "reuse  a  it is settled: completed"
    assert lines[1].startswith("run    b  it waits for a larger budget: the run's budget of $5.00 is used up")
    assert lines[2:] == [
        "agents have cost 1.0k tokens, $3.00 so far",
        "new budget of the run: $20.00, 60 minutes",
        "new budget of step b: 9.0k tokens",
    ]
    assert main(["resume", "r1", "--plan", "--budget", "a:usd=3"]) == 2
    assert "'a' has no budget to raise" in capsys.readouterr().err


def test_a_raised_budget_goes_on(poor, tmp_path):
    frozen = poor.folder.definition
    frozen.write_text(frozen.read_text().replace("type: do", "type: shell, run: 'true'"))
    assert main(["resume", "r1", "--budget", "usd=20", "--quiet"]) == 0
    events = [json.loads(line) for line in poor.folder.journal.read_text().splitlines()]
    [raised] = [event for event in events if event["event"] == "budget_raised"]
    assert (raised["step_id"], raised["usd"], raised["tokens"]) == (None, 20.0, None)


def test_logs_say_when_there_is_nothing(poor, capsys):
    assert main(["logs", "r1", "a", "--attempt", "9"]) == 0
    assert capsys.readouterr().err == "step a has no try 9: it has had 1\n"
    assert main(["logs", "r1", "a", "--raw"]) == 0
    assert capsys.readouterr() == ("", "step a has no machine output of an agent\n")


def test_a_file_that_says_what_is_run_is_named(project, capsys, tmp_path):
    (tmp_path / ".specify" / "agents.toml").write_text(
        AGENTS + "[claude]\nfallback = ['present']\n[codex]\nrun = ['{prompt}']\n"
    )
    said = f"{tmp_path}/.specify/agents.toml"

    assert main(["agents", "list"]) == 0
    assert f"{said} says what is run for absent, codex, present\n" in capsys.readouterr().out.replace("present, a", "a")
    assert main(["agents", "list", "--json"]) == 0
    sources = {each["agent"]: each["source"] for each in json.loads(capsys.readouterr().out)["agents"]}
    assert (sources["present"], sources["codex"], sources["claude"]) == (said, said, None)
    main(["agents", "check", "present"])
    assert f"set in:      {said}\n" in capsys.readouterr().out
