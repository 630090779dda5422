"""The skill is in the Agent Skills format, small, complete, and what it shows is right."""

import re

import pytest
import yaml

from plait import WorkflowDefinition, WorkflowEngine
from plait._version import __version__
from plait.cli.command_facts import command_facts
from plait.cli.commands import COMMANDS
from plait.expressions.filters import TABLE
from plait.load.config_facts import facts_of
from plait.load.declarations import _KEYS, _TYPES
from plait.load.header import _WORKFLOW_KEYS, TOP_KEYS
from plait.load.settings import RetryFields, SettingsFields
from plait.model.fields import StepConfig
from plait.skill import contents
from plait.skill.reference import OUTPUTS
from plait.steps import BUILT_IN, StepTypes

TYPES = StepTypes()
LARGEST = 15_000
LARGEST_CORE = 8_000


@pytest.fixture(scope="module")
def texts():
    return contents(command_facts())


def front_matter(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_the_front_matter_is_what_the_format_asks_for(texts):
    front = front_matter(texts["SKILL.md"])

    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", front["name"])
    assert 0 < len(front["description"]) <= 1024
    assert len(front["compatibility"]) <= 500
    assert all(isinstance(value, str) for value in front["metadata"].values())
    assert front["metadata"]["version"] == __version__


def test_every_file_is_small_enough_for_an_agent(texts):
    assert {name: len(text) for name, text in texts.items() if len(text.encode()) >= LARGEST} == {}
    assert len(texts["SKILL.md"].encode()) < LARGEST_CORE


def test_the_core_names_every_reference_and_no_other(texts):
    named = set(re.findall(r"`(references/[\w-]+\.md)`", texts["SKILL.md"]))

    assert named == {name for name in texts if name != "SKILL.md"}


def test_the_example_is_a_workflow_without_problems(texts):
    (example,) = re.findall(r"```yaml\n(.*?)```", texts["SKILL.md"], re.DOTALL)

    assert WorkflowEngine().validate(WorkflowDefinition.from_string(example)) == []


def test_the_commands_that_the_core_shows_exist(texts):
    known = {name: {"--json"} for name in COMMANDS}
    for fact in command_facts():
        known[fact.usage.split()[1]].update(re.findall(r"--?[\w-]+", " ".join(each.written for each in fact.options)))
    shown = re.findall(r"`plait ([\w-]+)([^`]*)`", texts["SKILL.md"])

    assert len(shown) > 10
    for name, rest in shown:
        assert name in known, name
        assert set(re.findall(r"(?<!\S)--?[a-z][\w-]*", rest)) <= known[name], name


def test_every_field_of_a_step_type_is_in_its_section(texts):
    sections = re.split(r"^## (.+)\n", texts["references/steps.md"], flags=re.MULTILINE)
    by_key = dict(zip(sections[1::2], sections[2::2], strict=True))

    assert set(by_key) == set(TYPES)
    for key, section in by_key.items():
        fields = facts_of(TYPES[key].Config or StepConfig).fields
        assert [name for name in fields if f"`{name}`" not in section] == [], key


def test_every_other_field_is_in_the_reference_of_the_file(texts):
    page = texts["references/workflow.md"]
    keys = [
        *TOP_KEYS,
        *_WORKFLOW_KEYS,
        *_KEYS,
        *_TYPES,
        *facts_of(SettingsFields).fields,
        *facts_of(RetryFields).fields,
    ]

    assert [key for key in keys if not re.search(rf"`{re.escape(key)}\b", page)] == []


def test_every_filter_command_and_output_is_there(texts):
    assert [name for name in TABLE if f"`{name}" not in texts["references/expressions.md"]] == []
    assert [name for name in COMMANDS if f"`plait {name}" not in texts["references/command-line.md"]] == []
    assert OUTPUTS.keys() == BUILT_IN


def test_no_rule_of_the_inventory_is_cited(texts):
    assert {name: found for name, text in texts.items() if (found := re.findall(r"\b[A-Z]{3}-\d\d\b", text))} == {}
