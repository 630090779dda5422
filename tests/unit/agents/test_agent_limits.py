"""The pool of calls of one agent, over all processes and threads of this user."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from plait.agents.limits import hold, pool_folder
from plait.cancellation import Cancellation
from plait.errors import StorageError
from plait.model.workflow import AgentLimits

DEADLINE = 20.0


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def limits(most=None, per_minute=None):
    return AgentLimits(max_concurrency=most, per_minute=per_minute)


def nobody(line):
    raise AssertionError(f"waited: {line}")


class Waiting(Cancellation):
    """Is cancelled as soon as somebody waits, so that what would wait for ever ends at once."""

    def __init__(self):
        super().__init__()
        self.told = []

    def on_wait(self, line):
        self.told.append(line)
        self.cancel("waited")


def enters(key, limit, **more):
    """Whether a call could begin now; what it was told if not."""
    waiting = Waiting()
    with hold(key, limit, waiting, waiting.on_wait, **more) as begun:
        assert begun == (not waiting.told)
    return waiting.told


def test_without_limits_no_file_is_touched(state):
    for limit in (None, limits()):
        with hold("claude", limit, Cancellation(), nobody) as begun:
            assert begun
    assert not state.exists()


def test_a_cancelled_call_does_not_begin():
    cancelled = Cancellation()
    cancelled.cancel("stop")
    for limit in (None, limits(most=1)):
        with hold("claude", limit, cancelled, nobody) as begun:
            assert not begun


def test_a_call_does_not_begin_once_the_time_around_it_is_over():
    late = Cancellation(deadline=0.0)
    for limit in (None, limits(most=1)):
        with hold("claude", limit, late, nobody) as begun:
            assert not begun


def test_the_wait_for_a_turn_ends_with_the_time_around_it():
    """The place is held by another for as long as the test lasts."""
    told = []
    with hold("claude", limits(1), Cancellation(), nobody):
        late = Cancellation(deadline=time.monotonic() + 0.2)
        with hold("claude", limits(1), late, told.append) as begun:
            assert not begun
    assert len(told) == 1


def test_as_many_as_allowed():
    with hold("claude", limits(2), Cancellation(), nobody), hold("claude", limits(2), Cancellation(), nobody):
        assert enters("claude", limits(2)) == ["waits for a free claude (2 in use)"]
        assert enters("gemini", limits(2)) == []
    assert enters("claude", limits(2)) == []


def test_different_limits_count_each_others_calls():
    with hold("claude", limits(5), Cancellation(), nobody), hold("claude", limits(5), Cancellation(), nobody):
        assert enters("claude", limits(1)) == ["waits for a free claude (2 in use)"]
        assert enters("claude", limits(2)) == ["waits for a free claude (2 in use)"]
        assert enters("claude", limits(3)) == []


def test_calls_limited_by_rate_alone_count_as_under_way():
    with hold("claude", limits(per_minute=9), Cancellation(), nobody):
        assert enters("claude", limits(1)) == ["waits for a free claude (1 in use)"]


def test_a_slot_is_given_back_after_an_exception():
    with pytest.raises(ZeroDivisionError), hold("claude", limits(1), Cancellation(), nobody):
        raise ZeroDivisionError
    assert enters("claude", limits(1)) == []


def test_threads_are_never_more_than_allowed():
    inside, most, lock, told = [0], [0], threading.Lock(), []

    def call():
        with hold("claude", limits(3), Cancellation(), told.append) as begun:
            assert begun
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.01)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert most[0] <= 3
    assert len(told) <= 12


HOLDER = """
import sys
from plait.agents.limits import hold
from plait.cancellation import Cancellation
from plait.model.workflow import AgentLimits
with hold("claude", AgentLimits(max_concurrency=2), Cancellation(), lambda line: None) as begun:
    import subprocess
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    print(begun, child.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder():
    """A process that is inside; its child must not keep the slot."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    begun, child = process.stdout.readline().split()
    assert begun == "True"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    os.kill(int(child), signal.SIGKILL)


def test_other_processes_count_and_a_killed_one_gives_back(holder):
    assert enters("claude", limits(1)) == ["waits for a free claude (1 in use)"]
    assert enters("claude", limits(2)) == []
    holder.kill()
    holder.wait()
    assert enters("claude", limits(1)) == []


def test_who_waits_begins_when_a_process_is_killed(holder):
    waiting, begun = threading.Event(), threading.Event()

    def call():
        with hold("claude", limits(1), Cancellation(), lambda _: waiting.set()) as inside:
            assert inside
            begun.set()

    thread = threading.Thread(target=call)
    thread.start()
    assert waiting.wait(DEADLINE)
    assert not begun.is_set()
    holder.kill()
    assert begun.wait(DEADLINE)
    thread.join(DEADLINE)


def test_calls_begun_within_a_minute():
    now = [1000.0]
    for _ in range(3):
        assert enters("claude", limits(per_minute=3), clock=lambda: now[0]) == []
    told = enters("claude", limits(per_minute=3), clock=lambda: now[0])
    assert told == ["waits to begin another claude (3 begun within a minute)"]
    now[0] += 59.9
    assert enters("claude", limits(per_minute=3), clock=lambda: now[0])
    now[0] += 0.2
    assert enters("claude", limits(per_minute=3), clock=lambda: now[0]) == []


def test_calls_limited_by_number_alone_count_as_begun():
    assert enters("claude", limits(most=5)) == []
    assert enters("claude", limits(per_minute=1)) == ["waits to begin another claude (1 begun within a minute)"]


def test_a_clock_that_was_set_back_does_not_keep_anybody_waiting():
    assert enters("claude", limits(per_minute=1), clock=lambda: 9000.0) == []
    assert enters("claude", limits(per_minute=1), clock=lambda: 1000.0) == []


@pytest.mark.parametrize("damage", [b"", b"x\n", b"\xff\xfe", b"nan\ninf\n", b"1e400\n-5\n", b"{}"])
def test_a_damaged_file_tells_of_no_calls(damage):
    assert enters("claude", limits(per_minute=1)) == []
    (pool_folder("claude") / "begun").write_bytes(damage)
    assert enters("claude", limits(per_minute=1)) == []
    assert enters("claude", limits(per_minute=1))


def test_keys_are_folders_of_their_own_below_the_state(state):
    keys = ["..", ".", "", "a/b", "a%2Fb", "../../etc", "x" * 500, "x" * 501, "ü", "cursor-agent"]
    folders = [pool_folder(key) for key in keys]
    assert len(set(folders)) == len(keys)
    assert {folder.resolve().parent for folder in folders} == {(state / "plait" / "agents").resolve()}
    assert folders[-1].name == "cursor-agent"


def test_the_state_is_in_the_home_folder_unless_said_otherwise(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert pool_folder("claude") == Path.home() / ".local/state/plait/agents/claude"


def test_a_folder_that_cannot_be_written(state):
    state.write_text("a file")
    with pytest.raises(StorageError, match="Cannot keep count of the calls to claude"):
        enters("claude", limits(1))
