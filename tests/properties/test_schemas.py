"""What the loader takes, the schema for editors accepts, but for keys that have no effect."""

import copy
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from plait.errors import InvalidWorkflowError
from plait.load.definition import WorkflowDefinition
from plait.load.json_schema import workflow_schema
from plait.load.loader import validate_workflow
from plait.load.yaml_text import to_yaml
from plait.steps import StepTypes
from support.cases import cases
from support.documents import as_json_data

ROOT = Path(__file__).parents[2]
STEP_TYPES = StepTypes()
VALIDATOR = Draft7Validator(workflow_schema(STEP_TYPES))
EXPRESSION = "{{ inputs.n }}"
AGENT = {
    "integration": "claude",
    "model": "best",
    "permissions": "read",
    "expects": "none",
    "output_schema": {"type": "object"},
    "schema_attempts": 1,
    "session": "continue first",
    "on_retry": "fresh",
    "verify": ["make"],
    "verify_attempts": 0,
    "fallback": ["codex", {"agent": "pi", "model": "small"}],
    "via": "acp",
    "max_wait": 3,
    "integration_args": ["-v", 1],
    "integration_options": {"a": EXPRESSION},
    "capture": True,
    "capture_max_bytes": 10,
}
STEPS = [
    {"id": "first", "command": "x", "input": {"args": "a"}, "options": {"b": 1}},
    {"id": "told", "type": "prompt", "prompt": "x", **AGENT},
    {
        "id": "build",
        "type": "shell",
        "run": ["make", "a"],
        "output_format": "json",
        "name": "Build",
        "if": EXPRESSION,
        "env": {"A": 1, "B": EXPRESSION, "C": {"secret": "TOKEN", "file": "x"}},
        "cwd": "a",
        "timeout": 5,
        "idle_timeout": EXPRESSION,
        "retry": {"attempts": 2, "delay": 1, "backoff": 2, "max_delay": 3.5, "jitter": 0.5, "on": [1, "timeout"]},
        "continue_on_error": True,
        "outputs": {"x": EXPRESSION, "y": {"value": 1, "description": "d"}},
        "budget": {"usd": 1, "tokens": "2_000", "minutes": 3},
        "on_interrupt": "ask",
        "description": "d",
    },
    {"id": "again", "type": "shell", "run": "x", "retry": 3, "integration": "claude", "input": {"a": 1}},
    {
        "id": "ask",
        "type": "gate",
        "message": "ok?",
        "options": ["yes", "reject"],
        "on_reject": "skip",
        "verdict_input": "spec",
        "reuse_verdict": True,
        "show_file": "f",
    },
    {"id": "either", "type": "if", "condition": EXPRESSION, "then": [], "else": [{"id": "c", "command": "x"}]},
    {"id": "pick", "type": "switch", "expression": EXPRESSION, "cases": {"1": []}, "default": []},
    {"id": "loop", "type": "while", "condition": True, "steps": [], "max_iterations": 3},
    {"id": "once", "type": "do-while", "condition": "false", "steps": [], "max_iterations": EXPRESSION},
    {
        "id": "fan",
        "type": "fan-out",
        "items": [1],
        "steps": [{"id": "leaf", "type": "shell", "run": "echo {{ item }}"}],
        "outputs": {"a": "{{ item }}"},
        "item_budget": {"usd": 1},
        "max_concurrency": 3,
        "on_item_failure": "continue",
        "on_item_pause": "stop",
    },
    {"id": "fan2", "type": "fan-out", "items": EXPRESSION, "step": {"id": "leaf2", "type": "shell", "run": "x"}},
    {"id": "join", "type": "fan-in", "wait_for": ["fan"], "output": {"a": "{{ fan_in.results }}"}},
    {"id": "both", "type": "parallel", "branches": {"a": [], "b": []}, "max_concurrency": 2},
    {"id": "sub", "type": "workflow", "workflow": "other", "input": {"a": 1}},
    {"id": "here", "type": "slot", "name": "place"},
    {
        "id": "mark",
        "type": "github",
        "operation": "add-label",
        "target": "issue",
        "number": 3,
        "repository": "a/b",
        "label": "c",
    },
    {"id": "set-up", "type": "init", "project": "p", "script": "sh", "force": True, "here": EXPRESSION},
]
WORKFLOW = {
    "schema_version": "1.0",
    "workflow": {
        "id": "demo",
        "name": "Demo",
        "version": "1.0.0",
        "author": "me",
        "description": "d",
        "integration": "claude",
        "model": "best",
        "options": {"a": 1},
    },
    "requires": {"speckit_version": ">=1", "integrations": ["claude"]},
    "inputs": {
        "spec": {"type": "string", "default": "x", "enum": ["x", "yes", ""], "required": False, "prompt": "p"},
        "n": {"type": "integer", "default": 1, "description": "d"},
        "b": {"type": "boolean", "default": "yes"},
        "f": {"type": "number", "default": "1.5"},
        "any": {"type": "", "default": [1]},
    },
    "steps": STEPS,
    "finally": [{"id": "end", "type": "shell", "run": "echo"}],
    "outputs": {"x": EXPRESSION},
    "env": {"B": EXPRESSION},
    "max_parallel": 4,
    "permissions": "edit",
    "agents": {"claude": {"max_concurrency": 3, "per_minute": 5}},
    "budget": {"usd": 1},
    "notify": [{"on": ["failed"], "desktop": True}, {"webhook": "https://example.com/x", "headers": {"A": "b"}}],
}
WORDS = [
    *("", " ", "x", "yes", "No", "true", "FALSE", "3", "-1", "1.5", "1e3", "2_000", ".inf", "auto", "sh", "read"),
    *("shell", "string", "integer", "boolean", "stop", "timeout", "reject", "continue first", "a/b", "a.yml", "1.0"),
    *(EXPRESSION, "a {{ inputs.n }}", "{{ true }}", "{{"),
]
SCALARS = st.none() | st.booleans() | st.integers(-3, 9) | st.floats(allow_nan=False) | st.sampled_from(WORDS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["a", "id", "secret", "agent", "usd", "attempts", "value"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


PLACES = sorted(places(WORKFLOW), key=repr)


def complaints(text):
    """Return what the schema says of a file that runs and has no unknown keys; nothing of any other."""
    try:
        definition = WorkflowDefinition.from_string(text)
    except InvalidWorkflowError:
        return []
    problems = validate_workflow(definition, STEP_TYPES)
    if any(problem.is_error or "unknown key" in problem.message for problem in problems):
        return []
    return [error.message for error in VALIDATOR.iter_errors(as_json_data(definition.root))]


def test_the_sample_is_taken_by_both():
    text = to_yaml(WORKFLOW)

    assert validate_workflow(WorkflowDefinition.from_string(text), STEP_TYPES) == []
    assert complaints(text) == []


@settings(max_examples=cases(300), deadline=None)
@given(st.sampled_from(PLACES), VALUES)
def test_any_value_anywhere(place, value):
    if not place:
        return
    workflow = copy.deepcopy(WORKFLOW)
    target = workflow
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value

    assert complaints(to_yaml(workflow)) == []


@settings(max_examples=cases(100), deadline=None)
@given(st.sampled_from(PLACES))
def test_a_field_that_is_left_out(place):
    workflow = copy.deepcopy(WORKFLOW)
    target = workflow
    for key in place[:-1]:
        target = target[key]
    if place:
        del target[place[-1]]

    assert complaints(to_yaml(workflow)) == []


FILES = [
    file
    for folder in ("examples", "src/plait/scaffold")
    for file in sorted((ROOT / folder).rglob("*.yml"))
    if re.search(r"^workflow: *(\{|$)", file.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_workflow_that_comes_with_plait(file):
    definition = WorkflowDefinition.from_yaml(file)

    assert list(VALIDATOR.iter_errors(as_json_data(definition.root))) == []


def test_every_file_of_the_compatibility_tests_that_has_no_problems():
    files = sorted(ROOT.glob("tests/golden/compatibility/*.yml"))

    assert len(files) > 300
    assert {file.name: said for file in files if (said := complaints(file.read_text(encoding="utf-8")))} == {}
