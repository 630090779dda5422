"""Workflows installed from files, addresses and catalogs, pinned, updated and run, with the installed command."""

import hashlib
import json
import os
import pty
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from support.web_server import Answer
from support.workflow_packages import packed, workflow_package, workflow_text

UNTRUSTED = "This comes from an address"


@pytest.fixture
def home(project):
    (project.path / ".specify").mkdir()
    (project.path / "home").mkdir()
    return {"HOME": str(project.path / "home")}


def installed(project):
    path = project.path / ".specify/workflows/workflow-registry.json"
    return json.loads(path.read_text())["workflows"] if path.exists() else {}


def catalog(server, version, content, **entry):
    """Publish a version of `hello` in a catalog; return what the environment must say of the catalog."""
    url = server.page(f"/hello-{version}.yml", content)
    listed = {"id": "hello", "name": "Hello", "version": version, "url": url, **entry}
    address = server.page("/catalog.json", json.dumps({"schema_version": "1.0", "workflows": {"hello": listed}}))
    return {"SPECKIT_WORKFLOW_CATALOG_URL": address}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_package_is_shown_installed_run_and_removed(project, home, tmp_path):
    source = packed(workflow_package(tmp_path / "package", custom_step=True), tmp_path / "package.tar.gz")
    unasked = project.plait("add", source, env=home)
    assert unasked.code == 2
    assert "nobody is there to be asked" in unasked.err
    for text in ("greet: echo hello 1.0.0", "scripts/say.sh", "https://example.org/1.0.0", "steps/shout/__init__.py"):
        assert text in unasked.err
    assert installed(project) == {}
    done = project.plait("add", source, "--yes", "--json", env=home)
    assert done.code == 0, done
    payload = json.loads(done.out)
    assert (payload["id"], payload["installed"], payload["replaced"]) == ("hello", True, None)
    assert payload["commands"] == [{"step_id": "greet", "run": "echo hello 1.0.0"}]
    assert project.plait("run", "hello", env=home).code == 0
    assert project.plait("remove", "hello", env=home).code == 0
    assert project.plait("run", "hello", env=home).code == 2
    assert project.plait("remove", "hello", env=home).code == 2


@pytest.mark.parametrize(("answer", "there"), [(b"\n", False), (b"n\n", False), (b"y\n", True)])
def test_it_asks_before_it_installs_from_an_address(project, home, server, answer, there):
    url = server.page("/hello.yml", workflow_text())
    controller, terminal = pty.openpty()
    process = project.start("add", url, env=home, stdin=terminal)
    os.write(controller, answer)
    shown = project.end(process)
    os.close(terminal)
    os.close(controller)
    assert shown.code == 0
    assert UNTRUSTED in shown.err
    assert ("hello" in installed(project)) is there
    assert ("not installed" in shown.out) is not there


def test_what_is_wanted_from_an_address_must_be_there(project, home, server):
    url = server.page("/x", workflow_text(), headers={"Content-Type": "text/yaml"})
    assert project.plait("add", "other", "--from", url, "--yes", env=home).code == 1
    assert project.plait("add", "Not An Id", "--from", url, "--yes", env=home).code == 2
    assert project.plait("add", "hello", "--from", "", "--yes", env=home).code == 2
    assert len(server.asked) == 1
    assert project.plait("add", "hello", "--from", url, "--yes", env=home).code == 0
    assert installed(project)["hello"]["source"] == url


def slow(content, seconds=1.5):
    """An answer that sends the first half at once and the rest in pieces, for longer than a second."""
    rest = content[len(content) // 2 :]

    def then(write):
        for index in range(16):
            time.sleep(seconds / 16)
            write(rest[index * len(rest) // 16 : (index + 1) * len(rest) // 16])

    return Answer(content[: len(content) // 2], length=len(content), then=then)


@pytest.mark.parametrize(("more", "shown"), [((), True), (("--json",), False)])
def test_a_long_download_shows_on_a_terminal_how_far_it_is(project, home, server, tmp_path, more, shown):
    package = workflow_package(tmp_path / "package")
    (package / "noise").write_bytes(os.urandom(3 << 20))
    server.pages["/p.tar.gz"] = slow(packed(package, tmp_path / "p.tar.gz").read_bytes())
    controller, terminal = pty.openpty()
    process = project.start(
        "add", f"{server.url}/p.tar.gz", "--yes", *more, env=home | {"TERM": "xterm"}, stderr=terminal
    )
    os.close(terminal)
    told = b""
    with suppress(OSError):
        while piece := os.read(controller, 4096):
            told += piece
    os.close(controller)
    assert project.end(process).code == 0
    assert (b"downloading [####" in told) is shown
    assert (b" of 3.0 MiB" in told) is shown
    assert b"hello 1.0.0: Hello" in told.rpartition(b"\x1b[K")[2], "nothing of it is left behind"


def test_a_download_that_breaks_off_installs_nothing(project, home, server, tmp_path):
    content = packed(workflow_package(tmp_path / "package"), tmp_path / "p.zip").read_bytes()
    url = server.page("/p.zip", content[: len(content) // 2], length=len(content))
    shown = project.plait("add", url, "--yes", env=home)
    assert shown.code == 1
    assert installed(project) == {}
    server.page("/p.zip", content)
    assert project.plait("add", url, "--yes", env=home).code == 0
    assert (project.path / ".specify/workflows/hello/scripts/say.sh").exists()


def test_a_workflow_is_installed_from_a_catalog_and_updated(project, home, server):
    text = workflow_text()
    env = home | catalog(server, "1.0.0", text, sha256=f"sha256:{sha256(text).upper()}")
    assert project.plait("add", "hello", "--yes", env=env).code == 0
    entry = installed(project)["hello"]
    assert (entry["source"], entry["url"]) == ("catalog", server.url + "/hello-1.0.0.yml")
    idle = project.plait("update", env=env)
    assert (idle.code, idle.out) == (0, "all workflows are up to date\n")
    assert project.plait("disable", "hello", env=env).code == 0
    env |= catalog(server, "1.1.0", workflow_text("1.1.0"))
    assert project.plait("catalog", "refresh", env=env).code == 0
    asked = project.plait("update", env=env)
    assert asked.code == 2
    assert "1.0.0 → 1.1.0" in asked.err
    assert project.plait("update", "--yes", env=env).code == 0
    entry = installed(project)["hello"]
    assert (entry["version"], entry["enabled"]) == ("1.1.0", False)
    assert project.plait("sync", "--check", env=env).code == 0


def test_a_version_that_is_asked_for_is_installed_and_updated_later(project, home, server):
    old = workflow_text("1.1.0")
    release = {"url": server.page("/old.yml", old), "sha256": sha256(old)}
    env = home | catalog(server, "2.0.0", workflow_text("2.0.0"), releases={"1.1.0": release})
    unknown = project.plait("add", "hello", "--version", "1.0", "--yes", env=env)
    assert unknown.code == 1
    assert "hint: it has 2.0.0, 1.1.0" in unknown.err
    assert project.plait("add", "hello", "--version", ">=1,<2", "--yes", env=env).code == 0
    assert (installed(project)["hello"]["version"], installed(project)["hello"]["url"]) == ("1.1.0", release["url"])
    assert project.plait("sync", "--check", env=env).code == 0
    listed = json.loads(project.plait("info", "hello", "--versions", "--json", env=env).out)
    assert ([each["version"] for each in listed["versions"]], listed["installed_version"]) == (
        ["2.0.0", "1.1.0"],
        "1.1.0",
    )
    assert project.plait("update", "--yes", env=env).code == 0
    assert installed(project)["hello"]["version"] == "2.0.0"
    assert project.plait("add", "hello", "--version", "1.1.0", "--yes", env=env).code == 0
    assert installed(project)["hello"]["version"] == "1.1.0"
    (project.path / "w.yml").write_text(workflow_text())
    assert project.plait("add", "w.yml", "--version", "1.0.0", "--yes", env=env).code == 2


def test_an_update_that_is_not_what_was_announced_keeps_the_old_version(project, home, server):
    env = home | catalog(server, "1.0.0", workflow_text())
    assert project.plait("add", "hello", "--yes", env=env).code == 0
    before = installed(project)
    for version, more in (("2.0.0", {}), ("3.0.0", {"sha256": "0" * 64})):
        catalog(server, version, workflow_text("3.0.0"), **more)
        project.plait("catalog", "refresh", env=env)
        shown = project.plait("update", "hello", "--yes", "--json", env=env)
        assert shown.code == 1, shown
        assert list(json.loads(shown.out)["failed"]) == ["hello"]
        assert installed(project) == before
    assert project.plait("update", "other", "--yes", env=env).code == 2


def test_what_cannot_be_updated_is_skipped_with_its_reason(project, home, server):
    env = home | catalog(server, "1.0.0", workflow_text())
    empty = project.plait("update", env=env)
    assert (empty.code, empty.out) == (0, "no workflows are installed\n")
    (project.path / "local.yml").write_text(workflow_text())
    assert project.plait("add", "local.yml", "--yes", env=env).code == 0
    shown = project.plait("update", env=env)
    assert (shown.code, shown.out) == (0, "1 skipped\n")
    assert "skipped hello: it is not from a catalog" in shown.err


def test_requirements_are_told_and_refused_where_that_is_asked_for(project, home):
    file = project.path / "hello.yml"
    file.write_text(workflow_text(more="requires: {speckit_version: '>=99', integrations: {all: [nobody]}}\n"))
    shown = project.plait("add", file, "--yes", "--strict", env=home)
    assert shown.code == 2
    assert "requires speckit_version '>=99'" in shown.err
    assert "unknown: nobody" in shown.err
    assert installed(project) == {}
    assert project.plait("add", file, "--yes", env=home).code == 0


def test_sync_finds_and_mends_what_was_changed(project, home, server, tmp_path):
    url = server.page(
        "/p.tar.gz", packed(workflow_package(tmp_path / "p", custom_step=True), tmp_path / "p.tar.gz").read_bytes()
    )
    assert project.plait("sync", env=home).code == 2
    assert project.plait("add", url, "--yes", env=home).code == 0
    assert project.plait("sync", "--check", env=home).code == 0
    workflows = project.path / ".specify/workflows"
    (workflows / "hello/scripts/say.sh").write_text("echo evil\n")
    (workflows / "steps/shout/__init__.py").unlink()
    shown = project.plait("sync", "--check", "--json", env=home)
    assert shown.code == 1
    assert [each["reason"] for each in json.loads(shown.out)["differences"]] == [
        "scripts/say.sh has been changed",
        "__init__.py is missing",
    ]
    assert project.plait("sync", env=home).code == 0
    assert "evil" not in (workflows / "hello/scripts/say.sh").read_text()
    assert project.plait("sync", "--check", env=home).code == 0
    project.plait("remove", "hello", env=home)
    assert project.plait("sync", "--check", env=home).code == 0


def test_a_clone_with_a_lock_file_gets_what_was_locked_or_nothing(project, home, server, project_at, tmp_path):
    url = server.page("/hello.yml", workflow_text())
    assert project.plait("add", url, "--yes", env=home).code == 0
    clone = project_at(tmp_path / "clone")
    (clone.path / ".specify").mkdir()
    (clone.path / "plait.lock").write_bytes((project.path / "plait.lock").read_bytes())
    server.page("/hello.yml", workflow_text().replace("echo hello", "echo evil"))
    shown = clone.plait("sync", env=home)
    assert shown.code == 1
    assert "is not what was recorded" in shown.err
    assert installed(clone) == {}
    server.page("/hello.yml", workflow_text())
    assert clone.plait("sync", env=home).code == 0
    assert clone.plait("run", "hello", env=home).code == 0


def test_overlays_are_locked_and_accept_writes_down_what_is_there(project, home):
    (project.path / "hello.yml").write_text(workflow_text())
    assert project.plait("add", "hello.yml", "--yes", env=home).code == 0
    overlay = project.path / "o.yml"
    overlay.write_text("id: o\nextends: hello\nedits:\n  - set: {step: greet, key: timeout, value: 5}\n")
    assert project.plait("overlay", "add", overlay, env=home).code == 0
    assert project.plait("sync", "--check", env=home).code == 0
    place = project.path / ".specify/workflows/overlays/hello/o.yml"
    place.write_text(place.read_text().replace("5", "6"))
    shown = project.plait("sync", env=home)
    assert (shown.code, shown.out) == (1, "overlays of hello: o.yml has been changed\n")
    assert project.plait("sync", "--accept", env=home).code == 0
    assert project.plait("sync", "--check", env=home).code == 0


@pytest.mark.parametrize("kind", ["yaml", "zip"])
def test_a_workflow_is_run_from_an_address_and_nothing_is_installed(project, home, server, tmp_path, kind):
    gate = "  - {id: ok, type: gate, message: go on?, options: [approve, reject]}\n"
    package = workflow_package(tmp_path / "package")
    (package / "workflow.yml").write_text(workflow_text(steps=gate))
    content = packed(package, tmp_path / "p.zip").read_bytes() if kind == "zip" else workflow_text(steps=gate)
    url = server.page("/w", content)
    unasked = project.plait("run", url, env=home)
    assert unasked.code == 2
    assert "greet: echo hello" in unasked.err
    shown = project.plait("run", url, "--yes", "--run-id", "r", env=home)
    assert shown.code == 3, shown
    assert installed(project) == {}
    server.page("/w", "gone")
    assert project.plait("answer", "r", "--choice", "approve", env=home).code == 0
    assert project.plait("resume", "r", env=home).code == 0
    folder = json.loads((project.folder() / "state.json").read_text())["workflow_dir"]
    assert (kind == "yaml") is not Path(folder, "scripts/say.sh").exists()


def test_an_interrupted_download_leaves_nothing(project, home, server):
    asked = []

    def hang(write):
        asked.append(write)
        server.closing.wait(60)

    server.pages["/slow.yml"] = Answer(b"a", length=100, then=hang)
    process = project.start("add", server.url + "/slow.yml", "--yes", env=home)
    project.until(lambda: asked)
    os.killpg(process.pid, signal.SIGINT)
    assert project.end(process).code == 130
    assert [path.name for path in (project.path / ".specify").iterdir()] == []


def test_two_at_once_come_one_after_the_other(project, home):
    for name in ("a", "b", "c"):
        (project.path / f"{name}.yml").write_text(workflow_text(workflow_id=name))
    started = [
        project.start("add", f"{name}.yml", "--yes", env=home, stdout=subprocess.PIPE) for name in ("a", "b", "c")
    ]
    assert [project.end(each).code for each in started] == [0, 0, 0]
    assert sorted(installed(project)) == ["a", "b", "c"]
    assert project.plait("sync", "--check", env=home).code == 0
