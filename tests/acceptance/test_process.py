"""Real children: their output, their ends, and what they leave behind."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plait.cancellation import Cancellation
from plait.errors import StorageError
from plait.process import (
    LIMIT,
    MARK,
    ProcessStartError,
    end_processes,
    is_running,
    reap_adopted,
    run_process,
    start_time_of,
)

PATIENCE = 30

IGNORES_SIGTERM = "trap '' TERM; echo $$ > {pid}; for i in $(seq 1200); do sleep 0.05; done"


def until(condition):
    """Wait until the condition holds, and return what it gave."""
    give_up = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.005)
    return found


def pid_in(path):
    """Wait for a file with a pid, and return the pid and its start time."""
    text = until(lambda: path.exists() and path.read_text().endswith("\n") and path.read_text())
    return int(text), start_time_of(int(text))


class Watching:
    """Notes what it is told; `seen(text)` waits for a line."""

    def __init__(self):
        self.lines = []
        self.pid = None

    def started(self, pid, start_time):
        self.pid, self.start_time = pid, start_time

    def line(self, text):
        self.lines.append(text)

    def seen(self, text):
        until(lambda: text in self.lines)


@pytest.fixture
def token():
    """A run token that no other test has, in this process or in another: whatever carries it may be ended."""
    return uuid.uuid4().hex


@pytest.fixture
def run(tmp_path, token):
    """Run a shell script, in this thread."""

    def run(script, **options):
        argv = ["sh", "-c", script] if isinstance(script, str) else script
        settings = {
            "env": {"PATH": os.environ["PATH"]},
            "cwd": tmp_path,
            "log": tmp_path / "steps" / "a" / "attempt-1.log",
            "cancellation": Cancellation(),
            "mark": f"{token}:a:1",
            "grace": 0.2,
        }
        return run_process(argv, **(settings | options))

    return run


@pytest.fixture
def log(tmp_path):
    return tmp_path / "steps" / "a" / "attempt-1.log"


@pytest.fixture
def background():
    """Run something in another thread; whatever it started has ended when the test has."""
    with ThreadPoolExecutor(16) as pool:
        yield pool.submit


def test_output_and_exit_code(run, log):
    result = run("echo out; echo err >&2; exit 3")
    assert (result.exit_code, result.ended_by) == (3, "exit")
    assert (result.stdout.text, result.stderr.text) == ("out\n", "err\n")
    assert (result.stdout.size, result.stdout.spilled) == (4, None)
    assert sorted(log.read_text().split()) == ["err", "out"]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_both_streams_reach_the_log_in_the_order_they_came(run, log, tmp_path, background):
    os.mkfifo(tmp_path / "go-1")
    os.mkfifo(tmp_path / "go-2")
    result = background(run, "echo 1; read x < go-1; echo 2 >&2; read x < go-2; echo 3")
    for fifo, written in (("go-1", "1\n"), ("go-2", "1\n2\n")):
        until(lambda written=written: log.exists() and log.read_text() == written)
        (tmp_path / fifo).write_text("go\n")
    assert result.result().stdout.text == "1\n3\n"
    assert log.read_text() == "1\n2\n3\n"


def test_silent_command_leaves_no_files(run, tmp_path):
    assert run("true").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_exit_by_signal_is_the_negative_number(run):
    assert run("kill -KILL $$").exit_code == -signal.SIGKILL


def test_child_has_its_own_session_no_input_and_its_mark(run):
    result = run(f'cat; echo $$ $(ps -o sid= -p $$) "${MARK}"', mark="run:step:2")
    pid, session, mark = result.stdout.text.split()
    assert pid == session
    assert mark == "run:step:2"


def test_a_run_inside_a_run_carries_both_marks(run):
    result = run(f'printf %s "${MARK}"', env={"PATH": os.environ["PATH"], MARK: "outer:a:1"}, mark="inner:b:1")
    assert result.stdout.text == "outer:a:1\x1finner:b:1"


def test_a_megabyte_of_input_while_the_output_is_read(run):
    data = os.urandom(1_000_000)
    result = run("cat", stdin=data)
    assert result.stdout.size == len(data)
    assert result.stdout.spilled.read_bytes() == data


def test_input_that_nobody_reads_is_dropped(run):
    assert run("exit 4", stdin=b"x" * 1_000_000).exit_code == 4
    assert run("exec <&-; echo closed", stdin=b"x" * 1_000_000).stdout.text == "closed\n"


def test_output_may_be_closed_long_before_the_exit(run, tmp_path, background):
    os.mkfifo(tmp_path / "go")
    result = background(run, "exec >&- 2>&-; read x < go; exit 5")
    (tmp_path / "go").write_text("go\n")
    assert result.result().exit_code == 5


def test_closed_output_does_not_outlive_the_timeout(run):
    result = run("exec >&- 2>&-; exec sleep 1000", timeout=0.2)
    assert (result.ended_by, result.exit_code) == ("timeout", -signal.SIGTERM)


def test_invalid_utf8_is_replaced_in_text_and_kept_in_the_log(run, log):
    assert run(r"printf 'a\377b\r\n'").stdout.text == "a\ufffdb\n"
    assert log.read_bytes() == b"a\xffb\r\n"


def test_long_output_goes_to_a_file_of_its_own(run, log):
    result = run(f"echo begin; head -c {LIMIT} /dev/zero | tr '\\0' x; echo; echo end; echo short >&2")
    assert result.stdout.text == ""
    assert result.stdout.spilled == log.with_suffix(".stdout")
    assert result.stdout.spilled.read_text() == "begin\n" + "x" * LIMIT + "\nend\n"
    assert result.stdout.head.startswith("begin\nxx")
    assert result.stdout.tail.endswith("xx\nend\n")
    assert result.stderr.text == "short\n"
    assert log.stat().st_size == result.stdout.size + result.stderr.size


def test_a_hundred_megabytes_do_not_cost_memory(tmp_path):
    script = textwrap.dedent("""
        import os, pathlib, resource
        from plait.cancellation import Cancellation
        from plait.process import run_process
        def run(size):
            result = run_process(["head", "-c", str(size), "/dev/zero"], env=os.environ, cwd="/", mark="t:a:1",
                                 log=pathlib.Path("attempt-1.log"), cancellation=Cancellation())
            assert result.stdout.size == size
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        before = run(1_000_000)
        print(run(100_000_000) - before)
    """)
    # The shell in between matters: a child starts out with its parent's peak, and this one's parent is small.
    argv = ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, script]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 8 * 1024, "KiB"
    (tmp_path / "attempt-1.log").unlink()
    (tmp_path / "attempt-1.stdout").unlink()


def test_timeout_keeps_partial_output(run):
    result = run("echo partial; exec sleep 1000", timeout=1)
    assert (result.ended_by, result.exit_code) == ("timeout", -signal.SIGTERM)
    assert result.stdout.text == "partial\n"


def test_what_is_said_while_ending_is_kept(run, background):
    watching, cancellation = Watching(), Cancellation()
    script = "trap 'head -c 200000 /dev/zero; echo bye >&2; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    result = background(run, script, cancellation=cancellation, watcher=watching, grace=PATIENCE)
    watching.seen("ready")
    cancellation.cancel("test")
    assert (result.result().exit_code, result.result().ended_by) == (9, "cancelled")
    assert result.result().stdout.size == 200_006
    assert result.result().stderr.text.endswith("bye\n")


def test_idle_timeout_counts_from_the_last_output(run):
    result = run("for i in 1 2 3; do echo $i; sleep 0.1; done; exec sleep 1000", idle_timeout=1)
    assert result.ended_by == "idle"
    assert result.stdout.text == "1\n2\n3\n"


def test_the_scope_s_deadline_ends_the_child(run):
    result = run("exec sleep 1000", cancellation=Cancellation(deadline=time.monotonic() + 0.2), timeout=1000)
    assert result.ended_by == "timeout"


@pytest.mark.parametrize(
    ("scope", "ended_by"), [({}, "cancelled"), ({"deadline": 0.0}, "timeout")], ids=["cancelled", "expired"]
)
def test_nothing_is_started_in_a_scope_that_has_ended(run, tmp_path, scope, ended_by):
    cancellation = Cancellation(**scope)
    if ended_by == "cancelled":
        cancellation.cancel("test")
    watching = Watching()
    assert run("touch started", cancellation=cancellation, watcher=watching).ended_by == ended_by
    assert watching.pid is None
    assert not (tmp_path / "started").exists()


def test_background_job_that_holds_the_output_keeps_the_step(run, tmp_path, background):
    os.mkfifo(tmp_path / "go")
    watching = Watching()
    result = background(run, "(read x < go; echo late) & exit 7", watcher=watching)
    until(lambda: watching.pid and not is_running(watching.pid, watching.start_time))
    assert watching.pid not in reap_adopted()
    (tmp_path / "go").write_text("go\n")
    assert (result.result().exit_code, result.result().stdout.text) == (7, "late\n")


def test_a_child_that_ignores_sigterm_is_killed(run, tmp_path, background):
    cancellation = Cancellation()
    result = background(run, IGNORES_SIGTERM.format(pid="pid"), cancellation=cancellation)
    child = pid_in(tmp_path / "pid")
    cancellation.cancel("test")
    assert (result.result().exit_code, result.result().ended_by) == (-signal.SIGKILL, "cancelled")
    assert not is_running(*child)


@pytest.mark.parametrize(
    "escape",
    [
        pytest.param('setsid sh -c "{}" & wait', id="a session of its own"),
        pytest.param('setsid sh -c "{}" >/dev/null 2>&1 & echo; read x < never', id="and no pipe"),
        pytest.param('(setsid sh -c "{}" &) & read x < never', id="and an orphan"),
        pytest.param('setsid env -i PATH=$PATH sh -c "{}" & read x < never', id="and no mark"),
        pytest.param('(env -i PATH=$PATH sh -c "{}" &) & read x < never', id="an orphan without a mark"),
    ],
)
def test_a_stubborn_grandchild_is_gone(run, tmp_path, background, escape):
    os.mkfifo(tmp_path / "never")
    cancellation = Cancellation()
    script = escape.format(IGNORES_SIGTERM.format(pid="pid").replace("$", "\\$"))
    result = background(run, script, cancellation=cancellation)
    grandchild = pid_in(tmp_path / "pid")
    cancellation.cancel("test")
    assert result.result().ended_by == "cancelled"
    assert not is_running(*grandchild)


def test_eight_children_are_cancelled_at_once(run, token, tmp_path, background):
    cancellation = Cancellation()
    results = [
        background(
            run,
            IGNORES_SIGTERM.format(pid=f"pid-{i}"),
            cancellation=Cancellation(cancellation),
            log=tmp_path / f"{i}.log",
            mark=f"{token}:s{i}:1",
        )
        for i in range(8)
    ]
    children = [pid_in(tmp_path / f"pid-{i}") for i in range(8)]
    canceller = threading.Thread(target=cancellation.cancel, args=("test",))
    canceller.start()
    canceller.join()
    assert {result.result().ended_by for result in results} == {"cancelled"}
    assert not any(is_running(*child) for child in children)


def test_cancelling_one_child_leaves_its_neighbours_alone(run, token, tmp_path, background):
    os.mkfifo(tmp_path / "go")
    watching, cancellation = Watching(), Cancellation()
    neighbour = background(run, "echo up; read x < go", watcher=watching, mark=f"{token}:a:10", log=tmp_path / "b.log")
    watching.seen("up")
    doomed = background(run, "echo $$ > pid; exec sleep 1000", cancellation=cancellation, mark=f"{token}:a:1")
    pid_in(tmp_path / "pid")
    cancellation.cancel("test")
    assert doomed.result().ended_by == "cancelled"
    (tmp_path / "go").write_text("go\n")
    assert (neighbour.result().ended_by, neighbour.result().exit_code) == ("exit", 0)


def test_watcher_hears_of_the_start_first_and_of_the_last_line(run):
    watching = Watching()
    result = run("echo $$; seq 100000; printf unfinished", watcher=watching)
    assert result.stdout.head.startswith(f"{watching.pid}\n")
    assert watching.lines[-1] == "unfinished"
    assert len(watching.lines) < 100_000


def test_a_line_held_back_is_told_while_the_child_is_silent(run, tmp_path, background):
    os.mkfifo(tmp_path / "go")
    watching = Watching()
    result = background(run, "echo one; echo two; echo three; read x < go", watcher=watching)
    watching.seen("three")
    (tmp_path / "go").write_text("go\n")
    assert result.result().exit_code == 0


def test_an_error_in_the_watcher_ends_the_child(run, tmp_path):
    watching = Watching()

    def fail(text):
        raise RuntimeError(text)

    watching.line = fail
    with pytest.raises(RuntimeError, match="hello"):
        run("echo hello; exec sleep 1000", watcher=watching)
    assert not is_running(watching.pid, watching.start_time)


def test_a_log_that_cannot_be_written_ends_the_child(run):
    watching = Watching()
    with pytest.raises(StorageError):
        run("echo hello; exec sleep 1000", watcher=watching, log=Path("/dev/full"))
    assert not is_running(watching.pid, watching.start_time)


@pytest.mark.parametrize(
    ("argv", "options", "message"),
    [
        (["no-such-command"], {}, "Command not found: no-such-command"),
        (["/dev/null"], {}, "Cannot start /dev/null: it is not an executable file."),
        (["true"], {"cwd": "/nowhere"}, "Cannot run a command in the folder /nowhere: No such file or directory."),
        (["true", "x" * 3_000_000], {}, "its arguments and environment are longer than the operating system allows."),
        (["true", "a\0b"], {}, "Cannot start 'true': embedded null byte."),
        ([], {}, "There is no command to start."),
    ],
    ids=["not found", "not executable", "no folder", "too long", "null byte", "empty"],
)
def test_what_cannot_start_says_so(run, argv, options, message):
    with pytest.raises(ProcessStartError) as error:
        run(argv, **options)
    assert message in str(error.value)


def test_no_descriptor_is_left_open(run):
    def count():
        return len(list(Path("/proc/self/fd").iterdir()))

    run("true")
    before = count()
    for _ in range(5):
        run("echo a", stdin=b"x")
        run("exec sleep 1000", timeout=0.05)
        run("exec >&- 2>&-; sleep 0.05")
        with pytest.raises(ProcessStartError):
            run(["no-such-command"])
    assert count() == before


RUN_AND_DIE = """
import os, pathlib, sys
from plait.cancellation import Cancellation
from plait.process import run_process
class Watcher:
    def started(self, pid, start_time):
        pathlib.Path("child").write_text(f"{pid}\\n")
    def line(self, text): pass
run_process(sys.argv[2:], env=os.environ, cwd=".", mark=sys.argv[1] + ":a:1", log=pathlib.Path("log"),
            cancellation=Cancellation(), watcher=Watcher())
"""


@pytest.mark.parametrize("known", ["mark", "pid"])
def test_children_of_a_dead_owner_are_ended(tmp_path, token, known):
    clean = ["env", "-i", f"PATH={os.environ['PATH']}"] if known == "pid" else []
    argv = [*clean, "sh", "-c", f"setsid sh -c '{IGNORES_SIGTERM.format(pid='pid')}' & wait"]
    owner = subprocess.Popen([sys.executable, "-c", RUN_AND_DIE, token, *argv], cwd=tmp_path)
    child, grandchild = pid_in(tmp_path / "child"), pid_in(tmp_path / "pid")
    owner.kill()
    owner.wait()
    assert is_running(*child)
    ended = end_processes(f"{token}:", [child] if known == "pid" else [], grace=0.2)
    assert {child[0], grandchild[0]} <= set(ended)
    assert not is_running(*child)
    assert not is_running(*grandchild)
    assert end_processes(f"{token}:", [child], grace=0.2) == []


def test_a_reused_pid_is_spared():
    other = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        assert end_processes("no such mark:", [(other.pid, start_time_of(other.pid) - 1)], grace=0) == []
        assert other.poll() is None
        assert end_processes("no such mark:", [(other.pid, start_time_of(other.pid))], grace=0) == [other.pid]
    finally:
        other.kill()
        other.wait()


def test_a_session_whose_leader_is_gone_is_spared(tmp_path):
    script = f"sh -c 'echo $$ > {tmp_path}/pid; exec sleep 1000' & exit"
    leader = subprocess.Popen(["sh", "-c", script], start_new_session=True)
    member = pid_in(tmp_path / "pid")
    leader.wait()
    try:
        assert os.getsid(member[0]) == leader.pid
        assert end_processes("no such mark:", [(leader.pid, 1)], grace=0) == []
        assert is_running(*member)
    finally:
        os.kill(member[0], signal.SIGKILL)


def test_the_caller_and_its_ancestors_are_spared():
    me, parent = os.getpid(), os.getppid()
    pids = [(pid, start_time_of(pid)) for pid in (me, parent)]
    assert end_processes("no such mark:", pids, grace=0) == []
    script = "from plait.process import end_processes; print(end_processes('mine:', grace=0))"
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | {MARK: "mine:a:1"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


SUBREAPER = """
import os, pathlib, sys, time
from plait.cancellation import Cancellation
from plait.process import *
def run(script):
    return run_process(["sh", "-c", script], env=os.environ, cwd=".", mark="TOKEN:a:1", log=pathlib.Path("log"),
                       cancellation=Cancellation(), grace=0.2)
assert not has_children()
assert become_subreaper()
run("true")
assert not has_children()
run("setsid sleep 1000 >/dev/null 2>&1 &")
assert has_children()
assert reap_adopted() == []
assert len(end_processes("TOKEN:", grace=5)) == 1
assert not has_children()
os.mkfifo("go")
run("(read x < go) >/dev/null 2>&1 &")
assert has_children()
pathlib.Path("go").write_text("go\\n")
give_up = time.monotonic() + 30
while not (reaped := reap_adopted()):
    assert time.monotonic() < give_up
assert len(reaped) == 1
assert not has_children()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux adopts orphans")
def test_orphans_are_adopted_ended_and_reaped(tmp_path, token):
    script = SUBREAPER.replace("TOKEN", token)
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
