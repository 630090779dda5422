"""A change that is killed at any moment leaves the old or the new state, whole."""

import signal
import subprocess
import sys

import pytest

from plait import WorkflowEngine
from plait.packages.install import examine, install
from plait.packages.lock_file import LockFile, digests_of
from plait.packages.project import Project
from plait.packages.registry import Registry, installed_workflows
from plait.packages.sources import obtain, wanted_path
from plait.packages.sync import differences
from plait.packages.transaction import changing
from support.workflow_packages import workflow_package

KILLER = """
import os, signal, sys, tempfile
from pathlib import Path
from plait.packages.install import examine, install, remove
from plait.packages.project import Project
from plait.packages.sources import obtain, wanted_path

EVENTS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "shutil.copyfile", "tempfile.mkstemp"}
change, package, *roots = sys.argv[1:]
left, root = 0, ""
temporary = tempfile.mkdtemp(dir=os.path.dirname(package))
first = Project(Path(roots[0]))
candidate = None if change == "remove" else examine(first, obtain(wanted_path(first, package), Path(temporary)))

def watch(event, arguments):
    global left
    if root and event in EVENTS and root in str(arguments):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
for number, place in enumerate(roots):
    child = os.fork()
    if child == 0:
        left, root = number, place
        if change == "remove":
            remove(Project(Path(place)), "hello")
        else:
            install(Project(Path(place)), candidate)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
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
    command = [sys.executable, "-c", KILLER, change, second, *(project.root for project in projects)]
    codes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert set(codes) == {"0", str(-signal.SIGKILL)}, "every operation was tried, and some came to their end"
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
