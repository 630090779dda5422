"""Whatever is read, the answer is a workflow or problems with a place, never a traceback."""

import copy
import runpy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import InvalidWorkflowError
from plait.load.definition import WorkflowDefinition
from plait.load.loader import load_workflow
from plait.load.nodes import Mapping, Scalar, Sequence
from plait.load.positions import index_of
from plait.load.report import format_problem, problem_as_json
from plait.load.source import decode_source
from plait.load.yaml_text import to_yaml

STEP_TYPES = runpy.run_path(str(Path(__file__).parents[1] / "unit" / "load" / "sample_types.py"))["STEP_TYPES"]

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["yes", "1e3", "0o17", "12:30", "null", "~", "", "<<", "=", "- a", "a: b", "# x", "{{ x }}", "a\n", "\n", " a\nb "]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20
)
YAML_PIECES = st.lists(
    st.sampled_from(
        [
            *"{}[]:,-?&*!|>'\"%@`#\n \t",
            "\n  ",
            "a",
            "1",
            "{{ ",
            " }}",
            "<<: ",
            "*a",
            "&a ",
            "!!str ",
            "---\n",
            "steps:\n",
        ]
    ),
    max_size=60,
).map("".join)

WORKFLOW = {
    "schema_version": "1.0",
    "workflow": {"id": "demo", "name": "Demo", "version": "1.0.0", "options": {"a": 1}},
    "requires": {"speckit_version": ">=1"},
    "inputs": {"spec": {"type": "string", "default": "x", "enum": ["x", "y"]}, "n": {"type": "integer"}},
    "steps": [
        {"id": "build", "type": "shell", "run": "echo {{ inputs.spec }}", "timeout": 5, "retry": {"attempts": 2}},
        {"id": "ask", "type": "gate", "message": "ok?", "options": ["yes", "no"], "on_reject": "skip"},
        {"id": "either", "type": "if", "condition": "{{ true }}", "then": [], "else": [{"id": "c", "command": "x"}]},
        {"id": "pick", "type": "switch", "expression": "{{ inputs.n }}", "cases": {"1": []}, "default": []},
        {"id": "loop", "type": "while", "condition": True, "steps": [], "max_iterations": 3},
        {"id": "fan", "type": "fan-out", "items": [1], "step": {"id": "leaf", "type": "shell", "run": "{{ item }}"}},
        {"id": "own", "type": "free", "colour": "red", "steps": [{"id": "inner", "type": "shell", "run": "x"}]},
    ],
    "finally": [{"id": "end", "type": "shell", "run": "echo", "env": {"A": 1}, "if": "{{ inputs.n == 1 }}"}],
    "outputs": {"x": "{{ steps.build.output.stdout }}", "y": {"value": ["{{ inputs.n }}"]}},
    "env": {"B": "{{ inputs.spec }}"},
    "max_parallel": 4,
}

PATIENT = settings(deadline=None)
"""A busy machine is no failure."""


def _places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*path, key))


PLACES = sorted(_places(WORKFLOW), key=repr)


def _answer(definition):
    loaded = load_workflow(definition, STEP_TYPES)
    assert (loaded.workflow is None) == any(problem.is_error for problem in loaded.problems)
    _check_problems(loaded.problems, definition.text)
    return loaded


def _check_problems(problems, text):
    for problem in problems:
        assert problem.message
        assert problem.mark.line >= 1
        assert problem.mark.column >= 1
        assert problem.length >= 1
        assert format_problem(problem)
        assert problem_as_json(problem)["message"] == problem.message
        assert problem.source_line in text or "\ufffd" in problem.source_line


def _read(content):
    try:
        definition = WorkflowDefinition(decode_source(content, "any.yml"))
    except InvalidWorkflowError as error:
        definition, refused = None, error
    if definition is None:
        assert refused.problems
        _check_problems(refused.problems, content.decode(errors="replace"))
    else:
        _answer(definition)


def test_the_sample_is_valid():
    loaded = _answer(WorkflowDefinition.from_string(to_yaml(WORKFLOW)))
    assert not loaded.problems
    assert loaded.workflow is not None


@PATIENT
@given(st.binary(max_size=200))
def test_any_bytes(content):
    _read(content)


@PATIENT
@given(YAML_PIECES | st.text(max_size=100))
def test_any_text(text):
    _read(text.encode(errors="surrogatepass"))


@PATIENT
@given(DATA)
def test_data_survives_writing_and_reading(data):
    assert WorkflowDefinition.from_string(to_yaml({"data": data})).data == {"data": data}


@PATIENT
@given(st.sampled_from(PLACES), DATA)
def test_any_value_anywhere(place, value):
    document = copy.deepcopy(WORKFLOW)
    if not place:
        document = {**document, "steps": value}
    else:
        here = document
        for part in place[:-1]:
            here = here[part]
        here[place[-1]] = value
    loaded = _answer(WorkflowDefinition.from_string(to_yaml(document)))
    again = WorkflowDefinition.from_string(to_yaml(document))
    assert WorkflowDefinition.from_string(again.to_yaml()).data == again.data
    assert load_workflow(again, STEP_TYPES).problems == loaded.problems


@PATIENT
@given(st.text(st.sampled_from("ab'\"\\ \n\té日"), max_size=12), st.sampled_from(["'", '"', None]))
def test_every_visible_character_has_a_place(text, style):
    """The character at a value's offset is the one found in the source, in every style that can hold it."""
    written = _quoted(text, style)
    definition = WorkflowDefinition.from_string(written)
    scalar = definition.root.get("value")
    assert isinstance(scalar, Scalar)
    for offset, character in enumerate(scalar.text):
        found = definition.text[index_of(definition.text, scalar, offset)]
        if not character.isspace():
            assert found in {character, "\\"}


def _quoted(text, style):
    if style == "'":
        return "value: '" + text.replace("'", "''").replace("\n", "\n\n ").replace("\t", " ") + "'\n"
    if style == '"':
        body = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'value: "{body}"\n'
    return to_yaml({"value": text})


@PATIENT
@given(DATA)
def test_nodes_and_data_agree(data):
    root = WorkflowDefinition.from_string(to_yaml({"data": data})).root

    def rebuilt(node):
        if isinstance(node, Mapping):
            return {key.value: rebuilt(value) for key, value in node.entries}
        return [rebuilt(item) for item in node.items] if isinstance(node, Sequence) else node.value

    assert rebuilt(root) == {"data": data}
