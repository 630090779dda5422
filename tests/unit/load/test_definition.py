import pytest

from plait.errors import InvalidWorkflowError
from plait.load.definition import WorkflowDefinition

FULL = """\
schema_version: 1.0
workflow:
  id: demo
  name: Demo
  version: 1.2.3
  author: A
  description: B
  integration: claude
  model: m
  options: {a: 1}
requires: {speckit_version: ">=1"}
inputs: {x: {type: string}}
steps: [{id: a}]
"""


def test_attributes():
    found = WorkflowDefinition.from_string(FULL)
    assert (found.schema_version, found.id, found.name, found.version) == ("1.0", "demo", "Demo", "1.2.3")
    assert (found.author, found.description) == ("A", "B")
    assert (found.default_integration, found.default_model, found.default_options) == ("claude", "m", {"a": 1})
    assert found.requires == {"speckit_version": ">=1"}
    assert found.inputs == {"x": {"type": "string"}}
    assert found.steps == [{"id": "a"}]
    assert found.data["workflow"]["id"] == "demo"
    assert found.text == FULL
    assert found.source_path is None


@pytest.mark.parametrize("text", ["a: 1", "workflow: 5\nsteps: x\ninputs: []\nrequires: no", "workflow: {id: null}"])
def test_wrong_shapes_read_as_defaults(text):
    found = WorkflowDefinition.from_string(text)
    assert (found.id, found.name, found.version, found.schema_version) == ("", "", "0.0.0", "1.0")
    assert (found.steps, found.inputs, found.requires, found.default_options) == ([], {}, {}, {})
    assert found.default_integration is None
    assert found.default_model is None


def test_a_file(tmp_path):
    path = tmp_path / "workflow.yml"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.encode())
    found = WorkflowDefinition.from_yaml(str(path))
    assert found.source_path == path
    assert found.id == "demo"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        WorkflowDefinition.from_yaml(tmp_path / "none.yml")


def test_problems_name_the_source():
    with pytest.raises(InvalidWorkflowError) as caught:
        WorkflowDefinition.from_string("a: [", source="here.yml")
    assert caught.value.problems[0].file == "here.yml"
    assert caught.value.message == "here.yml is not a valid workflow: 1 error"
    assert str(caught.value) == f"{caught.value.message}\n  {caught.value.problems[0]}"


def test_tidy_yaml_keeps_order_and_quotes_what_yaml_versions_read_differently():
    text = 'b: "yes"\na: "1e3"\nc: "0o7"\nd: "12:30"\ne: plain text\nf: |\n  one\n  two\ng: []\nh: true\ni: 1e16\n'
    written = WorkflowDefinition.from_string(text).to_yaml()
    assert written == (
        "b: 'yes'\na: '1e3'\nc: '0o7'\nd: '12:30'\ne: plain text\nf: |\n  one\n  two\ng: []\nh: true\ni: 1.0e+16\n"
    )


def test_data_that_yaml_cannot_hold():
    from plait.load.yaml_text import to_yaml

    with pytest.raises(TypeError, match="object"):
        to_yaml({"a": object()})
