"""References into the data of a step that has an `output_schema`."""

import pytest

from plait.load import WorkflowDefinition, validate_workflow
from plait.steps import StepTypes

HEAD = 'schema_version: "1.0"\nworkflow: {id: w, name: w, integration: claude}\nsteps:\n'
OPEN = "{properties: {total: {type: integer}, items: {type: array, items: {properties: {name: {}}}}}}"
CLOSED = "{properties: {total: {type: integer}}, additionalProperties: false}"


def problems(schema, path, folder=None):
    text = (
        f"{HEAD}  - {{id: a, type: prompt, prompt: x, output_schema: {schema}}}\n"
        f"  - {{id: b, type: shell, run: 'echo {{{{ steps.a.output.data{path} }}}}'}}\n"
    )
    definition = WorkflowDefinition.from_string(text)
    if folder is not None:
        definition.source_path = folder / "w.yml"
    return [(str(each.severity), each.message, each.hint) for each in validate_workflow(definition, StepTypes())]


@pytest.mark.parametrize("path", ["", ".total", ".items", ".items[0].name", ".items[0]"])
def test_what_the_schema_names_is_fine(path):
    assert problems(OPEN, path) == []


def test_what_it_does_not_name_is_a_warning():
    message = "the `output_schema` of step `a` does not name `totl`, so this may be null"
    assert problems(OPEN, ".totl") == [("warning", message, "did you mean `total`?")]
    assert [severity for severity, _, _ in problems(OPEN, ".items[2].nme")] == ["warning"]


def test_what_it_rules_out_is_an_error():
    message = "the data of step `a` has no `totl`: its `output_schema` rules it out"
    assert problems(CLOSED, ".totl") == [("error", message, "did you mean `total`?")]


@pytest.mark.parametrize(
    "schema",
    [
        "{}",
        "{anyOf: [{properties: {a: {}}}], properties: {b: {}}}",
        "{patternProperties: {'^x': {}}, properties: {b: {}}}",
        "{properties: {b: {}}, $ref: '#/$defs/x', $defs: {x: {}}}",
    ],
)
def test_a_schema_that_does_not_tell_is_silent(schema):
    assert problems(schema, ".anything") == []


def test_a_schema_in_a_file_beside_the_workflow(tmp_path):
    (tmp_path / "s.json").write_text('{"properties": {"total": {}}, "additionalProperties": false}')
    assert [severity for severity, _, _ in problems("s.json", ".totl", tmp_path)] == ["error"]
    assert problems("s.json", ".total", tmp_path) == []
    (tmp_path / "s.json").write_text("[]")
    assert "does not hold a mapping" in problems("s.json", ".total", tmp_path)[0][1]
