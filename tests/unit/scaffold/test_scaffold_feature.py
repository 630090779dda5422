"""The program beside the installed workflow: what it reads from a feature's files, and how it marks tasks."""

import importlib.util
import json
import subprocess
import sys
import threading
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

SOURCE = files("plait.scaffold") / "workflow" / "feature.py"
_spec = importlib.util.spec_from_file_location("feature_program", str(SOURCE))
feature = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(feature)


def task(number, **fields):
    return {"id": f"T{number:03}", "title": "do it", "files": [], "depends_on": [], "done": False, **fields}


def write(folder, name, value):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(value if isinstance(value, str) else json.dumps(value))


@pytest.fixture
def project(tmp_path):
    write(tmp_path / ".specify", "feature.json", {"feature_directory": "specs/002-b"})
    for name in ("001-a", "002-b", "010-c"):
        (tmp_path / "specs" / name).mkdir(parents=True)
    return tmp_path


def call(project, *words):
    return subprocess.run(
        [sys.executable, str(SOURCE), *words], cwd=project, capture_output=True, text=True, check=False
    )


def ids(groups):
    return [[each["id"] for each in group["tasks"]] for group in groups]


def test_the_feature_is_the_one_in_work_or_the_newest(project):
    assert str(feature.feature_folder(project)) == "specs/002-b"
    (project / ".specify/feature.json").unlink()
    assert str(feature.feature_folder(project)) == "specs/010-c"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '"x"',
        "{}",
        *(json.dumps({"feature_directory": value}) for value in (3, "/etc", "../..", ".", "specs/none", "x\0y")),
    ],
)
def test_a_feature_that_is_none_is_told(text, project):
    write(project / ".specify", "feature.json", text)

    with pytest.raises(feature.FeatureError):
        feature.feature_folder(project)


def test_a_link_out_of_the_project_is_no_feature(project, tmp_path_factory):
    (project / "specs/003-x").symlink_to(tmp_path_factory.mktemp("outside"))
    write(project / ".specify", "feature.json", {"feature_directory": "specs/003-x"})

    with pytest.raises(feature.FeatureError, match="not a folder of this project"):
        feature.feature_folder(project)


def test_a_project_without_features_is_told(tmp_path):
    ended = call(tmp_path, "state")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "no feature is in work" in ended.stderr


def test_groups_keep_to_numbers_dependencies_and_files():
    tasks = [
        task(1, group=1, files=["a"]),
        task(2, group=2, files=["b"]),
        task(3, group=2, files=["./b", "c"]),
        task(4, group=2, depends_on=["T002"]),
        task(5, group=2),
        task(6, group=1, done=True),
        task(7, group=3, depends_on=["T006"]),
    ]

    assert ids(feature.groups_of(tasks)) == [["T001"], ["T002", "T005"], ["T003", "T004"], ["T007"]]


def test_tasks_without_groups_go_by_what_they_need():
    tasks = [task(2, depends_on=["T001"]), task(1), task(3)]

    assert ids(feature.groups_of(tasks)) == [["T001", "T003"], ["T002"]]


def test_tasks_that_wait_for_each_other_are_told():
    with pytest.raises(feature.FeatureError, match="wait for each other: T001, T002"):
        feature.groups_of([task(1, depends_on=["T002"]), task(2, depends_on=["T001"])])


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sets(st.sampled_from("abcd")), st.sets(st.integers(0, 9)), st.booleans()),
        max_size=10,
    )
)
def test_every_task_comes_once_after_what_it_needs_and_shares_no_file(drawn):
    tasks = [
        task(n, group=group, files=sorted(names), depends_on=[f"T{m:03}" for m in sorted(needs) if m < n], done=done)
        for n, (group, names, needs, done) in enumerate(drawn)
    ]
    done = {each["id"] for each in tasks if each["done"]}
    came = set(done)

    for group in feature.groups_of(tasks):
        taken = [name for each in group["tasks"] for name in each["files"]]
        assert len(taken) == len(set(taken))
        assert all(came.issuperset(each["depends_on"]) for each in group["tasks"])
        names = {each["id"] for each in group["tasks"]}
        assert names
        assert not names & came
        came |= names
    assert came == {each["id"] for each in tasks}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([], "a list `tasks`"),
        ({"tasks": [3]}, "a list `tasks`"),
        ({"tasks": [task(1), task(1)]}, "T001 is there more than once"),
        ({"tasks": [{"id": "$(rm -rf x)"}]}, "is not an id"),
        ({"tasks": [{"id": "-x"}]}, "is not an id"),
        ({"tasks": [{}]}, "None is not an id"),
        ({"tasks": [task(1, depends_on=["T009"])]}, "T001 depends on T009"),
        ({"tasks": [task(1, depends_on="T009")]}, "`depends_on` of T001 must be a list"),
        ({"tasks": [task(1, files=[3])]}, "`files` of T001 must be a list"),
        ({"tasks": [task(1, group="first")]}, "`group` of T001 must be a whole number"),
    ],
)
def test_what_is_wrong_with_the_tasks_is_told(document, said, project):
    write(project / "specs/002-b", "tasks.json", document)

    ended = call(project, "groups")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_task_is_marked_in_both_files(project):
    folder = project / "specs/002-b"
    write(folder, "tasks.json", {"version": 1, "note": "ü", "tasks": [task(1), task(2, extra=[1])]})
    write(folder, "tasks.md", "## 1\n\n- [ ] T001 one\n- [ ] **T002** two\n- [ ] T0011 other\n")

    assert json.loads(call(project, "done", "T002").stdout) == {"done": "T002"}

    document = json.loads((folder / "tasks.json").read_text())
    assert [each["done"] for each in document["tasks"]] == [False, True]
    assert document["note"] == "ü"
    assert document["tasks"][1]["extra"] == [1]
    assert (folder / "tasks.md").read_text() == "## 1\n\n- [ ] T001 one\n- [x] **T002** two\n- [ ] T0011 other\n"
    assert sorted(path.name for path in folder.iterdir()) == ["tasks.json", "tasks.md"]


def test_a_task_that_is_none_is_told(project):
    write(project / "specs/002-b", "tasks.json", {"tasks": [task(1)]})

    ended = call(project, "done", "T007")

    assert ended.returncode == 1
    assert "no task T007" in ended.stderr


def test_marks_made_at_once_are_all_kept(project):
    folder = project / "specs/002-b"
    write(folder, "tasks.json", {"tasks": [task(n) for n in range(24)]})
    start = threading.Barrier(8)

    def mark(first):
        start.wait()
        for number in range(first, 24, 8):
            feature.mark_done(folder, f"T{number:03}")

    threads = [threading.Thread(target=mark, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert feature.groups_of(feature.read_tasks(folder / "tasks.json")) == []


def test_state_findings_and_report(project):
    folder = project / "specs/002-b"
    write(
        folder,
        "spec.md",
        "## Open questions\n\n- [ ] Q1: this? (recommended: no)\n- [x] Q2: that? → yes\n- [ ] other\n",
    )
    write(folder, "tasks.json", {"tasks": [task(1, done=True), task(2)]})

    assert json.loads(call(project, "state").stdout) == {
        "feature": "specs/002-b",
        "spec": "specs/002-b/spec.md",
        "plan": "specs/002-b/plan.md",
        "open_questions": 1,
    }
    assert json.loads(call(project, "findings").stdout)["critical"] == 0
    write(folder, "analysis.json", {"findings": [{"severity": "critical"}, {"severity": "minor"}, "x"]})
    found = json.loads(call(project, "findings").stdout)
    assert (found["findings"], found["critical"]) == (3, 1)
    assert json.loads(call(project, "report").stdout) == {
        "feature": "specs/002-b",
        "tasks": 2,
        "done": 1,
        "left": ["T002"],
        "gaps": [],
    }


def test_files_that_are_no_text_are_told(project):
    (project / "specs/002-b/spec.md").write_bytes(b"\xff- [ ] Q1: a\n- [ ] Q2: b\n")
    (project / "specs/002-b/tasks.json").mkdir()

    assert json.loads(call(project, "state").stdout)["open_questions"] == 1
    ended = call(project, "groups")
    assert ended.returncode == 1
    assert "tasks.json" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [(), ("help",), ("done",), ("done", "a", "b"), ("state", "x")])
def test_a_wrong_call_is_told(words, project):
    ended = call(project, *words)

    assert ended.returncode == 1
    assert "usage" in ended.stderr
