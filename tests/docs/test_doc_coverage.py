"""Nothing that a user can write, call or read is missing from the documents."""

from __future__ import annotations

import inspect
import re

import click
import pytest
from doc_blocks import ROOT

import plait
from plait.cli.commands import COMMANDS
from plait.cli.commands import plait as command_group
from plait.expressions.filters import TABLE
from plait.journal.folds import FOLDS
from plait.load.declarations import _KEYS, _TYPES
from plait.load.header import _WORKFLOW_KEYS, TOP_KEYS
from plait.load.settings import RetryFields, SettingsFields
from plait.model.step_type import StepContext
from plait.steps import StepTypes
from plait.views import exits


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def fields_of(model):
    return [field.alias or name for name, field in model.model_fields.items()]


REFERENCE = text_of("docs/workflow-reference.md")
STEP_TYPES = StepTypes()


def section(title):
    """Return the part of the reference below a heading, up to the next heading of its level."""
    match = re.search(rf"^(#+) {re.escape(title)}$(.*?)(?=^#{{1,3}} |\Z)", REFERENCE, re.DOTALL | re.MULTILINE)
    assert match, title
    return match[2]


@pytest.mark.parametrize("key", [*TOP_KEYS, *_WORKFLOW_KEYS, *_KEYS, *_TYPES, *fields_of(RetryFields)])
def test_every_field_of_a_file_is_in_the_reference(key):
    assert f"`{key}`" in REFERENCE


@pytest.mark.parametrize("key", fields_of(SettingsFields))
def test_every_field_of_every_step_is_in_its_section(key):
    assert f"`{key}`" in section("Fields of every step")


@pytest.mark.parametrize("name", STEP_TYPES)
def test_every_field_of_a_step_type_is_in_its_section(name):
    title = "while and do-while" if name in ("while", "do-while") else name

    missing = [key for key in fields_of(STEP_TYPES[name].Config) if f"`{key}`" not in section(title)]
    assert missing == []


@pytest.mark.parametrize("each", TABLE.values(), ids=TABLE.keys())
def test_every_filter_is_in_the_reference(each):
    assert all(f"`{form}`" in section("Filters") for form in each.forms or (each.name,))


@pytest.mark.parametrize("event", FOLDS)
def test_every_event_is_described(event):
    assert f"`{event}`" in text_of("docs/journal-events.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_described(name):
    text = text_of("docs/command-line.md")
    command = command_group.get_command(click.Context(command_group), name)
    commands = list(command.commands.values()) if isinstance(command, click.Group) else [command]
    options = [option.opts[-1] for each in commands for option in each.params if isinstance(option, click.Option)]

    assert f"plait {name}" in text
    assert [option for option in options if option not in text] == []


@pytest.mark.parametrize("name", ["COMPLETED", "FAILED", "USAGE", "PAUSED", "ABORTED", "INTERRUPTED"])
def test_every_exit_code_is_described(name):
    assert f"\n| {getattr(exits, name)} | " in text_of("docs/command-line.md")


def test_every_power_of_a_step_is_described():
    text = text_of("docs/python-api.md")
    powers = [name for name in vars(StepContext) if not name.startswith("_")]

    assert [name for name in powers if not re.search(rf"`{name}\b|, `{name}\b", text)] == EXPLAINED_ELSEWHERE


EXPLAINED_ELSEWHERE = ["scope", "consume_verdict", "reset_input"]


def test_every_public_name_is_described():
    text = text_of("docs/python-api.md")
    names = [name for name in plait.__all__ if not name.startswith("__")]

    assert [name for name in names if name not in text] == []


def test_the_engine_s_arguments_are_described():
    arguments = list(inspect.signature(plait.WorkflowEngine.__init__).parameters)[1:]

    assert [name for name in arguments if f"`{name}`" not in text_of("docs/python-api.md")] == []


def test_the_rooms_are_those_of_the_package():
    rooms = {path.stem for path in (ROOT / "src" / "plait").iterdir() if not path.name.startswith(("_", ".", "py."))}
    drawn = re.search(r"## The rooms\n\n```text\n(.*?)```", text_of("ARCHITECTURE.md"), re.DOTALL)[1]
    named = {word for line in drawn.splitlines() for word in re.split(r" │ |  +", line.strip())}

    assert rooms <= named


def test_files_that_the_architecture_names_exist():
    named = re.findall(
        r"`((?:cli|views|engine|steps|load|journal|model|expressions|process)/[\w/]*(?:\.py)?)`",
        text_of("ARCHITECTURE.md"),
    )

    assert len(named) > 20
    assert [name for name in named if not (ROOT / "src" / "plait" / name).exists()] == []
