"""One process owns a run, until its death at the latest."""

import os
import subprocess
import sys

import pytest

from plait.errors import RunOwnedError
from plait.journal.ownership import RunLock, owner_of
from support.bench import wait_until

OWNER = """
import sys
from pathlib import Path
from plait.journal.folder import RunFolder
from plait.journal.ownership import RunLock
lock = RunLock(RunFolder(Path(sys.argv[1]))).acquire()
print("owned", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(folder):
    """Another process that owns the run."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "owned\n"
        yield process
        process.kill()


def test_nobody_owns_it_at_first(folder):
    assert owner_of(folder) is None


def test_its_owner_is_known_while_it_lives(folder):
    with RunLock(folder).acquire():
        owner = owner_of(folder)
        assert (owner.pid, owner.host) == (os.getpid(), os.uname().nodename)
    assert owner_of(folder) is None


def test_a_second_owner_is_refused(folder):
    with RunLock(folder):
        with pytest.raises(RunOwnedError, match=f"run run is being run by process {os.getpid()} on "):
            RunLock(folder).acquire()
        assert owner_of(folder) is not None
    RunLock(folder).acquire().release()


def test_another_process_is_refused_and_named(folder, other):
    assert owner_of(folder).pid == other.pid
    with pytest.raises(RunOwnedError, match=f"process {other.pid} on "):
        RunLock(folder).acquire()


def test_the_lock_is_dropped_at_the_owner_s_death(folder, other):
    other.kill()
    other.wait()
    assert owner_of(folder) is None
    with RunLock(folder).acquire():
        assert owner_of(folder).pid == os.getpid()


def test_who_asks_does_not_keep_others_from_owning(folder):
    RunLock(folder).acquire().release()
    for _ in range(20):
        assert owner_of(folder) is None
        RunLock(folder).acquire().release()


def test_children_do_not_inherit_the_lock(folder):
    """A command that outlives its run must not seem to own it."""
    with RunLock(folder).acquire():
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        # The parent may go on an instant before the kernel has closed the child's copies.
        wait_until(lambda: owner_of(folder) is None)
    finally:
        child.communicate()
