import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.errors import UsageError
from plait.load.findings import Findings
from plait.load.source import Source
from plait.packages.compose import Layer, Setting, compose, resolve
from plait.packages.overlay import OverlayError
from plait.packages.overlay_reading import parse_overlay, read_overlay
from plait.packages.project import Project

BASE = """\
workflow: {id: wf, name: Wf}
inputs:
  who: {type: string, default: you}
steps:
- {id: a, type: shell, run: "echo hello {{ inputs.who }}"}
- id: choose
  type: if
  condition: "true"
  then: [{id: b, type: shell, run: echo b}]
finally:
- {id: last, type: shell, run: echo last}
"""


def overlay(name, edits, priority=10):
    source = Source(f"id: {name}\nextends: wf\npriority: {priority}\nedits:\n{edits}", f"{name}.yml")
    findings = Findings(source)
    found = read_overlay(parse_overlay(source), findings, stored_for="wf")
    assert not findings.has_errors, findings.problems
    return found


def composed(*overlays, base=BASE):
    return compose(WorkflowDefinition.from_string(base, source="base.yml"), overlays)


def install(folder, overlays):
    project = Project(folder)
    (project.workflows / "wf").mkdir(parents=True)
    (project.workflows / "wf" / "workflow.yml").write_text(BASE)
    (project.overlays / "wf").mkdir(parents=True)
    for name, text in overlays.items():
        (project.overlays / "wf" / name).write_text(text)
    return project


def test_without_overlays_it_is_the_file_itself():
    result = composed()
    assert result.definition.text == BASE
    assert result.layers == (Layer("base", None, None, None),)
    assert result.origins == dict.fromkeys(("a", "choose", "b", "last"), "base")


def test_layers_begin_with_the_one_that_has_the_last_word():
    edits = "- set: {step: a, key: timeout, value: 1}\n"
    names = [each.source for each in composed(overlay("m", edits, 20), overlay("x", edits), overlay("y", edits)).layers]
    assert names == ["project:y", "project:x", "project:m", "base"]


def test_the_order_given_does_not_matter():
    one = overlay("x", "- set: {step: a, key: timeout, value: 1}\n", 5)
    two = overlay("y", "- set: {step: a, key: timeout, value: 2}\n", 6)
    for result in (composed(one, two), composed(two, one)):
        assert result.definition.steps[0]["timeout"] == 1
        assert result.settings == (Setting("step", "a", "timeout", "project:x"),)


def test_steps_of_finally_can_be_named():
    result = composed(overlay("x", "- insert_before: last\n  step: {id: n, type: shell, run: echo n}\n"))
    assert [step["id"] for step in result.definition.data["finally"]] == ["n", "last"]
    assert result.origins["n"] == "project:x"


def test_steps_of_branches_can_be_named():
    base = "workflow: {id: wf, name: W}\nsteps:\n- {id: p, type: parallel, branches: {one: [{id: k, run: x}]}}\n"
    result = composed(overlay("x", "- remove: k\n"), base=base)
    assert result.definition.steps[0]["branches"] == {"one": []}


def test_the_base_itself_stays_as_it_was():
    definition = WorkflowDefinition.from_string(BASE)
    before = definition.to_yaml()
    compose(definition, [overlay("x", "- remove: b\n- set: {step: a, key: env.X, value: 1}\n")])
    assert definition.to_yaml() == before


def test_keys_keep_their_places():
    result = composed(overlay("x", "- set: {step: a, key: type, value: gate}\n- set: {step: a, key: new, value: 1}\n"))
    assert list(result.definition.steps[0]) == ["id", "type", "run", "new"]
    assert result.definition.steps[0]["type"] == "gate"


def test_a_new_case_may_be_set():
    base = "workflow: {id: wf, name: W}\nsteps:\n- {id: s, type: switch, expression: x, cases: {one: [{id: k}]}}\n"
    edits = "- set: {step: s, key: cases.two, value: [{id: n, type: shell, run: echo}]}\n"
    result = composed(overlay("x", edits), base=base)
    assert list(result.definition.steps[0]["cases"]) == ["one", "two"]
    assert result.origins == {"s": "base", "k": "base", "n": "project:x"}


@pytest.mark.parametrize(
    ("edits", "place"),
    [
        ("- set: {step: a, key: timeout, value: soon}\n", ("x.yml", 5, 39)),
        ("- insert_after: b\n  step: {id: n, type: shel, run: x}\n", ("x.yml", 6, 23)),
        ("- insert_after: b\n  step: {id: n, type: shell, run: '{{ steps.nope }}'}\n", ("x.yml", 6, 39)),
        ("- set: {input: who, default: [1]}\n", ("x.yml", 5, 30)),
        ("- set: {input: who, enum: [me]}\n", ("base.yml", 3, 32)),
    ],
)
def test_problems_are_told_where_they_are_written(edits, place):
    definition = composed(overlay("x", edits)).definition
    (problem,) = [problem for problem in WorkflowEngine().validate(definition) if problem.is_error]
    assert (problem.file, *problem.mark) == place


def test_problems_of_the_base_come_first():
    base = BASE.replace("echo last", "'echo {{ steps.nope }}'")
    definition = composed(overlay("a", "- insert_after: b\n  step: {id: n, type: x}\n"), base=base).definition
    assert [problem.file for problem in WorkflowEngine().validate(definition)] == ["base.yml", "a.yml"]


def test_the_text_could_be_read_again():
    deep = "[" * 200 + "]" * 200
    nested = f"workflow: {{id: wf, name: W}}\nsteps:\n- {{id: a, x: {{{'y: {' * 100}{'}' * 100}}}}}\n"
    key = ".".join(["x", *["y"] * 99])
    with pytest.raises(OverlayError, match="1 error") as caught:
        composed(overlay("x", f"- set: {{step: a, key: {key}, value: {deep}}}\n"), base=nested)
    assert "256 levels" in caught.value.problems[0].message


def test_aliases_cannot_swell_the_frozen_text():
    big = "x" * 100_000
    base = f"workflow: {{id: wf, name: W}}\nsteps:\n- {{id: a, big: &b {big}, many: [{', '.join(['*b'] * 100)}]}}\n"
    with pytest.raises(OverlayError) as caught:
        composed(overlay("x", "- set: {step: a, key: k, value: 1}\n"), base=base)
    assert "longer than 5 MiB" in caught.value.problems[0].message


def test_a_run_freezes_what_is_composed(tmp_path):
    text = "id: x\nextends: wf\nedits:\n- insert_after: a\n  step: {id: n, type: shell, run: echo new}\n"
    install(tmp_path, {"x.yml": text + "- set: {input: who, default: all}\n"})
    engine = WorkflowEngine(tmp_path, signals=())
    definition = engine.load_workflow("wf")
    state = engine.execute(definition)
    assert state.status.value == "completed"
    assert list(state.records) == ["a", "n", "choose", "b", "last"]
    assert state.records["a"].output["stdout"] == "hello all\n"
    frozen = WorkflowDefinition.from_yaml(state.folder.definition)
    assert frozen.data == definition.data
    assert definition.source_path == tmp_path / ".specify" / "workflows" / "wf" / "workflow.yml"


def test_a_path_has_no_overlays(tmp_path):
    project = install(tmp_path, {"x.yml": "id: x\nextends: wf\nedits: [remove: a]\n"})
    path = project.workflows / "wf" / "workflow.yml"
    assert WorkflowEngine(tmp_path).load_workflow(path).text == BASE
    assert "a" not in resolve(project, "wf").origins


def test_what_is_not_installed_cannot_be_resolved(tmp_path):
    with pytest.raises(UsageError, match="no workflow 'wf' is installed"):
        resolve(Project(tmp_path), "wf")


def test_slips_in_an_overlay_are_warned_of_when_the_workflow_is_checked(tmp_path):
    install(
        tmp_path, {"x.yml": "id: x\nextends: wf\nprioritty: 3\nedits: [{set: {step: a, key: timeout, value: 9}}]\n"}
    )
    engine = WorkflowEngine(tmp_path)
    (problem,) = engine.validate(engine.load_workflow("wf"))
    assert (problem.message, problem.hint) == (
        "unknown key `prioritty` in an overlay: it has no effect",
        "did you mean `priority`?",
    )
