"""`plait new` and `plait schema` as a person uses them."""

import json
import os

import pytest

SCHEMA = ".specify/workflow.schema.json"


@pytest.mark.parametrize("template", ["shell", "agents", "fan-out"])
def test_each_template_is_valid_at_once(project, template):
    made = project.plait("new", "review-all", "--template", template)
    text = (project.path / "review-all.yml").read_text()
    shown = json.loads(project.plait("validate", "review-all.yml", "--json").out)
    about_the_file = [
        problem for problem in [*shown["errors"], *shown["warnings"]] if "is not installed" not in problem["message"]
    ]

    assert made.code == 0
    assert "wrote review-all.yml" in made.out
    assert "plait run review-all.yml" in made.out
    assert "id: review-all\n  name: Review all\n" in text
    assert "plait run review-all.yml --input" in text
    assert about_the_file == []


@pytest.mark.parametrize("template", ["shell", "fan-out"])
def test_a_template_without_agents_runs(project, template):
    project.plait("new", "--template", template)

    assert project.plait("run", "workflow.yml").code == 0


def test_the_agent_is_the_project_s(project):
    (project.path / ".specify").mkdir()
    (project.path / ".specify" / "integration.json").write_text('{"default_integration": "codex"}')
    project.plait("new", "--template", "agents")

    assert "  integration: codex #" in (project.path / "workflow.yml").read_text()


@pytest.mark.parametrize("name", ["no", "null", "1"])
def test_a_name_that_yaml_takes_for_something_else(project, name):
    project.plait("new", name)

    assert project.plait("validate", f"{name}.yml").code == 0
    assert f'id: "{name}"' in (project.path / f"{name}.yml").read_text()


def test_the_first_line_leads_to_the_schema_from_anywhere(project):
    outside = project.path.parent / f"{project.path.name} elsewhere"
    for name, modeline in (
        ("a.yml", SCHEMA),
        ("flows/deep/a.yml", f"../../{SCHEMA}"),
        (f"{outside}/a.yml", os.path.relpath(project.path / SCHEMA, outside)),
    ):
        assert project.plait("new", name).code == 0
        file = project.path / name
        first, _ = file.read_text().split("\n", 1)
        assert first == f"# yaml-language-server: $schema={modeline}"
        assert (file.parent / modeline).resolve() == (project.path / SCHEMA).resolve()


def test_it_is_told_as_json_and_repeats_only_what_is_needed(project):
    first = json.loads(project.plait("new", "a", "--json").out)
    second = json.loads(project.plait("new", "b.yaml", "--template", "fan-out", "--json").out)

    assert first["schema_renewed"] is True
    assert second == {
        "file": "b.yaml",
        "id": "b",
        "template": "fan-out",
        "overwritten": False,
        "schema": str(project.path.resolve() / SCHEMA),
        "schema_renewed": False,
        "next": ["plait validate b.yaml", "plait plan b.yaml", "plait run b.yaml"],
    }


def test_a_schema_of_an_older_version_is_renewed(project):
    project.plait("new", "a")
    (project.path / SCHEMA).write_text("{}")

    assert "workflow.schema.json" in project.plait("new", "b").out
    assert "definitions" in json.loads((project.path / SCHEMA).read_text())


def test_a_file_that_is_there_is_kept(project):
    file = project.path / "mine.yml"
    file.write_text("mine")
    refused = project.plait("new", "mine")
    kept = file.read_text()
    forced = project.plait("new", "mine", "--force")

    assert refused.code == 2
    assert "mine.yml is there already\nhint: --force overwrites it" in refused.err
    assert kept == "mine"
    assert not (project.path / ".specify").exists() or forced.code == 0
    assert file.read_text().startswith("# yaml-language-server")


def test_places_where_no_workflow_can_be(project):
    (project.path / "folder.yml").mkdir()
    (project.path / "link.yml").symlink_to(project.path / "far.yml")
    (project.path / "file").write_text("")

    for name, said in {
        "My Flow": "cannot be the id of a workflow",
        "runs": "cannot be the id of a workflow",
        "folder.yml": "is a folder",
        "new/": "is a folder",
        "link": "is not a plain file",
        "file/x.yml": "Not a directory",
        "a\x1b[31m": "cannot be the id of a workflow",
    }.items():
        refused = project.plait("new", name, "--force")
        assert (refused.code in (1, 2), said in refused.err) == (True, True), (name, refused.err)
        assert "\x1b" not in refused.err
    assert "call it my-flow.yml" in project.plait("new", "My Flow").err
    assert not (project.path / "far.yml").exists()


def test_the_schema_is_printed_and_written(project):
    printed = project.plait("schema")
    written = project.plait("schema", "--output", "x.json", "--json")

    assert json.loads(printed.out)["title"] == "Plait workflow"
    assert json.loads(written.out) == {"file": "x.json"}
    assert (project.path / "x.json").read_text() == printed.out
    assert json.loads(project.plait("schema", "--overlay").out)["title"] == "Plait overlay"
    assert "is a folder" in project.plait("schema", "--output", ".").err
