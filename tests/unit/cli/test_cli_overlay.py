import json

import pytest

from plait.cli.main import main

BASE = (
    "workflow: {id: wf, name: Wf}\nsteps:\n- {id: a, type: shell, run: echo a}\n- {id: b, type: shell, run: echo b}\n"
)
OVERLAY = "id: x\nextends: wf\nedits:\n- insert_after: a\n  step: {id: n, type: shell, run: echo n}\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPECIFY_INIT_DIR", raising=False)
    (tmp_path / ".specify" / "workflows" / "wf").mkdir(parents=True)
    (tmp_path / ".specify" / "workflows" / "wf" / "workflow.yml").write_text(BASE)
    (tmp_path / "x.yml").write_text(OVERLAY)
    return tmp_path


@pytest.fixture
def plait(project, capsys):
    def call(*words, code=0):
        assert main(list(words)) == code
        return capsys.readouterr()

    return call


def test_a_life_of_an_overlay(plait):
    assert plait("overlay", "list", "wf").out == "workflow wf has no overlays\n"
    assert plait("overlay", "add", "x.yml").out == "added overlay x of workflow wf, priority 10\n"
    said = json.loads(plait("overlay", "add", "x.yml", "--priority", "4", "--json").out)
    assert said == {
        "id": "x",
        "extends": "wf",
        "priority": 4,
        "enabled": True,
        "source": "project:x",
        "edits": 1,
        "path": ".specify/workflows/overlays/wf/x.yml",
        "replaced": True,
    }
    assert json.loads(plait("overlay", "disable", "wf", "x", "--json").out)["result"] == "disabled"
    assert plait("overlay", "disable", "wf", "x").out == "overlay x of workflow wf: disabled already\n"
    listed = plait("overlay", "list", "wf").out.splitlines()[1].split()
    assert listed == ["x", "4", "disabled", "1", ".specify/workflows/overlays/wf/x.yml"]
    plait("overlay", "enable", "wf", "x")
    plait("overlay", "set-priority", "wf", "x", "2")
    (only,) = json.loads(plait("overlay", "list", "wf", "--json").out)["overlays"]
    assert (only["priority"], only["enabled"]) == (2, True)
    plait("overlay", "remove", "wf", "x")
    assert json.loads(plait("overlay", "list", "wf", "--json").out) == {"workflow_id": "wf", "overlays": []}


def test_resolve_says_where_steps_come_from(plait):
    plait("overlay", "add", "x.yml")
    said = plait("resolve", "wf").out
    assert said.splitlines() == [
        "wf: 3 steps, 1 overlay",
        "",
        "Layers, the one with the last word first:",
        "  project:x  priority 10  .specify/workflows/overlays/wf/x.yml",
        "  base                    .specify/workflows/wf/workflow.yml",
        "",
        "Steps:",
        "  a: base",
        "  n: project:x",
        "  b: base",
    ]


def test_resolve_as_data_and_as_a_file(plait):
    plait("overlay", "add", "x.yml")
    data = json.loads(plait("resolve", "wf", "--json", "--yaml").out)
    assert [(step["id"], step["source"]) for step in data["steps"]] == [
        ("a", "base"),
        ("n", "project:x"),
        ("b", "base"),
    ]
    assert [layer["source"] for layer in data["layers"]] == ["project:x", "base"]
    text = plait("resolve", "wf", "--yaml").out
    assert text == data["yaml"]
    assert "- id: 'n'\n  type: shell\n  run: echo n\n" in text
    assert "yaml" not in json.loads(plait("resolve", "wf", "--json").out)


def test_what_is_set_is_said(plait, project):
    edits = "- set: {step: a, key: retry.attempts, value: 2}\n"
    (project / "x.yml").write_text(OVERLAY + edits)
    plait("overlay", "add", "x.yml")
    assert "  a: base, `retry.attempts` from project:x\n" in plait("resolve", "wf").out


def test_an_error_has_a_caret_in_the_overlay(plait, project):
    (project / ".specify" / "workflows" / "overlays" / "wf").mkdir(parents=True)
    (project / ".specify" / "workflows" / "overlays" / "wf" / "x.yml").write_text(
        OVERLAY.replace("after: a", "after: aa")
    )
    for words in (("resolve", "wf"), ("run", "wf"), ("validate", "wf")):
        said = plait(*words, code=2)
        assert "overlays/wf/x.yml:4:17: error: the workflow has no step `aa`" in said.err + said.out
    problem = json.loads(plait("resolve", "wf", "--json", code=2).out)["error"]["problems"][0]
    assert (problem["line"], problem["column"], problem["hint"]) == (4, 17, "did you mean `a`?")


@pytest.mark.parametrize(
    "words",
    [
        ("overlay", "remove", "wf", "x"),
        ("overlay", "list", "runs"),
        ("overlay", "set-priority", "wf", "x", "0"),
        ("overlay", "add", "x.yml", "--priority", "0"),
        ("overlay", "add", "none.yml"),
        ("resolve", "other"),
    ],
)
def test_what_cannot_be_done(plait, words):
    assert plait(*words, code=2).err.startswith(("error: ", "none.yml:1:1: error: "))
