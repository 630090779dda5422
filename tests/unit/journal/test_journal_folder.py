"""Names of files, whatever the ids say."""

import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plait.errors import StorageError, UsageError
from plait.journal.folder import (
    RunFolder,
    check_run_id,
    new_run_id,
    path_component,
    recorded_runs,
    runs_root,
    write_atomically,
)

ids = st.text(min_size=1, max_size=400)


@given(ids)
@example("..")
@example(".")
@example("../../etc/passwd")
@example("a/b")
@example("x\0y")
@example("ä" * 300)
@example("%2E%2E")
@example("~")
def test_it_is_one_safe_component(name):
    component = path_component(name)
    assert component not in ("", ".", "..")
    assert Path(component).name == component
    assert not re.search(r"[/\\\x00-\x1f]", component)
    assert not component.startswith(".")
    assert len(os.fsencode(component)) <= 255
    assert component.isascii()


@given(st.lists(ids, min_size=2, max_size=20, unique=True))
@example(["a/b", "a%2Fb"])
@example([".a", "%2Ea"])
@example(["x" * 400, "x" * 401, "x" * 120])
@example(["a:b", "a", "b"])
def test_no_two_names_share_one(names):
    assert len({path_component(name) for name in names}) == len(names)


def test_usual_ids_stay_readable():
    assert path_component("fan:impl:0") == "fan:impl:0"
    assert path_component("w:f:1:c:2") == "w:f:1:c:2"


@pytest.mark.parametrize("run_id", ["a", "A-1_b", "0", "a" * 128])
def test_run_ids(run_id):
    assert check_run_id(run_id) == run_id


@pytest.mark.parametrize("run_id", ["", "-a", "_a", ".", "..", "a/b", "a b", "a\n", "ä", "a" * 129, "../x"])
def test_what_is_no_run_id(run_id):
    with pytest.raises(UsageError):
        check_run_id(run_id)


def test_a_new_run_id_is_short_and_well_formed():
    assert re.fullmatch("[0-9a-f]{8}", check_run_id(new_run_id()))


def test_files_are_for_their_owner_alone_and_kept_out_of_git(bench):
    bench.run("steps: [{id: a, type: shell, run: echo hello}]")
    folder = bench.folder()
    assert (folder.parent / ".gitignore").read_text() == "*\n"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_folder_holds_what_is_documented(bench):
    bench.run("steps: [{id: a, type: shell, run: echo hello}]")
    names = sorted(path.name for path in bench.folder().iterdir())
    assert names == ["inputs.json", "lock", "log.jsonl", "state.json", "steps", "workflow.yml"]
    assert (bench.folder() / "steps" / "a" / "attempt-1.log").read_text() == "hello\n"


@pytest.mark.parametrize("part", [".specify", ".specify/workflows", ".specify/workflows/runs"])
@pytest.mark.parametrize("stand_in", ["link", "file"])
def test_a_link_or_a_file_in_its_place_is_refused(tmp_path, part, stand_in):
    path = tmp_path / "project" / part
    path.parent.mkdir(parents=True)
    if stand_in == "link":
        (tmp_path / "elsewhere").mkdir()
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_text("")
    with pytest.raises(StorageError, match="must be a folder, not a link or a file"):
        RunFolder.of("run", tmp_path / "project").create()


def test_recorded_runs_are_folders_with_a_run_id(tmp_path):
    assert list(recorded_runs(tmp_path)) == []
    root = runs_root(tmp_path)
    for name in ("one", "two", ".hidden", "with space"):
        (root / name).mkdir(parents=True)
    (root / "file").write_text("")
    (root / "link").symlink_to(root / "one")
    assert {folder.run_id for folder in recorded_runs(tmp_path)} == {"one", "two"}


def test_a_file_is_replaced_or_left_as_it_is(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"one")
    before = path.stat().st_ino
    write_atomically(path, b"two")
    assert (path.read_bytes(), path.stat().st_ino != before) == (b"two", True)
    with pytest.raises(StorageError, match="no such file or directory"):
        write_atomically(tmp_path / "nowhere" / "file", b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
