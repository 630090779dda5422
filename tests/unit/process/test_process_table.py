"""Who counts as ours, and when a pid is no longer the process it was."""

import os
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from plait.process import MARK, is_running, start_time_of
from plait.process.ending import _close_over, _protected
from plait.process.table import MARK_SEPARATOR, Process, Table, marks_of, read_table


def test_start_time_is_read_past_spaces_and_parentheses_in_the_name(tmp_path):
    odd = tmp_path / "a) R 1 (b"
    odd.symlink_to("/bin/sleep")
    child = subprocess.Popen([odd, "1000"])
    try:
        process = read_table().processes[child.pid]
        assert (process.parent, process.group, process.session) == (os.getpid(), os.getpgid(0), os.getsid(0))
        assert start_time_of(child.pid) >= start_time_of(os.getpid())
        assert is_running(child.pid, start_time_of(child.pid))
        assert not is_running(child.pid, start_time_of(child.pid) + 1)
    finally:
        child.kill()
        child.wait()
    assert start_time_of(child.pid) is None


def test_a_zombie_has_a_start_time_and_does_not_run():
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    started = start_time_of(child.pid)
    assert started is not None
    assert not is_running(child.pid, started)
    child.wait()


def test_marks_of_nested_runs_are_all_seen():
    value = MARK_SEPARATOR.join(["outer:a:1", "inner:b:1"])
    env = {"A": "x" * 9000, MARK: value, f"NOT_{MARK}": "no"}
    child = subprocess.Popen(["cat"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    try:
        # The kernel shows an environment only some time after `Popen` has returned: wait for the program itself.
        child.stdin.write(b"!")
        assert child.stdout.read(1) == b"!"
        assert marks_of(child.pid) == ("outer:a:1", "inner:b:1")
        assert read_table().marks[child.pid] == ("outer:a:1", "inner:b:1")
    finally:
        child.stdin.close()
        child.stdout.close()
        child.wait()
    assert marks_of(child.pid) == ()


def table(*rows):
    return Table({pid: Process(pid, parent, pid, session, 1, False) for pid, parent, session in rows}, {})


def test_descendants_and_sessions_are_added_until_nothing_is_left():
    found = _close_over(
        table((10, 1, 10), (11, 10, 10), (20, 11, 20), (21, 1, 20), (30, 21, 30), (99, 1, 99)), {10}, {1}
    )
    assert found == {10, 11, 20, 21, 30}


def test_the_caller_its_ancestors_and_its_session_are_never_added():
    me = os.getpid()
    family = table((1, 0, 1), (2, 1, 2), (me, 2, 2), (7, me, 2), (8, me, 8))
    assert _protected(family) == {1, 2, me}
    assert _close_over(family, {2, me, 8}, _protected(family)) == {8}
    assert _close_over(family, {7}, _protected(family)) == {7}


@given(st.lists(st.tuples(st.integers(2, 12), st.integers(0, 12), st.integers(2, 12)), max_size=12))
def test_protected_processes_are_spared_in_any_table(rows):
    whole = table((1, 0, 1), *rows)
    found = _close_over(whole, set(whole.processes) & {2, 3}, {1, 4})
    assert not found & {1, 4}
    assert found <= set(whole.processes)
