import time

import pytest

from plait.cli.prune import chosen_runs, parse_age, remove_run
from plait.errors import UsageError
from plait.journal import RunFolder
from plait.journal.ownership import RunLock
from plait.journal.record import timestamp
from plait.runs import RunSummary

DAY = 86400


def run(run_id, status="completed", age=0.0):
    changed = timestamp(time.time() - age)
    return RunSummary(run_id, "demo", status, changed, changed)


RUNS = [run("a"), run("b", "running"), run("c", "failed", 2 * DAY), run("d", "completed", 40 * DAY), run("e", "paused")]
ENDED = ("completed", "failed", "aborted")


def chosen(**options):
    return [each.run_id for each in chosen_runs(RUNS, **{"keep": None, "age": None, "statuses": ENDED, **options})]


def test_only_what_has_ended():
    assert chosen() == ["a", "c", "d"]


def test_keep_the_newest():
    assert chosen(keep=1) == ["c", "d"]
    assert chosen(keep=10) == []


def test_older_than():
    assert chosen(age=30 * DAY) == ["d"]


def test_a_status_that_was_asked_for():
    assert chosen(statuses=("paused",)) == ["e"]


def test_never_a_running_one():
    assert chosen(statuses=("running",)) == []


@pytest.mark.parametrize(("text", "seconds"), [("30d", 30 * DAY), ("12 H", 43200), ("90m", 5400), ("2w", 14 * DAY)])
def test_ages(text, seconds):
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "3", "3x", "-3d"])
def test_what_is_no_age(text):
    with pytest.raises(UsageError, match="is not an age"):
        parse_age(text)


def test_a_run_is_removed_unless_it_is_owned(tmp_path):
    folder = RunFolder.of("r1", tmp_path)
    folder.create()
    with RunLock(folder).acquire():
        assert not remove_run("r1", tmp_path)
        assert folder.path.is_dir()
    assert remove_run("r1", tmp_path)
    assert [path.name for path in folder.path.parent.iterdir()] == [".gitignore"]
