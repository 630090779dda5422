"""A change that is killed at any moment leaves the old or the new state, whole."""

import signal

import pytest

from plait import WorkflowEngine
from plait.packages.install import examine, install
from plait.packages.lock_file import LockFile, digests_of
from plait.packages.project import Project
from plait.packages.registry import Registry, installed_workflows
from plait.packages.sources import obtain, wanted_path
from plait.packages.sync import differences
from plait.packages.transaction import changing
from support.killing import exit_codes
from support.workflow_packages import workflow_package

CHANGES = """
import os, sys, tempfile
from pathlib import Path
from plait.packages.install import examine, install, remove
from plait.packages.project import Project
from plait.packages.sources import obtain, wanted_path
from support.killing import act_in_each

change, package, *roots = sys.argv[1:]
temporary = Path(tempfile.mkdtemp(dir=os.path.dirname(package)))
first = Project(Path(roots[0]))
candidate = None if change == "remove" else examine(first, obtain(wanted_path(first, package), temporary))

def act(root):
    remove(Project(root), "hello") if change == "remove" else install(Project(root), candidate)

act_in_each(act, roots)
"""
OPERATIONS = 75


def add(project, package, temporary):
    temporary.mkdir()
    install(project, examine(project, obtain(wanted_path(project, str(package)), temporary)))


def state_of(project):
    """Return the version of everything: the workflow, its entry, its lock, its step type and the entries of those."""
    text = project.workflows / "hello/workflow.yml"
    code = project.steps / "shout/__init__.py"
    lock = LockFile(project).shelves
    return (
        text.read_text().partition("echo hello ")[2][:5] if text.exists() else None,
        installed_workflows(project).get("hello", {}).get("version"),
        lock["workflows"].get("hello", {}).get("version"),
        lock["workflows"].get("hello", {}).get("files") == digests_of(project.workflows / "hello") or None,
        code.read_text().rpartition("VERSION = ")[2].strip().strip("'") if code.exists() else None,
        sorted(Registry(project, "steps").entries),
    )


NOTHING = (None, None, None, None, None, [])


@pytest.mark.parametrize("change", ["install", "replace", "remove"])
def test_killed_at_any_moment_the_old_or_the_new_state_is_there(tmp_path, change):
    versions = {name: (name, name, name, True, name, ["shout"]) for name in ("1.0.0", "2.0.0")}
    old = NOTHING if change == "install" else versions["1.0.0"]
    new = NOTHING if change == "remove" else versions["2.0.0"]
    first, second = (workflow_package(tmp_path / name, name, custom_step=True) for name in versions)
    projects = [Project(tmp_path / f"{change}-{number:03}") for number in range(OPERATIONS)]
    for number, project in enumerate(projects):
        (project.root / ".specify").mkdir(parents=True)
        if change != "install":
            add(project, first, tmp_path / f"temporary-{number}")
    codes = exit_codes(CHANGES, change, second, *(project.root for project in projects))
    assert set(codes) == {0, -signal.SIGKILL}, "every operation was tried, and some came to their end"
    found = []
    for project in projects:
        try:
            WorkflowEngine(project.root).load_workflow("hello")
        except Exception as error:  # noqa: BLE001 - that it is not installed is one of the two states
            assert "is installed in" in str(error)  # noqa: PT017 - either way is right
        with changing(project):
            found.append(state_of(project))
        if project.lock_file.exists():
            assert differences(project) == []
        names = [path.name for place in (project.root, project.workflows) if place.is_dir() for path in place.iterdir()]
        assert set(names) <= {".specify", "plait.lock", "hello", "steps", "workflow-registry.json"}
    assert found == [old] * found.count(old) + [new] * found.count(new)
    assert old in found
    assert new in found
