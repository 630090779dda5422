import os
import subprocess
import sys
import threading

import pytest

from plait.errors import StorageError, UsageError
from plait.packages.lock_file import LockFileError
from plait.packages.overlay import OverlayError
from plait.packages.overlay_files import add_overlay, remove_overlay, set_enabled, set_priority
from plait.packages.overlays import every_overlay_of, overlays_of
from plait.packages.project import Project
from plait.packages.sync import accept, differences

TEXT = """\
# why this is here
id: x
extends: wf  # the one
edits:
- remove: a  # no more
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project" / ".specify").mkdir(parents=True)
    return Project(tmp_path / "project")


def write(folder, text=TEXT, name="given.yml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def stored(project, name="x.yml"):
    return project.overlays / "wf" / name


def test_added_as_it_is_though_the_workflow_is_not_installed(project, tmp_path):
    added = add_overlay(project, write(tmp_path))
    assert (added.path, added.replaced) == (stored(project), False)
    assert stored(project).read_text() == TEXT
    assert [(each.id, each.priority) for each in overlays_of(project, "wf")] == [("x", 10)]


def test_the_file_s_own_priority_stays_unless_another_is_given(project, tmp_path):
    file = write(tmp_path, TEXT.replace("edits:", "priority: 3  # early\nedits:"))
    add_overlay(project, file)
    assert overlays_of(project, "wf")[0].priority == 3
    add_overlay(project, file, 7)
    assert overlays_of(project, "wf")[0].priority == 7
    assert "priority: 7  # early\n" in stored(project).read_text()


def test_added_again_in_the_file_that_has_its_id(project, tmp_path):
    write(stored(project).parent, TEXT, "other-name.yaml")
    added = add_overlay(project, write(tmp_path, TEXT.replace("remove: a", "remove: b")))
    assert (added.path, added.replaced) == (stored(project, "other-name.yaml"), True)
    assert "remove: b" in added.path.read_text()
    assert not stored(project).exists()


def test_a_file_of_another_overlay_is_not_overwritten(project, tmp_path):
    kept = write(stored(project).parent, TEXT.replace("id: x", "id: y"), "x.yml")
    with pytest.raises(UsageError, match="not an overlay `x`"):
        add_overlay(project, write(tmp_path))
    assert "id: y" in kept.read_text()


@pytest.mark.parametrize("priority", [0, -1])
def test_a_priority_below_one_is_refused(project, tmp_path, priority):
    file = write(tmp_path)
    with pytest.raises(UsageError, match="at least 1"):
        add_overlay(project, file, priority)
    add_overlay(project, file)
    with pytest.raises(UsageError, match="at least 1"):
        set_priority(project, "wf", "x", priority)


def test_an_overlay_that_is_not_sound_is_not_added(project, tmp_path):
    with pytest.raises(OverlayError) as caught:
        add_overlay(project, write(tmp_path, "id: x\nextends: runs\nedits: []\n"))
    assert [problem.mark.line for problem in caught.value.problems] == [2, 3]
    assert not project.overlays.exists()


def test_changes_keep_comments_and_everything_else(project):
    file = write(stored(project).parent, TEXT, "odd.yml")
    set_priority(project, "wf", "x", 4)
    assert set_enabled(project, "wf", "x", enabled=False)
    assert set_enabled(project, "wf", "x", enabled=True)
    set_priority(project, "wf", "x", 5)
    added = "extends: wf  # the one\nenabled: true\npriority: 5\n"
    assert file.read_text() == TEXT.replace("extends: wf  # the one\n", added)


@pytest.mark.parametrize(
    "text",
    [
        "{id: x, extends: wf, edits: [{remove: a}]}\n",
        "id: x\nextends: wf\nedits:\n- remove: a\npriority: |\n  many\n",
        "id: x\nextends: wf\npriority:\nedits:\n- remove: a\n",
        "id: x\nextends: wf\npriority: &p 3\nedits: [{remove: a}, {set: {step: b, key: c, value: *p}}]\n",
        "edits:\n- remove: a\nid: x\nextends: wf",
        "  id: x\n  extends: >-\n    wf\n  edits:\n  - remove: a\n",
        "id: x\r\nextends: wf\r\nedits:\r\n- remove: a\r\n",
        "---\nid: x\n'extends': 'wf'\nedits: [remove: a]\n...\n",
        'id: x\nextends: "w\\\n  f"\nedits: [remove: a]\n',
    ],
)
def test_a_change_changes_nothing_else_however_the_file_is_written(project, text):
    file = write(stored(project).parent, text)
    before = _read(project)
    set_priority(project, "wf", "x", 2)
    set_enabled(project, "wf", "x", enabled=False)
    after = _read(project)
    assert (after.priority, after.enabled) == (2, False)
    assert after.source.text
    assert [type(edit) for edit in after.edits] == [type(edit) for edit in before.edits]
    assert ("\r\n" in text) == (b"\r\n" in file.read_bytes())
    assert text.count("\r") == 0 or b"\n" not in file.read_bytes().replace(b"\r\n", b"")


def _read(project):
    (overlay,) = every_overlay_of(project, "wf")
    return overlay


def test_switching_to_what_it_is_changes_nothing(project):
    file = write(stored(project).parent)
    before = file.stat()
    assert not set_enabled(project, "wf", "x", enabled=True)
    assert file.stat().st_mtime_ns == before.st_mtime_ns


def test_found_by_the_id_inside_though_the_rest_is_broken(project):
    file = write(stored(project).parent, "id: x\nextends: 3\nedits: no\n", "odd.yml")
    with pytest.raises(OverlayError):
        overlays_of(project, "wf")
    assert set_enabled(project, "wf", "x", enabled=False)
    assert overlays_of(project, "wf") == []
    assert remove_overlay(project, "wf", "x") == file
    assert not file.exists()


def test_removing_leaves_the_others(project):
    write(stored(project).parent)
    other = write(stored(project).parent, TEXT.replace("id: x", "id: y"), "y.yml")
    remove_overlay(project, "wf", "x")
    assert other.exists()
    remove_overlay(project, "wf", "y")
    assert not other.parent.exists()


def test_two_of_one_id_are_refused(project):
    for name in ("a.yml", "b.yaml"):
        write(stored(project).parent, TEXT, name)
    with pytest.raises(UsageError, match=r"a\.yml and b\.yaml"):
        remove_overlay(project, "wf", "x")


def test_an_unknown_one_is_guessed(project):
    write(stored(project).parent, TEXT.replace("id: x", "id: strict-review"))
    with pytest.raises(UsageError) as caught:
        remove_overlay(project, "wf", "strict-reviw")
    assert caught.value.hint == "did you mean `strict-review`?"


def test_one_that_may_be_in_a_file_that_is_not_yaml(project):
    write(stored(project).parent, "id: [x", "odd.yml")
    with pytest.raises(OverlayError, match="cannot be read"):
        remove_overlay(project, "wf", "x")


@pytest.mark.parametrize("workflow_id", ["runs", "overlays", "../x", "", "A", "a/b", "a\n"])
def test_what_is_no_workflow_is_refused(project, workflow_id):
    with pytest.raises(UsageError, match="cannot be the id"):
        overlays_of(project, workflow_id)


@pytest.mark.parametrize("linked", ["overlays", "overlays/wf"])
def test_linked_folders_are_refused(project, tmp_path, linked):
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere / "wf")
    link = project.workflows / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere if linked == "overlays" else elsewhere / "wf")
    for call in (
        lambda: overlays_of(project, "wf"),
        lambda: add_overlay(project, write(tmp_path)),
        lambda: remove_overlay(project, "wf", "x"),
    ):
        with pytest.raises(UsageError, match="symbolic link"):
            call()


def test_a_linked_file_is_refused_and_not_written_through(project, tmp_path):
    target = write(tmp_path)
    stored(project).parent.mkdir(parents=True)
    stored(project).symlink_to(target)
    with pytest.raises(OverlayError) as caught:
        overlays_of(project, "wf")
    assert caught.value.problems[0].message == "this is a symbolic link"
    for call in (lambda: set_priority(project, "wf", "x", 3), lambda: add_overlay(project, target, 3)):
        with pytest.raises(OverlayError):
            call()
    assert target.read_text() == TEXT


def test_what_is_no_file_does_not_block(project):
    stored(project).parent.mkdir(parents=True)
    os.mkfifo(stored(project))
    (stored(project).parent / "folder.yml").mkdir()
    with pytest.raises(OverlayError) as caught:
        overlays_of(project, "wf")
    assert len(caught.value.problems) == 2


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(project, monkeypatch):
    file = write(stored(project).parent)

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StorageError, match="No space left"):
        set_priority(project, "wf", "x", 3)
    assert file.read_text() == TEXT
    assert list(file.parent.iterdir()) == [file]


def test_the_file_s_mode_stays(project):
    file = write(stored(project).parent)
    file.chmod(0o640)
    set_priority(project, "wf", "x", 3)
    assert file.stat().st_mode & 0o777 == 0o640


def test_readers_never_see_half_a_file(project):
    write(stored(project).parent, TEXT + "# " + "x" * 200_000 + "\n")
    seen, ended = [], threading.Event()

    def read():
        while not ended.is_set():
            seen.append(_read(project).edits[0].anchor)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for priority in range(1, 15):
            set_priority(project, "wf", "x", priority)
    finally:
        ended.set()
        reader.join()
    assert set(seen) <= {"a"}


HOLDER = """
import sys
from pathlib import Path
from plait.packages.project import Project
from plait.packages.transaction import changing

with changing(Project(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_change_waits_until_another_process_has_installed_what_it_does(project, tmp_path):
    add_overlay(project, write(tmp_path))
    other = write(tmp_path, TEXT.replace("id: x", "id: y"), "other.yml")
    changes = [
        lambda: set_priority(project, "wf", "x", 3),
        lambda: set_enabled(project, "wf", "x", enabled=False),
        lambda: add_overlay(project, other),
        lambda: remove_overlay(project, "wf", "x"),
    ]
    for change in changes:
        before = sorted((path.name, path.read_bytes()) for path in stored(project).parent.iterdir())
        with subprocess.Popen(
            [sys.executable, "-c", HOLDER, project.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout.readline() == "held\n"
            asking = threading.Event()
            thread = threading.Thread(target=lambda act=change, told=asking: (told.set(), act()))
            thread.start()
            asking.wait()
            thread.join(0.1)
            assert thread.is_alive()
            assert sorted((path.name, path.read_bytes()) for path in stored(project).parent.iterdir()) == before
            holder.stdin.write("\n")
            holder.stdin.close()
            thread.join()
        assert sorted((path.name, path.read_bytes()) for path in stored(project).parent.iterdir()) != before


def test_what_is_changed_is_written_down_and_a_damaged_lock_file_stops_it(project, tmp_path):
    add_overlay(project, write(tmp_path))
    assert not project.lock_file.exists()
    accept(project)
    set_priority(project, "wf", "x", 3)
    assert differences(project) == []
    project.lock_file.write_text("version = [")
    before = stored(project).read_bytes()
    for change in (
        lambda: set_priority(project, "wf", "x", 4),
        lambda: add_overlay(project, tmp_path / "given.yml"),
        lambda: remove_overlay(project, "wf", "x"),
    ):
        with pytest.raises(LockFileError):
            change()
        assert stored(project).read_bytes() == before
