"""What a person sees of a workflow's notices before trusting it."""

from plait import WorkflowDefinition, WorkflowEngine
from plait.packages.contents import contents_of
from plait.views.palette import Palette
from plait.views.workflow_info import WorkflowFacts, info_lines, info_payload

TEXT = """
workflow: {id: w, name: W}
notify:
  - {on: failed, webhook: "https://hooks.example.com/x"}
  - {on: paused, command: [curl, example.org]}
steps: [{id: a, type: shell, run: "true"}]
"""


def test_who_is_told_is_part_of_what_a_package_does(tmp_path):
    path = tmp_path / "workflow.yml"
    path.write_text(TEXT)
    workflow = WorkflowEngine(tmp_path).workflow_of(WorkflowDefinition.from_yaml(path))
    contents = contents_of(workflow, tmp_path, ["workflow.yml"], [])
    assert contents.notices == (
        "failed: sends a notice to https://hooks.example.com/x",
        "paused: runs curl example.org",
    )


def test_who_is_told_is_shown_of_a_file_as_it_is_written():
    facts = WorkflowFacts(WorkflowDefinition.from_string(TEXT), None)
    shown = [line.split(":", 1)[1].strip() for line in info_lines(facts, Palette()) if "notifies" in line]
    assert shown == [
        '{"on": "failed", "webhook": "https://hooks.example.com/x"}',
        '{"on": "paused", "command": ["curl", "example.org"]}',
    ]
    assert info_payload(facts)["notify"] == facts.definition.data["notify"]
    alone = WorkflowDefinition.from_string(TEXT.replace("- {on: failed", "{on: failed").split("  - {on: paused")[0])
    assert info_payload(WorkflowFacts(alone, None))["notify"] == [alone.data["notify"]]
