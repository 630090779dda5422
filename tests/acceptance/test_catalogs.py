"""Catalogs on the command line, served by a server of this machine."""

import hashlib
import io
import json
import tarfile

import pytest

from support.catalogs import catalog, entry
from support.step_packages import write_package

FLOW = """
schema_version: "1.0"
workflow: {{id: {0}, name: "Flow {0}", version: "1.0.0", author: Ada, description: Does {0}}}
requires: {{speckit_version: ">=99"}}
inputs:
  spec: {{type: string, required: true, prompt: What to build}}
  scope: {{type: string, default: full, enum: [full, part]}}
steps:
  - {{id: one, type: shell, run: echo one}}
  - id: choose
    type: if
    condition: "{{{{ true }}}}"
    then:
      - {{id: inner, type: shell, run: echo inner}}
  - id: each
    type: fan-out
    items: [1, 2]
    step: {{id: item, type: shell, run: echo item}}
"""


@pytest.fixture
def home(project, no_proxies, monkeypatch, tmp_path_factory):
    """A project that knows no catalog, of somebody without settings."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    (project.path / ".specify/workflows").mkdir(parents=True)
    (project.path / ".specify/workflow-catalogs.yml").write_text("replace: true\ncatalogs: []\n")
    (project.path / ".specify/step-catalogs.yml").write_text("replace: true\ncatalogs: []\n")
    return project


def answer(home, *words, code=0):
    shown = home.plait(*words, "--json")
    assert shown.code == code, shown
    return json.loads(shown.out)


def install(home, name, **more):
    folder = home.path / ".specify/workflows" / name
    folder.mkdir()
    (folder / "workflow.yml").write_text(FLOW.format(name))
    path = home.path / ".specify/workflows/workflow-registry.json"
    data = json.loads(path.read_text()) if path.exists() else {"schema_version": "1.0", "workflows": {}}
    data["workflows"][name] = {"name": f"Flow {name}", "version": "1.0.0", "description": f"Does {name}", **more}
    path.write_text(json.dumps(data))


def test_a_catalog_is_added_searched_refreshed_and_removed(home, server):
    url = catalog(server, "/c.json", {"a": entry(server, "a"), "b": entry(server, "b", tags=["other"])})
    shown = home.plait("catalog", "add", url, "--name", "ours")
    assert (shown.code, shown.out) == (0, "added the catalog ours, which lists 2 workflows\n")
    assert answer(home, "catalog", "add", url)["added"] is False
    (only,) = answer(home, "catalog", "list")["catalogs"]
    assert (only["index"], only["name"], only["layer"], only["install_allowed"]) == (0, "ours", "project", True)
    assert [each["id"] for each in answer(home, "search", "--tag", "OTHER")["workflows"]] == ["b"]
    assert home.plait("search", "nothing").out == "no workflow found\n"
    catalog(server, "/c.json", {"c": entry(server, "c")})
    assert [each["id"] for each in answer(home, "search")["workflows"]] == ["a", "b"]
    assert answer(home, "catalog", "refresh")["catalogs"][0]["entries"] == 1
    assert [each["id"] for each in answer(home, "search")["workflows"]] == ["c"]
    assert answer(home, "info", "c")["catalog"] == "ours"
    assert answer(home, "catalog", "remove", "0")["name"] == "ours"
    assert answer(home, "catalog", "list") == {"catalogs": []}


def test_a_failing_catalog_is_named_on_stderr(home, server):
    good = catalog(server, "/c.json", {"a": entry(server, "a")})
    home.plait("catalog", "add", good, "--name", "good")
    shown = home.plait("catalog", "add", server.url + "/none.json", "--name", "bad")
    assert (shown.code, shown.out) == (0, "added the catalog bad\n")
    shown = home.plait("search")
    assert (shown.code, shown.out.partition(" ")[0]) == (0, "a")
    assert f"warning: the catalog 'bad' ({server.url}/none.json) cannot be read: there is no such file" in shown.err
    shown = home.plait("catalog", "refresh")
    assert shown.code == 1
    assert shown.out.startswith("good: 1 workflow\nbad: ")


def test_hostile_texts_do_not_reach_the_terminal(home, server):
    evil = "\x1b]0;owned\x07\x1b[2Jx\u202e\r"
    fields = dict.fromkeys(("name", "description", "author", "license"), evil)
    packages = {"a": entry(server, "a") | fields | {"tags": [evil]}, evil: {}}
    home.plait("catalog", "add", catalog(server, "/c.json", packages), "--name", evil)
    for words in (["search"], ["info", "a"], ["catalog", "list"], ["catalog", "refresh"], ["search", "--json"]):
        shown = home.plait(*words)
        assert shown.code == 0, shown
        assert not any(character in shown.out + shown.err for character in "\x1b\x07\u202e\r")


def test_a_file_that_is_wrong_is_told_with_its_line(home):
    (home.path / ".specify/workflow-catalogs.yml").write_text("catalogs:\n- url: http://example.com/\n")
    shown = home.plait("search")
    assert shown.code == 2
    assert "workflow-catalogs.yml:2: http://example.com/: plain HTTP is for this machine alone" in shown.err


def test_the_installed_workflows_are_listed(home):
    assert home.plait("list").out.startswith("no workflow is installed")
    install(home, "b", enabled=False)
    install(home, "a", source="catalog", catalog_name="ours")
    assert home.plait("list").out == ("a 1.0.0 - Flow a\n    Does a\nb 1.0.0 - Flow b [disabled]\n    Does b\n")
    found = answer(home, "list")["workflows"]
    assert [(each["id"], each["enabled"], each["catalog_name"]) for each in found] == [
        ("a", True, "ours"),
        ("b", False, None),
    ]


def test_a_damaged_registry_is_an_error_and_a_damaged_entry_is_told(home):
    path = home.path / ".specify/workflows/workflow-registry.json"
    path.write_text(json.dumps({"workflows": {"a\x1b[31m": 3, "b": {"name": ["x"], "version": 2}}}))
    shown = home.plait("list")
    assert (shown.code, shown.out) == (0, "b 2\n")
    assert "warning: the entry 'a' of the registry is damaged" in shown.err
    path.write_text("{")
    assert home.plait("list").code == 1
    path.unlink()
    path.symlink_to(home.path / "elsewhere")
    assert home.plait("list").code == 1


def test_info_shows_the_whole_tree_inputs_and_requirements(home):
    install(home, "a", source="catalog", catalog_name="ours")
    overlays = home.path / ".specify/workflows/overlays/a"
    overlays.mkdir(parents=True)
    (overlays / "more.yml").write_text(
        "id: more\nextends: a\nedits: [{insert_after: inner, step: {id: extra, type: shell, run: echo extra}}]\n"
    )
    out = home.plait("info", "a").out
    assert "yes, from the catalog ours" in out
    assert "requires:     speckit_version >=99" in out
    assert "it requires speckit_version '>=99'" in out
    assert "  spec (string) - required: What to build\n" in out
    assert '  scope (string) - optional, default "full", one of ["full", "part"]\n' in out
    assert out.partition("Steps ")[2] == (
        "(6):\n  one [shell] echo one\n  choose [if] {{ true }}\n    then:\n      inner [shell] echo inner\n"
        "      extra [shell] echo extra  from project:more\n  each [fan-out]\n    item [shell] echo item\n"
    )
    found = answer(home, "info", "a")
    assert found["installed"] is True
    assert [each["source"] for each in found["layers"]] == ["project:more", "base"]
    assert found["steps"][1]["blocks"]["then"][1]["from"] == "project:more"


def test_info_of_files_and_of_nothing(home):
    (home.path / "flow.yml").write_text(FLOW.format("flow"))
    (home.path / "folder").mkdir()
    (home.path / "folder/workflow.yml").write_text(FLOW.format("inside"))
    assert answer(home, "info", "flow.yml")["installed"] is False
    assert answer(home, "info", "./folder")["id"] == "inside"
    install(home, "release")
    for source, told in (("relaese", "did you mean `release`?"), ("none.yml", "no such workflow file: none.yml")):
        shown = home.plait("info", source)
        assert shown.code == 2
        assert told in shown.err


def test_info_shows_what_versions_there_are(home, server):
    for number, version in enumerate(("2.0.0", "1.0.0")):
        url = catalog(server, f"/{number}.json", {"a": entry(server, "a", version)})
        home.plait("catalog", "add", url, "--name", f"c{number}")
    install(home, "a")
    found = answer(home, "info", "a", "--versions")
    assert found["installed_version"] == "1.0.0"
    assert [(each["version"], each["catalog"]) for each in found["versions"]] == [("2.0.0", "c0"), ("1.0.0", "c1")]


def serve_step(server, folder, version="1.0.0", **more):
    """Put a step package and a catalog that lists it on the server; return the catalog's address."""
    write_package(folder, tools="X = 1\n")
    (folder / "step.yml").write_text((folder / "step.yml").read_text().replace("1.0.0", version))
    digests = {}
    for name in ("step.yml", "__init__.py", "tools.py"):
        content = (folder / name).read_bytes()
        server.page(f"/shout/{name}", content)
        digests[name] = hashlib.sha256(content).hexdigest()
    listed = {
        "name": "Shout",
        "version": version,
        "url": f"{server.url}/shout/step.yml",
        "extra_files": {"tools.py": f"{server.url}/shout/tools.py"},
        "sha256": digests,
        **more,
    }
    return catalog(server, "/steps.json", {"shout": listed}, "step")


def test_a_step_type_is_found_installed_used_and_updated(home, server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package") / "shout"
    home.plait("step", "catalog", "add", serve_step(server, folder), "--name", "ours")
    assert [each["id"] for each in answer(home, "step", "search", "SHOUT")["steps"]] == ["shout"]
    assert answer(home, "step", "info", "shout")["installed"] is False
    assert answer(home, "step", "add", "shout", "--yes")["version"] == "1.0.0"
    home.workflow("steps: [{id: s, type: shout, text: hey}]")
    assert home.plait("run", "w.yml", "--run-id", "r").code == 0
    registered = json.loads((home.path / ".specify/workflows/steps/step-registry.json").read_text())["steps"]["shout"]
    assert (registered["source"], registered["catalog_name"], registered["type_key"]) == ("catalog", "ours", "shout")
    assert answer(home, "step", "update", "--yes")["up_to_date"] == ["shout"]
    serve_step(server, folder, "1.10.0")
    found = answer(home, "step", "update", "--yes", "--refresh")
    assert (found["updated"], found["failed"]) == (["shout"], {})
    assert answer(home, "step", "info", "shout")["version"] == "1.10.0"
    assert home.plait("step", "add", "shout", "--yes").code == 1


BREAKAGES = [
    lambda server: server.page("/shout/tools.py", "import os"),
    lambda server: server.page("/shout/tools.py", status=404),
    lambda server: server.page("/shout/__init__.py", "x", length=5000),
    lambda server: server.redirect("/shout/tools.py", "http://example.com/tools.py"),
    lambda server: server.page("/shout/tools.py", b"x" * (5 * 1024 * 1024 + 1)),
]


def test_a_download_that_fails_changes_nothing(home, server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package") / "shout"
    home.plait("step", "catalog", "add", serve_step(server, folder))
    home.plait("step", "add", "shout", "--yes")
    steps = home.path / ".specify/workflows/steps"
    before = contents(steps)
    for break_it in BREAKAGES:
        serve_step(server, folder, "2.0.0")
        break_it(server)
        found = answer(home, "step", "update", "--yes", "--refresh", code=1)
        assert list(found["failed"]) == ["shout"]
        assert contents(steps) == before
    assert home.plait("step", "add", "shout", "--yes", "--force").code == 1
    assert contents(steps) == before


def contents(folder):
    """Return the files of a folder, without the copies of catalogs."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts}


def test_a_step_type_comes_as_an_archive_too(home, server, tmp_path_factory):
    folder = write_package(tmp_path_factory.mktemp("package") / "shout")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, "shout")
    url = server.page("/shout.tar.gz", packed.getvalue())
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    listed = {"version": "1.0.0", "url": url, "sha256": "0" * 64}
    home.plait("step", "catalog", "add", catalog(server, "/s.json", {"shout": listed}, "step"))
    shown = home.plait("step", "add", "shout", "--yes")
    assert shown.code == 1
    assert "is not what the catalog lists" in shown.err
    catalog(server, "/s.json", {"shout": {**listed, "sha256": digest}}, "step")
    home.plait("step", "catalog", "refresh")
    assert answer(home, "step", "add", "shout", "--yes")["type_key"] == "shout"
    assert answer(home, "step", "add", url, "--yes", "--force")["source"] == url


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"type": "other"}, "but that package is for the step type 'shout'"),
        ({"sha256": "x"}, "its `sha256` is not a SHA-256 digest"),
        ({"extra_files": {"../evil.py": "https://a.example/"}}, "the `extra_files` of 'shout' cannot be"),
    ],
)
def test_a_step_type_that_does_not_fit_is_refused(home, server, tmp_path_factory, more, told):
    name = more.pop("type", "shout")
    url = serve_step(server, tmp_path_factory.mktemp("package") / "shout", **more)
    listed = json.loads(server.pages["/steps.json"].body)["steps"]["shout"]
    home.plait("step", "catalog", "add", url)
    catalog(server, "/steps.json", {name: listed}, "step")
    home.plait("step", "catalog", "refresh")
    shown = home.plait("step", "add", name, "--yes")
    assert shown.code == 1
    assert told in shown.err
    assert not (home.path / ".specify/workflows/steps" / name).exists()


def test_nothing_is_installed_from_a_catalog_for_discovery(home, server, tmp_path_factory):
    url = serve_step(server, tmp_path_factory.mktemp("package") / "shout")
    home.plait("step", "catalog", "add", url, "--discovery-only")
    assert "(discovery only)" in home.plait("step", "search").out
    asked = len(server.asked)
    shown = home.plait("step", "add", "shout", "--yes")
    assert shown.code == 1
    assert "discovery only" in shown.err
    assert len(server.asked) == asked
