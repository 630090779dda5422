"""Every agent gets every command in a form that can be read back."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from plait.agents.agent import CommandFiles
from plait.agents.catalogue import agents_of
from plait.scaffold.command import NAMES, Command, read_commands
from plait.scaffold.rendering import call_of, render

AGENTS = {key: agent for key, agent in agents_of(Path("/nonexistent"), {}).items() if agent.commands is not None}
COMMANDS = {command.stem: command for command in read_commands()}
HOSTILE = 'say "hi" \\n \\ """ \'\'\' : # - {x}\n\n  indented\n---\n%\n'


def parsed(rendered, place):
    """Return what an agent finds in a command's file: its fields and its prompt."""
    if place.format == "toml":
        fields = tomllib.loads(rendered.text)
        return fields, fields["prompt"]
    if place.format == "yaml":
        fields = yaml.safe_load(rendered.text)
        return fields, fields["prompt"]
    _, front, body = re.split(r"^---\n", rendered.text, maxsplit=2, flags=re.MULTILINE)
    return yaml.safe_load(front), body


def test_there_are_the_commands_of_spec_driven_work():
    assert tuple(COMMANDS) == NAMES
    assert "speckit.plan" in {command.name for command in COMMANDS.values()}


@pytest.mark.parametrize("key", AGENTS)
def test_every_command_can_be_read_back(key):
    place = AGENTS[key].commands

    for stem, command in COMMANDS.items():
        rendered = render(command, place)
        fields, prompt = parsed(rendered, place)

        assert fields["description"] == command.description
        assert prompt.strip().startswith("# ")
        assert prompt.count(place.placeholder) == 1
        assert stem in str(rendered.path)
        assert not rendered.path.is_absolute()


@pytest.mark.parametrize("key", AGENTS)
def test_the_files_of_an_agent_differ_from_each_other(key):
    paths = {render(command, AGENTS[key].commands).path for command in COMMANDS.values()}

    assert len(paths) == len(COMMANDS)


@pytest.mark.parametrize("key", AGENTS)
def test_commands_name_each_other_as_the_agent_calls_them(key):
    place = AGENTS[key].commands

    text = render(COMMANDS["specify"], place).text

    assert f"`{call_of('plan', place)}`" in text
    assert "<call:" not in text
    assert "<feature>" not in render(COMMANDS["plan"], place).text


def test_a_skill_is_named_after_its_folder():
    rendered = render(COMMANDS["plan"], CommandFiles(".x/skills", "speckit-{dashed}/SKILL.md"))

    fields, _ = parsed(rendered, CommandFiles("", ""))

    assert str(rendered.path) == "speckit-plan/SKILL.md"
    assert fields == {"name": "speckit-plan", "description": COMMANDS["plan"].description}


def test_other_markdown_says_what_may_be_given():
    fields, _ = parsed(render(COMMANDS["plan"], CommandFiles("", "{name}.md")), CommandFiles("", ""))

    assert fields["argument-hint"] == COMMANDS["plan"].hint


def test_a_recipe_declares_the_arguments_that_its_prompt_uses():
    place = CommandFiles("", "{name}.yaml", "yaml", "{{args}}")

    fields, prompt = parsed(render(COMMANDS["plan"], place), place)

    assert [each["key"] for each in fields["parameters"]] == ["args"]
    assert "{{args}}" in prompt
    assert fields["title"] == "speckit.plan"


def test_an_agent_without_arguments_gets_words_in_their_place():
    text = render(COMMANDS["plan"], CommandFiles("", "{name}.md", placeholder="")).text

    assert "$ARGUMENTS" not in text
    assert "what the user wrote" in text


@pytest.mark.parametrize("form", ["markdown", "toml", "yaml"])
def test_no_text_breaks_a_format(form):
    place = CommandFiles("", "{name}.md", form, "ARGS")
    command = Command("plan", 'a "quoted" \\ description: # x', "hint: {", HOSTILE.strip() + "\n$ARGUMENTS")

    fields, prompt = parsed(render(command, place), place)

    assert fields["description"] == command.description
    assert prompt.strip() == HOSTILE.strip() + "\nARGS"


@pytest.mark.parametrize("stem", NAMES)
def test_no_command_holds_what_an_agent_would_expand(stem):
    command = COMMANDS[stem]

    assert command.body.count("$ARGUMENTS") == 1
    assert not re.search(r"\{\{|\{%|\{#|!\{|@\{|!`", command.body)
    assert set(re.findall(r"<call:(\w+)>", command.body)) <= set(NAMES)
    assert command.description
    assert command.hint
