"""A full disk, a folder that may not be written, a damaged journal: clear words, and nothing recorded is lost."""

import json
import re
import resource
import subprocess

import pytest

from plait import WorkflowEngine
from plait.errors import JournalDamagedError, StorageError
from plait.journal import RunState

STEPS = """
steps:
  - {id: first, type: shell, run: [./note, one]}
  - {id: serve, type: shell, run: "sleep 1000 >/dev/null 2>&1 & echo $! > server"}
  - {id: fill, type: shell, run: "[ -e room ] || head -c 9000000 /dev/zero > filler || true"}
  - {id: talk, type: shell, run: "head -c 30000 /dev/zero | tr '\\\\0' x"}
  - {id: last, type: shell, run: [./note, two]}
"""


@pytest.fixture
def disk(tmp_path, project_at):
    """A project on a disk of its own, of 2 MB, and a way to mount it anew with other options."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(*options):
        return subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)], capture_output=True, check=False
        )

    try:
        mounted = mount("size=2m")
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.decode().strip()}")
    try:
        yield project_at(place), lambda option: mount("remount", option).check_returncode()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_up_during_a_run(disk, gone):
    project, _ = disk
    shown = project.plait("run", project.workflow(STEPS), "--run-id", "r")
    assert shown.code == 1, shown
    assert "no space left on device" in shown.err.lower()
    assert "plait resume r" in shown.err
    assert project.status() == "interrupted"
    assert gone(project.pid("server"))
    (project.path / "filler").unlink()
    (project.path / "room").touch()
    resumed = project.plait("resume", "r")
    assert resumed.code == 0, resumed
    assert project.effects() == ["first", "last"]


def test_a_disk_that_is_full_from_the_start(disk):
    project, _ = disk
    file = project.workflow(STEPS)
    filler = project.path / "filler"
    subprocess.run(f"head -c 9000000 /dev/zero > '{filler}'", shell=True, capture_output=True, check=False)
    shown = project.plait("run", file, "--run-id", "r")
    assert shown.code == 1, shown
    assert "no space left on device" in shown.err.lower()
    filler.unlink()
    (project.path / "room").touch()
    again = project.plait("run", file, "--run-id", "r")
    assert again.code == 0, again


def test_output_for_which_there_is_no_room(disk):
    project, remount = disk
    file = project.workflow("""
        steps:
          - {id: first, type: shell, run: [./note, one]}
          - {id: big, type: shell, run: "head -c 3000000 /dev/zero; echo $$ > ended"}
        """)
    shown = project.plait("run", file, "--run-id", "r")
    assert shown.code == 1, shown
    assert "no space left on device" in shown.err.lower()
    remount("size=30m")
    resumed = project.plait("resume", "r")
    assert resumed.code == 0, resumed
    assert project.effects() == ["first"]
    assert RunState.load("r", project.path).records["big"].output["stdout"].size == 3_000_000


def test_a_folder_that_has_become_read_only(disk):
    project, remount = disk
    file = project.workflow("steps: [{id: ask, type: gate, message: 'Go on?'}]")
    assert project.plait("run", file, "--run-id", "r").code == 3
    remount("ro")
    for arguments in (["resume", "r"], ["answer", "r", "-c", "approve"], ["run", file]):
        shown = project.plait(*arguments)
        assert shown.code == 1, (arguments, shown)
        assert "read-only file system" in shown.err.lower()
    assert project.status() == "paused"
    remount("rw")
    assert project.plait("answer", "r", "-c", "approve").code == 0
    assert project.plait("resume", "r").code == 0


def test_a_limit_on_the_size_of_files(project):
    """What a full disk does, where nobody may mount one."""
    file = project.workflow("""
        steps:
          - {id: first, type: shell, run: [./note, one]}
          - id: fan
            type: fan-out
            items: [1, 2, 3, 4, 5, 6, 7, 8]
            step: {id: talk, type: shell, run: "head -c 9000 /dev/zero | tr '\\\\0' x"}
          - {id: last, type: shell, run: [./note, two]}
        """)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))  # noqa: E731
    shown = project.plait("run", file, "--run-id", "r", preexec_fn=limit)
    assert shown.code == 1, shown
    assert "log.jsonl" in shown.err
    settled = [each.id for each in RunState.load("r", project.path).records.values() if each.settled]
    assert settled[:3] == ["first", "fan:talk:0", "fan:talk:1"]
    resumed = project.plait("resume", "r")
    assert resumed.code == 0, resumed
    assert project.effects() == ["first", "last"]
    started = [event["step_id"] for event in project.events() if event["event"] == "step_started"]
    assert all(started.count(step_id) == 1 for step_id in settled)


@pytest.mark.parametrize("blocked", [".specify", ".specify/workflows", ".specify/workflows/runs"])
def test_a_file_or_a_link_where_a_folder_should_be(project, blocked):
    engine = WorkflowEngine(project.path, signals=())
    definition = engine.load_workflow(project.workflow("steps: [{id: a, type: shell, run: [./note, a]}]"))
    path = project.path / blocked
    path.parent.mkdir(parents=True, exist_ok=True)
    (project.path / "elsewhere").mkdir()
    for put in (path.touch, lambda: path.symlink_to("elsewhere"), lambda: path.symlink_to("nowhere")):
        put()
        with pytest.raises(StorageError, match=re.escape(str(path))):
            engine.execute(definition)
        path.unlink()
    assert project.effects() == []


def test_a_file_where_a_folder_should_be_is_told_by_the_command(project):
    file = project.workflow("steps: [{id: a, type: shell, run: [./note, a]}]")
    (project.path / ".specify").touch()
    shown = project.plait("run", file)
    assert shown.code == 1, shown
    assert ".specify" in shown.err


GARBAGE = {
    "text": b"garbage",
    "bytes": b"\xff\xfe\x00\x01",
    "zeros": b"\0" * 4096,
    "half": b'{"v":1,"event":"step_sta',
    "list": b"[1, 2]",
    "number": b"17",
    "other": b'{"some": "object"}',
    "deep": b"[" * 200_000,
    "future": b'{"v":2,"timestamp":"2026-01-01T00:00:00+00:00","event":"x"}',
    "unknown step": b'{"v":1,"timestamp":"2026-01-01T00:00:00+00:00","event":"attempt_failed","step_id":"no"}',
    "wrong status": b'{"v":1,"timestamp":"2026-01-01T00:00:00+00:00","event":"workflow_finished","status":"odd"}',
    "wrong types": b'{"v":1,"timestamp":5,"event":"step_started","step_id":[1],"type":"shell"}',
}


@pytest.fixture
def recorded(project):
    """A run that waits at a gate; returns the lines of its journal."""
    file = project.workflow("""
        steps:
          - {id: first, type: shell, run: [./note, one]}
          - {id: ask, type: gate, message: "Go on?"}
        """)
    assert project.plait("run", file, "--run-id", "r", "--quiet").code == 3
    return (project.folder() / "log.jsonl").read_bytes().splitlines(keepends=True)


def test_a_damaged_line_is_named(project, recorded):
    journal = project.folder() / "log.jsonl"
    for garbage in GARBAGE.values():
        journal.write_bytes(b"".join([*recorded[:3], garbage + b"\n", *recorded[3:]]))
        with pytest.raises(JournalDamagedError, match=r"log\.jsonl:4:"):
            RunState.load("r", project.path)


def test_a_damaged_journal_stops_every_command_with_the_same_words_and_can_be_mended(project, recorded):
    journal = project.folder() / "log.jsonl"
    journal.write_bytes(b"".join([*recorded[:-2], b"garbage\n", *recorded[-2:]]))
    for arguments in (["status", "r"], ["cancel", "r"], ["resume", "r"]):
        shown = project.plait(*arguments)
        assert shown.code == 1, (arguments, shown)
        assert f"log.jsonl:{len(recorded) - 1}" in shown.err
    broken = project.plait("status", "r", "--json")
    assert "log.jsonl" in json.loads(broken.out)["error"]["message"]
    hint = shown.err.split("this line: ")[1].strip()
    subprocess.run(hint, shell=True, cwd=project.folder(), check=True)
    assert project.plait("resume", "r").code == 3
    assert project.effects() == ["first"]


def test_a_torn_last_line_is_no_damage(project, recorded):
    journal = project.folder() / "log.jsonl"
    journal.write_bytes(b"".join(recorded) + b'{"v":1,"timest')
    assert project.status() == "paused"
    assert project.plait("answer", "r", "-c", "approve").code == 0
    assert project.plait("resume", "r").code == 0
    assert project.status() == "completed"
    assert project.effects() == ["first"]
