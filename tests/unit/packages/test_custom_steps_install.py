"""Installing and removing step packages: all or nothing, whatever happens."""

import json
import os
import signal
import threading

import pytest

from plait.errors import StorageError, UsageError
from plait.packages import step_packages, transaction
from plait.packages.custom_steps import custom_steps_of
from plait.packages.project import Project
from plait.packages.registry import RegistryError
from plait.packages.step_manifest import StepPackageError, flaw_of_id
from plait.packages.step_packages import (
    AlreadyInstalledError,
    NotInstalledError,
    check_package,
    find_package,
    install_package,
    installed_steps,
    remove_package,
)
from plait.packages.step_registry import registered_steps
from support.killing import exit_codes
from support.step_packages import SHOUT, add_package, manifest, write_package

LOCAL = {"source": "local"}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project/.specify").mkdir(parents=True)
    return Project(tmp_path / "project")


def install(project, folder, **options):
    install_package(project, check_package(folder), source=LOCAL, **options)


def write(tmp_path, text="1"):
    return write_package(tmp_path / f"package-{text}", SHOUT + f"\nVERSION = {text!r}\n")


def state_of(project):
    """Return what a user sees: the package's version of the code, whether it loads, and what is registered."""
    code = project.steps / "shout/__init__.py"
    version = code.read_text().rpartition("VERSION = ")[2].strip() if code.exists() else None
    return version, sorted(custom_steps_of(project.root).types), sorted(registered_steps(project))


def leftovers(project):
    places = [project.workflows, project.steps, project.root, project.root / ".specify"]
    known = {"steps", "shout", "step-registry.json", "plait.lock", ".specify", "workflows", ".workflow-install.lock"}
    return [path.name for place in places if place.is_dir() for path in place.iterdir() if path.name not in known]


def test_a_package_is_copied_and_registered_as_spec_kit_does(project, tmp_path):
    folder = write_package(tmp_path / "p", f"from . import more\n{SHOUT}", more="")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/x.pyc").write_text("")
    (folder / "tool.sh").write_text("#!/bin/sh\n")
    (folder / "tool.sh").chmod(0o755)
    install(project, folder)
    assert sorted(path.name for path in (project.steps / "shout").iterdir()) == [
        "__init__.py",
        "more.py",
        "step.yml",
        "tool.sh",
    ]
    assert os.access(project.steps / "shout/tool.sh", os.X_OK)
    data = json.loads(project.step_registry.read_text())
    entry = data["steps"]["shout"]
    assert list(entry) == [
        "name",
        "version",
        "description",
        "author",
        "type_key",
        "source",
        "installed_at",
        "updated_at",
    ]
    assert (data["schema_version"], entry["source"], entry["version"]) == ("1.0", "local", "1.0.0")
    assert project.step_registry.stat().st_mode & 0o777 == 0o600
    assert leftovers(project) == []


def test_installing_twice_needs_leave_to_replace(project, tmp_path):
    install(project, write(tmp_path, "1"))
    with pytest.raises(AlreadyInstalledError):
        install(project, write(tmp_path, "2"))
    begun = registered_steps(project)["shout"]["installed_at"]
    install(project, write(tmp_path, "2"), replace=True)
    assert state_of(project) == ("'2'", ["shout"], ["shout"])
    assert registered_steps(project)["shout"]["installed_at"] == begun
    assert leftovers(project) == []


def test_a_folder_that_nobody_registered_is_not_overwritten(project, tmp_path):
    add_package(project.root)
    with pytest.raises(AlreadyInstalledError):
        install(project, write(tmp_path))


def test_removing_takes_the_entry_and_the_folder(project, tmp_path):
    install(project, write(tmp_path))
    assert remove_package(project, "shout") == (True, True)
    assert state_of(project) == (None, [], [])
    assert leftovers(project) == []
    with pytest.raises(NotInstalledError):
        remove_package(project, "shout")


def test_an_unregistered_folder_and_an_entry_without_folder_can_be_removed(project, tmp_path):
    add_package(project.root)
    assert remove_package(project, "shout") == (False, True)
    install(project, write(tmp_path))
    (project.steps / "shout").rename(tmp_path / "away")
    assert installed_steps(project)[0].problem == "its folder is gone"
    assert remove_package(project, "shout") == (True, False)


def test_what_is_installed_is_listed_without_running_it(project):
    add_package(project.root, "raise SystemExit\n")
    add_package(project.root, key="zzz")
    (project.steps / "zzz/step.yml").write_text("step: 1\n")
    first, second = installed_steps(project)
    assert (first.type_key, first.source, first.problem) == ("shout", None, "")
    assert (second.type_key, second.problem) == (
        "zzz",
        f"{project.steps / 'zzz/step.yml'}:1: it must have a mapping `step`",
    )


@pytest.mark.parametrize(
    "name", ["../x", "a/b", ".hidden", "a.", "a ", "con", "LPT1.txt", "a:b", "a\x1b", "", "x" * 256]
)
def test_names_that_are_no_folder_everywhere_are_refused(project, tmp_path, name):
    assert flaw_of_id(name)
    with pytest.raises(NotInstalledError):
        remove_package(project, name)
    folder = write(tmp_path)
    (folder / "step.yml").write_text(f"step: {{type_key: {json.dumps(name)}}}\n")
    with pytest.raises(StepPackageError):
        check_package(folder)


def test_a_built_in_name_is_refused(tmp_path):
    folder = write(tmp_path)
    (folder / "step.yml").write_text(manifest("shell"))
    with pytest.raises(StepPackageError, match="`shell` is a built-in step type"):
        check_package(folder)


def test_code_that_is_not_python_is_refused_with_its_line(tmp_path):
    folder = write_package(tmp_path / "p", more="\nx = (\n")
    with pytest.raises(StepPackageError, match=r"more.py:2: it is not Python: '\(' was never closed"):
        check_package(folder)


def test_links_special_files_and_too_much_are_refused(tmp_path, monkeypatch):
    folder = write(tmp_path)
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(StepPackageError, match="link:1: it is a symbolic link"):
        check_package(folder)
    (folder / "link").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(StepPackageError, match="neither a file nor a folder"):
        check_package(folder)
    (folder / "pipe").unlink()
    for limit, value in (("MAX_FILES", 1), ("MAX_BYTES", 100), ("MAX_FILE_BYTES", 100)):
        with monkeypatch.context() as patched:
            patched.setattr(step_packages, limit, value)
            with pytest.raises(StepPackageError):
                check_package(folder)
    assert check_package(folder).python_files == ("__init__.py",)


def test_the_package_in_an_archive_may_be_in_a_folder(tmp_path):
    write_package(tmp_path / "out/inner")
    assert find_package(tmp_path / "out") == tmp_path / "out/inner"
    assert find_package(tmp_path / "out/inner") == tmp_path / "out/inner"


@pytest.mark.parametrize("content", ["{", "[]", '{"steps": []}', "", '{"steps": {}}' + " " * (9 << 20)])
def test_a_damaged_registry_reads_as_empty_and_is_not_written(project, tmp_path, content):
    add_package(project.root, key="other")
    project.step_registry.write_text(content)
    assert registered_steps(project) == {}
    assert [each.type_key for each in installed_steps(project)] == ["other"]
    for change in (lambda: install(project, write(tmp_path)), lambda: remove_package(project, "other")):
        with pytest.raises(RegistryError, match="is damaged"):
            change()
    assert project.step_registry.read_text() == content
    assert not (project.steps / "shout").exists()
    assert (project.steps / "other").exists()


def test_nothing_is_written_through_links(project, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text('{"steps": {}}')
    project.steps.mkdir(parents=True)
    project.step_registry.symlink_to(elsewhere)
    with pytest.raises(RegistryError, match="is a symbolic link"):
        install(project, write(tmp_path))
    project.step_registry.unlink()
    project.steps.rmdir()
    project.steps.symlink_to(tmp_path)
    with pytest.raises(UsageError, match="is a symbolic link"):
        install(project, write(tmp_path))
    assert elsewhere.read_text() == '{"steps": {}}'


def test_what_others_wrote_into_the_registry_stays(project, tmp_path):
    project.steps.mkdir(parents=True)
    project.step_registry.write_text('{"schema_version": "1.0", "steps": {"a": {"x": 1}}, "more": [1]}')
    project.step_registry.chmod(0o644)
    install(project, write(tmp_path))
    data = json.loads(project.step_registry.read_text())
    assert (data["more"], data["steps"]["a"]) == ([1], {"x": 1})
    assert project.step_registry.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("change", ["install", "replace", "remove"])
def test_a_change_that_fails_is_undone(project, tmp_path, monkeypatch, change, error):
    if change != "install":
        install(project, write(tmp_path, "1"))
    before = state_of(project)

    def fail(*_):
        raise error

    def act():
        if change == "remove":
            remove_package(project, "shout")
        else:
            install(project, write(tmp_path, "2"), replace=True)

    monkeypatch.setattr(transaction, "_register", fail)
    with pytest.raises(StorageError if isinstance(error, OSError) else KeyboardInterrupt):
        act()
    assert state_of(project) == before
    assert leftovers(project) == []


CHANGES = """
import sys
from pathlib import Path
from plait.packages.project import Project
from plait.packages.step_packages import check_package, install_package, remove_package
from support.killing import act_in_each

change, package, *roots = sys.argv[1:]
ready = check_package(Path(package))

def act(root):
    if change == "remove":
        remove_package(Project(root), "shout")
    else:
        install_package(Project(root), ready, source={"source": "local"}, replace=True)

act_in_each(act, roots)
"""
OPERATIONS = 60


@pytest.mark.parametrize("change", ["install", "replace", "remove"])
def test_killed_at_any_moment_the_old_or_the_new_package_is_there(tmp_path, change):
    old = (None, [], []) if change == "install" else ("'1'", ["shout"], ["shout"])
    new = (None, [], []) if change == "remove" else ("'2'", ["shout"], ["shout"])
    projects = [Project(tmp_path / f"{change}-{number}") for number in range(OPERATIONS)]
    for project in projects:
        (project.root / ".specify").mkdir(parents=True)
        if change != "install":
            install(project, write(tmp_path, "1"))
    codes = exit_codes(CHANGES, change, write(tmp_path, "2"), *(project.root for project in projects))
    assert set(codes) == {0, -signal.SIGKILL}, "every operation was tried, and some came to their end"
    found = []
    for project in projects:
        assert sorted(custom_steps_of(project.root).types) in (old[1], new[1]), "before the next change"
        if project.steps.is_dir():
            with transaction.changing(project):
                assert custom_steps_of(project.root).problems == ()
            assert leftovers(project) == []
        found.append(state_of(project))
    assert found == [old] * found.count(old) + [new] * found.count(new)
    assert old in found
    assert new in found


def test_changes_of_several_threads_come_one_after_the_other(project, tmp_path):
    folders = [write_package(tmp_path / f"p{n}", SHOUT.replace("shout", f"s{n}"), key=f"s{n}") for n in range(8)]
    threads = [threading.Thread(target=install, args=(project, folder)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(registered_steps(project)) == [f"s{n}" for n in range(8)]
    assert len(custom_steps_of(project.root).types) == 8
