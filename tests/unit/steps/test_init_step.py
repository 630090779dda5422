"""`init`: by Spec Kit where it is installed, by Plait where it is not (INI-01..08)."""

import json
import os
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from plait.load import WorkflowDefinition
from plait.scaffold.spec_kit import InitCall, complaint
from support.bench import definition

SPECIFY = """\
    #!{python}
    import json, os, pathlib, sys
    words = sys.argv[1:]
    print(json.dumps(dict(words=words, cwd=os.getcwd())))
    if "fails" in words:
        print("╭──── Directory Conflict ────╮\\n│  Directory already exists  │\\n╰────────────────────────────╯")
        sys.exit(1)
    if "complains" in words:
        print("Error: no such thing", file=sys.stderr)
        sys.exit(2)
    folder = pathlib.Path() if words[1] in ("--here", ".") else pathlib.Path(words[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "made").write_text(" ".join(words))
"""


@pytest.fixture
def specify(tmp_path_factory, monkeypatch):
    """Put a `specify` on the PATH that says how it was called."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "specify").write_text(textwrap.dedent(SPECIFY).format(python=sys.executable))
    (folder / "specify").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("SPECKIT_INTEGRATION_DEFAULT", raising=False)


@pytest.fixture
def alone(tmp_path_factory, monkeypatch):
    """Take everything off the PATH, and settings of the user with it."""
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.delenv("SPECKIT_INTEGRATION_DEFAULT", raising=False)


def run(bench, fields, inputs=None):
    text = f"inputs: {{a: {{default: ''}}}}\nsteps: [{{id: s, type: init, {fields}}}]"
    return bench.engine.execute(definition(text), inputs).records["s"]


def said(record):
    return json.loads(record.output["stdout"].splitlines()[0])


@pytest.mark.usefixtures("specify")
class TestWithSpecKit:
    def test_its_init_is_called_in_the_steps_folder(self, bench):
        record = run(bench, "project: sub, integration: codex, integration_options: '--skills', script: py, preset: x")

        assert record.status == "completed"
        assert said(record) == {"words": record.output["argv"], "cwd": str(bench.root)}
        options = ["--integration", "codex", "--integration-options", "--skills", "--script", "py", "--preset", "x"]
        assert record.output["argv"] == ["init", "sub", *options, "--ignore-agent-tools"]

    def test_the_output_says_what_was_asked(self, bench):
        record = run(bench, "project: sub, ignore_agent_tools: false")

        assert {key: value for key, value in record.output.items() if key != "stdout"} == {
            "argv": ["init", "sub", "--integration", "copilot"],
            "project": "sub",
            "here": False,
            "integration": "copilot",
            "integration_options": None,
            "script": None,
            "preset": None,
            "force": False,
            "ignore_agent_tools": False,
            "exit_code": 0,
            "stderr": "",
        }

    @pytest.mark.parametrize(
        ("fields", "target"),
        [
            ("here: true", "--here"),
            ("here: true, project: sub", "--here"),
            ("here: false, project: sub", "sub"),
            ("project: 5", "5"),
            ("project: ''", "."),
            ("project: null", "."),
            ("project: --help", "./--help"),
            ("project: '{{ inputs.a }}'", "."),
        ],
    )
    def test_the_target_is_here_or_the_project_or_the_folder(self, fields, target, bench):
        assert run(bench, fields).output["argv"][1] == target

    @pytest.mark.parametrize(
        ("value", "yes"),
        [
            *((value, True) for value in ("true", "'TRUE'", "'1'", "'Yes '", "1", "'{{ inputs.a }}'")),
            *((value, False) for value in ("false", "'no'", "'maybe'", "''", "null", "0")),
        ],
    )
    def test_a_flag_may_be_a_text(self, value, yes, bench):
        record = run(bench, f"project: sub, force: {value}", {"a": "yes"})

        assert record.output["force"] is yes
        assert ("--force" in record.output["argv"]) is yes

    @pytest.mark.parametrize("value", ["null", "true", "'yes'"])
    def test_agent_tools_are_ignored_unless_asked_for(self, value, bench):
        assert run(bench, f"project: x, ignore_agent_tools: {value}").output["ignore_agent_tools"] is True

    def test_the_agent_is_the_steps_then_the_workflows_then_the_environments(self, bench, monkeypatch):
        def agent(fields="project: x", header=""):
            text = (
                f"workflow: {{id: w, name: W, version: 1.0.0{header}}}\n"
                f"inputs: {{a: {{default: kimi}}}}\nsteps: [{{id: s, type: init, {fields}}}]"
            )
            state = bench.engine.execute(WorkflowDefinition.from_string(text))
            return state.records["s"].output["integration"]

        assert agent() == "copilot"
        monkeypatch.setenv("SPECKIT_INTEGRATION_DEFAULT", " qwen ")
        assert agent() == "qwen"
        assert agent(header=", integration: pi") == "pi"
        assert agent(header=", integration: '{{ inputs.a }}'") == "kimi"
        assert agent("project: x, integration: gemini", ", integration: pi") == "gemini"
        assert agent("project: x, integration: ''", ", integration: auto") == "qwen"

    def test_a_folder_with_something_in_it_is_not_filled(self, bench):
        (bench.root / "file").write_text("x")

        record = run(bench, "here: true")

        assert record.status == "failed"
        assert "is not empty" in record.error
        assert record.output["stderr"] == record.error
        assert (record.output["exit_code"], record.output["stdout"], record.output["force"]) == (1, "", False)
        assert not (bench.root / "made").exists()

    def test_a_folder_with_something_in_it_is_filled_with_force(self, bench):
        (bench.root / "file").write_text("x")

        assert run(bench, "project: ., force: 'yes'").status == "completed"

    @pytest.mark.parametrize("fields", ["here: true", "project: .", "project: ./", "project: null"])
    def test_a_folder_that_only_has_its_runs_counts_as_empty(self, fields, bench):
        record = run(bench, fields)

        assert record.status == "completed"
        assert record.output["force"] is True
        assert record.output["argv"][-1] == "--force"

    def test_its_complaint_is_the_error(self, bench):
        record = run(bench, "project: complains")

        assert record.error == "`specify init` exited with code 2: Error: no such thing"
        assert (record.output["exit_code"], record.output["stderr"]) == (2, "Error: no such thing\n")

    def test_a_complaint_on_stdout_is_read_without_its_frame(self, bench):
        record = run(bench, "project: fails")

        assert record.error.endswith("Directory Conflict Directory already exists")
        assert record.output["stderr"] == record.output["stdout"]

    def test_it_runs_in_the_folder_of_the_step(self, bench):
        (bench.root / "elsewhere").mkdir()
        before = Path.cwd()

        record = run(bench, "here: true, cwd: elsewhere")

        assert said(record)["cwd"] == str(bench.root / "elsewhere")
        assert (bench.root / "elsewhere" / "made").is_file()
        assert Path.cwd() == before

    def test_a_null_character_is_refused(self, bench):
        record = run(bench, "project: '{{ inputs.a }}'", {"a": "x\0y"})

        assert record.status == "failed"
        assert "NUL" in record.error


@pytest.mark.usefixtures("alone")
class TestWithoutSpecKit:
    def test_plait_sets_the_folder_up(self, bench):
        record = run(bench, "project: sub, integration: gemini")

        assert record.status == "completed"
        assert "Plait set up" in record.output["stdout"]
        assert (record.output["exit_code"], record.output["stderr"]) == (0, "")
        assert (bench.root / "sub/.gemini/commands/speckit.plan.toml").is_file()
        assert (bench.root / "sub/.specify/workflows/speckit/workflow.yml").is_file()

    def test_here_is_the_folder_of_the_step(self, bench):
        (bench.root / "elsewhere").mkdir()

        assert run(bench, "here: true, cwd: elsewhere, integration: claude").status == "completed"
        assert (bench.root / "elsewhere/.claude/skills/speckit-plan/SKILL.md").is_file()

    def test_a_folder_that_is_there_needs_force(self, bench):
        (bench.root / "sub").mkdir()
        (bench.root / "sub/file").write_text("x")

        record = run(bench, "project: sub")

        assert record.status == "failed"
        assert "`force: true`" in record.error
        assert [path.name for path in (bench.root / "sub").iterdir()] == ["file"]

    @pytest.mark.parametrize(
        ("fields", "error"),
        [
            ("integration: cladue", "did you mean `claude`"),
            ("integration: [x]", "there is no agent"),
            ("preset: lean", "the preset 'lean' needs Spec Kit"),
            ("script: '{{ inputs.a }}'", "`script` must be one of sh, ps, py, not 'zsh'"),
            ("integration: claude, ignore_agent_tools: false", "is not installed"),
            ("integration_options: '\"'", "`integration_options` cannot be read"),
            ("integration_options: '--commands-dir ../x'", "leads out of"),
        ],
    )
    def test_what_cannot_be_done_is_told(self, fields, error, bench):
        record = run(bench, f"project: sub, {fields}", {"a": "zsh"})

        assert record.status == "failed"
        assert error in record.error
        assert record.output["exit_code"] == 1
        assert not (bench.root / "x").exists()

    @pytest.mark.parametrize("options", ["--commands-dir .my/own", "--commands-dir=.my/own --skills"])
    def test_commands_can_live_elsewhere(self, options, bench):
        record = run(bench, f"project: sub, integration: generic, integration_options: '{options}'")

        assert (bench.root / "sub/.my/own/speckit.plan.md").is_file()
        assert ("--skills were not used" in record.output["stdout"]) is ("--skills" in options)

    def test_many_at_once_keep_apart(self, bench):
        text = """
        steps:
          - id: all
            type: fan-out
            items: [a, b, c, d, e, f, g, h]
            max_concurrency: 8
            step: {id: s, type: init, project: "{{ item }}", integration: claude}
        """
        threads = threading.active_count()

        state = bench.engine.execute(definition(text))

        assert state.status == "completed"
        assert all((bench.root / name / ".claude/skills/speckit-plan/SKILL.md").is_file() for name in "abcdefgh")
        assert threading.active_count() == threads


@pytest.mark.parametrize(
    ("script", "valid"),
    [
        *((script, True) for script in ("sh", "ps", "py", "'{{ inputs.a }}'", "null")),
        *((script, False) for script in ("bash", "SH", "''", "7", "[sh]")),
    ],
)
def test_the_kind_of_scripts_is_checked_early(script, valid, bench):
    text = f"inputs: {{a: {{default: sh}}}}\nsteps: [{{id: s, type: init, script: {script}}}]"

    problems = [problem for problem in bench.engine.validate(definition(text)) if problem.is_error]

    assert (problems == []) is valid
    assert all("`script` must be" in problem.message for problem in problems)


def test_a_call_is_words_in_spec_kits_order():
    call = InitCall("-x", "codex", "--skills", "sh", "lean", force=True)

    options = ["--integration", "codex", "--integration-options", "--skills", "--script", "sh", "--preset", "lean"]
    assert call.words() == ["init", "./-x", *options, "--ignore-agent-tools", "--force"]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("", ""),
        ("banner\nError: a\nb\n", "Error: a b"),
        ("│ a │\n╰───╯\n", "a"),
        ("1\n2\n3\n4\n", "2 3 4"),
    ],
)
def test_a_complaint_is_the_last_that_was_said(output, said):
    assert complaint(output) == said
