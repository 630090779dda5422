"""A real language server, as editors start it, reads workflow files and the schema that their first line names."""

import shutil
from pathlib import Path

import pytest

from support import agent_clis
from support.language_server import LanguageServer

MODELINE = "# yaml-language-server: $schema=../.specify/workflow.schema.json\n"
HEAD = f"{MODELINE}workflow: {{id: demo, name: Demo}}\n"
ROOT = Path(__file__).parents[2]
PACKAGE = """
from pydantic import Field
from plait import StepBase, StepConfig, StepResult


class Shout(StepBase):
    \"\"\"Says a text louder.\"\"\"

    type_key = "shout"

    class Config(StepConfig):
        text: str = Field(description="What is said.")

    def execute(self, config, context):
        return StepResult(output={"text": config.text.upper()})
"""
MANIFEST = 'schema_version: "1.0"\nstep: {type_key: shout, name: Shout, version: 1.0.0, description: Louder.}\n'


@pytest.fixture(scope="module")
def server():
    reason = agent_clis.install(["yaml-language-server"]).get("yaml-language-server")
    if reason:
        pytest.skip(f"{reason}; the language server of editors needs Node.js with npm")
    with LanguageServer() as started:
        yield started


class Editor:
    """Somebody who writes files in `flows/` of a project; `|` in a text is where the cursor is."""

    def __init__(self, server, folder):
        self.server = server
        self.folder = folder
        self._number = 0

    def write(self, text):
        self._number += 1
        path = self.folder / f"w{self._number}.yml"
        whole = HEAD + text
        before, cursor, after = whole.partition("|")
        self.place = (path, before.count("\n"), len(before) - before.rfind("\n") - 1) if cursor else None
        return path, before + after

    def complaints(self, text):
        """Return the lines, counted from 1 below the header, of what is wrong with a text, and what is said of each."""
        found = self.server.open(*self.write(text))
        return sorted((each["range"]["start"]["line"] - 1, each["message"]) for each in found)

    def proposals(self, text):
        self.server.open(*self.write(text))
        return self.server.complete(*self.place)

    def hover(self, text):
        self.server.open(*self.write(text))
        return self.server.hover(*self.place)


@pytest.fixture
def editor(server, project):
    assert project.plait("new", "flows/first.yml").code == 0
    return Editor(server, project.path / "flows")


@pytest.mark.parametrize("template", ["shell", "agents", "fan-out"])
def test_a_new_workflow_finds_its_schema_and_has_no_problems(server, project, template):
    project.plait("new", "flows/review.yml", "--template", template)
    file = project.path / "flows" / "review.yml"
    other = file.with_name("other.yml")
    other.write_text(file.read_text().replace("version:", "vresion:"))

    assert server.open(file) == []
    assert "Property vresion is not allowed." in [each["message"] for each in server.open(other)]


def test_every_example_has_no_problems(server, project):
    project.plait("new")
    modeline = MODELINE.replace("../", "")
    for example in sorted(ROOT.glob("examples/*.yml")):
        file = project.path / example.name
        shutil.copy(example, file)
        assert server.open(file, modeline + file.read_text()) == [], example.name


def test_what_is_wrong_is_said_of_the_chosen_type_and_at_its_line(editor):
    text = """\
steps:
  - id: build
    type: shell
    rnu: make
    timeout: soon
  - id: each
    type: fan-out
    items: [1]
    on_item_failure: stpo
    steps:
      - id: inner
        type: gate
"""
    assert editor.complaints(text) == [
        (2, 'Missing property "run".'),
        (4, "Property rnu is not allowed."),
        (5, "must be a positive number of seconds, or an expression"),
        (9, 'Value is not accepted. Valid values: "stop", "continue", "cancel".'),
        (11, 'Missing property "message".'),
    ]


def test_an_unknown_type_is_told_with_those_there_are(editor):
    ((line, message),) = editor.complaints("steps:\n  - id: a\n    type: shel\n    run: x\n")

    assert line == 3
    assert "Valid values" in message
    assert '"shell"' in message


def test_a_step_without_a_type_is_a_command(editor):
    assert editor.complaints("steps:\n  - id: a\n    command: x\n    permissions: read\n") == []
    assert "Missing property" in editor.complaints("steps:\n  - id: a\n    permissions: read\n")[0][1]


def test_an_input_s_default_is_of_its_type(editor):
    text = "inputs:\n  a: {type: string, default: 5}\nsteps:\n  - {id: a, command: x}\n"

    assert editor.complaints(text) == [(2, "the default of this input must be text: put quotes around it")]


def test_step_types_are_proposed_with_what_they_do(editor):
    proposed = editor.proposals("steps:\n  - id: a\n    type: |\n")

    assert {"shell", "prompt", "fan-out", "command"} <= set(proposed)
    assert "null" not in proposed
    assert proposed["gate"]["documentation"].startswith("Waits for an answer")


def test_the_fields_of_the_chosen_type_are_proposed_and_no_others(editor):
    gate = editor.proposals("steps:\n  - id: a\n    type: gate\n    |\n")
    inner = editor.proposals(
        "steps:\n  - id: a\n    type: parallel\n    branches:\n      b:\n        - id: c\n"
        "          type: shell\n          |\n"
    )

    assert {"message", "on_reject", "if", "timeout"} <= set(gate)
    assert not {"run", "prompt", "model"} & set(gate)
    assert gate["message"]["documentation"] == "What is asked."
    assert "run" in inner
    assert "message" not in inner


def test_values_are_proposed(editor):
    start = "steps:\n  - id: a\n    type: gate\n    "

    assert set(editor.proposals(f"{start}on_reject: |\n")) == {"abort", "skip", "retry"}
    assert set(editor.proposals(f"{start}continue_on_error: |\n")) == {"true", "false"}
    assert "attempts" in editor.proposals(f"{start}retry:\n      |\n")
    assert "steps" in editor.proposals("|\n")


def test_a_field_tells_what_it_is(editor):
    shown = editor.hover("steps:\n  - id: a\n    type: gate\n    message: x\n    on_re|ject: skip\n")

    assert "gate step" in shown
    assert "asks again at the next resume" in shown
    assert "Default: abort." in shown


def test_the_project_s_own_step_types_are_known_once_the_schema_is_renewed(server, project):
    package = project.path / ".specify" / "workflows" / "steps" / "shout"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(PACKAGE)
    (package / "step.yml").write_text(MANIFEST)
    project.plait("schema", "--output", ".specify/workflow.schema.json")
    (project.path / "flows").mkdir()
    editor = Editor(server, project.path / "flows")

    assert editor.complaints("steps:\n  - {id: a, type: shout, text: x}\n") == []
    assert editor.complaints("steps:\n  - {id: a, type: shout}\n") == [(2, 'Missing property "text".')]
    assert "Says a text louder." in str(editor.proposals("steps:\n  - id: a\n    type: |\n")["shout"]["documentation"])
    assert editor.proposals("steps:\n  - id: a\n    type: shout\n    |\n")["text"]["documentation"] == "What is said."


def test_overlays_have_a_schema_too(server, project):
    project.plait("schema", "--overlay", "--output", "overlay.schema.json")
    start = "# yaml-language-server: $schema=overlay.schema.json\nid: strict\nextends: release\nedits:\n"
    file = project.path / "strict.yml"

    good = "  - insert_before: publish\n    step: {id: scan, type: shell, run: echo}\n  - remove: old\n"
    good += "  - set: {step: test, key: timeout, value: 600}\n  - set: {input: channel, default: beta}\n"
    assert server.open(file, start + good) == []
    bad = "  - insert_before: publish\n  - insert_aftr: x\n  - insert_after: x\n    step: {id: a, type: shell}\n"
    said = " ".join(each["message"] for each in server.open(project.path / "other.yml", start + bad))
    assert 'Missing property "step"' in said
    assert "insert_aftr is not allowed" in said
    assert 'Missing property "run"' in said
