"""A talk with a child over its stdin and stdout: nobody waits for the other, and nothing is left behind."""

import math
import os
import select
import sys
import uuid

import pytest

from plait.cancellation import Cancellation
from plait.process import Dialogue, end_processes, is_running, run_process, start_time_of
from plait.process.capture import EXCERPT
from plait.process.dialogue import ChildInput

ECHO = "import sys\nfor line in sys.stdin:\n    print('heard', line.strip(), flush=True)\n"


class Talk(Dialogue):
    """Answers what `reply` says; keeps all that the child said."""

    def __init__(self, opening, reply=lambda data: None):
        self.opening, self.reply = opening, reply
        self.chunks = []

    def begin(self):
        return self.opening

    def feed(self, data):
        self.chunks.append(data)
        return self.reply(data)

    @property
    def heard(self):
        return b"".join(self.chunks)


@pytest.fixture
def run(tmp_path):
    token = uuid.uuid4().hex

    def run(script, dialogue, **options):
        settings = {
            "env": {"PATH": os.environ["PATH"]},
            "cwd": tmp_path,
            "log": tmp_path / "attempt-1.log",
            "cancellation": Cancellation(),
            "mark": f"{token}:a:1",
            "grace": 0.2,
        }
        return run_process([sys.executable, "-c", script], dialogue=dialogue, **(settings | options))

    yield run
    assert end_processes(token, grace=0) == []


def test_a_prompt_is_handed_over_and_stdin_closed_behind_it(run, tmp_path):
    """The child answers only when its stdin has ended: that must not wait for the answer."""
    talk = Talk(b"hello " * 50_000)
    result = run("import sys; text = sys.stdin.read(); print(len(text)); print('note', file=sys.stderr)", talk)
    assert (result.exit_code, result.ended_by) == (0, "exit")
    assert talk.chunks[0] == b""
    assert talk.heard == b"300000\n"
    assert result.stdout.text == "300000\n"
    assert (tmp_path / "attempt-1.stream").read_bytes() == b"300000\n"
    assert (tmp_path / "attempt-1.log").read_bytes() == b"note\n"


def test_who_says_nothing_leaves_the_child_without_input(run):
    talk = Talk(None, lambda data: b"too late")
    assert run("import sys; print(repr(sys.stdin.read()))", talk).exit_code == 0
    assert talk.heard == b"''\n"


def test_two_talk_until_one_has_enough(run):
    def reply(data):
        if not data:
            return b""
        return None if talk.heard.count(b"\n") == 5 else b"again\n"

    talk = Talk(b"first\n", reply)
    result = run(ECHO, talk)
    assert (result.ended_by, talk.heard) == ("exit", b"heard first\n" + b"heard again\n" * 4)


def test_a_child_that_does_not_listen_blocks_nobody(run):
    """It says much and reads nothing: more is answered than any pipe takes."""
    talk = Talk(b"x" * 1_000_000, lambda data: b"y" * 10_000)
    result = run("import sys\nfor _ in range(200): print('z' * 10_000, flush=True)", talk)
    assert (result.exit_code, result.ended_by, len(talk.heard)) == (0, "exit", 200 * 10_001)


def test_a_child_that_closes_its_stdin_is_answered_no_more(run):
    script = "import os, sys\nos.close(0)\nfor _ in range(20): print('on', flush=True)"
    talk = Talk(b"x" * 200_000, lambda data: b"more")
    assert run(script, talk).exit_code == 0
    assert talk.heard == b"on\n" * 20


@pytest.mark.parametrize("when", ["at once", "later"])
def test_an_exception_ends_the_child_and_comes_through(run, tmp_path, when):
    def reply(data):
        if when == "at once" or data:
            raise ZeroDivisionError
        return b""

    script = "import os, time\nopen('pid', 'w').write(f'{os.getpid()}\\n')\nprint('ready', flush=True)\ntime.sleep(100)"
    with pytest.raises(ZeroDivisionError):
        run(script, Talk(b"", reply))
    if when == "later":
        pid = int((tmp_path / "pid").read_text())
        assert not is_running(pid, start_time_of(pid) or 0)


def test_an_exception_before_the_child_runs_starts_none(run, tmp_path):
    class Broken(Talk):
        def begin(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run("open('here', 'w')", Broken(None))
    assert list(tmp_path.iterdir()) == []


def test_stdin_belongs_to_one(run):
    with pytest.raises(ValueError, match="belongs to the dialogue"):
        run("", Talk(None), stdin=b"x")


def test_a_silent_child_is_ended_while_its_stdin_is_open(run):
    talk = Talk(b"", lambda data: b"")
    assert run("import sys; sys.stdin.read()", talk, idle_timeout=0.3).ended_by == "idle"


def test_who_has_no_more_to_say_ends_a_child_that_stays(run):
    """Its stdin is closed and it still runs; what it says on stderr is heard as well."""

    class Impatient(Talk):
        overheard = b""

        def overhear(self, data):
            self.overheard += data

        def leaves_at(self):
            return 0.0 if self.heard and self.overheard else math.inf

    talk = Impatient(b"")
    result = run("import sys, time\nprint('bye', flush=True)\nprint('note', file=sys.stderr)\ntime.sleep(100)", talk)
    assert (result.ended_by, talk.heard, talk.overheard) == ("hangup", b"bye\n", b"note\n")
    assert result.stderr.text == "note\n"


def test_much_is_kept_in_one_file_and_at_both_ends(run, tmp_path):
    """Two calls of one attempt: the file has both, the result is the second's own."""
    script = "import sys\nfor n in range(3000): sys.stdout.write('%06d ' % n + 'x' * 93 + '\\n')"
    run(script, Talk(None), part=1)
    result = run(script, Talk(None), part=2)
    stream = (tmp_path / "attempt-1.stream").read_bytes()
    assert len(stream) == 2 * result.stdout.size == 2 * 3000 * 101
    assert stream[: len(stream) // 2] == stream[len(stream) // 2 :]
    assert result.stdout.spilled == tmp_path / "attempt-1.stream"
    assert (result.stdout.text, len(result.stdout.head), len(result.stdout.tail)) == ("", EXCERPT, EXCERPT)
    assert result.stdout.head.startswith("000000 ")
    assert [path.name for path in tmp_path.iterdir()] == ["attempt-1.stream"]


def test_memory_stays_bounded_however_much_is_said(tmp_path):
    """Measured in a process of its own: 100 MB go through, and the process stays far below that."""
    script = """
import os, resource
from pathlib import Path
from plait.cancellation import Cancellation
from plait.process import Dialogue, run_process

class Count(Dialogue):
    size = 0
    def begin(self):
        return None
    def feed(self, data):
        self.size += len(data)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before, count = peak(), Count()
result = run_process(["head", "-c", "100000000", "/dev/zero"], env=os.environ, cwd=".", mark="bounded:a:1",
                     log=Path("attempt-1.log"), cancellation=Cancellation(), dialogue=count)
print(count.size, result.stdout.size, os.path.getsize("attempt-1.stream"), peak() - before < 20_000)
"""
    talk = Talk(None)
    result = run_process(
        [sys.executable, "-c", script],
        env=dict(os.environ),
        cwd=tmp_path,
        log=tmp_path / "out" / "attempt-1.log",
        cancellation=Cancellation(),
        mark=f"{uuid.uuid4().hex}:a:1",
        dialogue=talk,
    )
    assert talk.heard == b"100000000 100000000 100000000 True\n", result.stderr.text


def test_what_is_said_after_the_last_word_is_dropped():
    reading, writing = os.pipe()
    poll = select.poll()
    child = ChildInput(writing, poll)
    child.add(b"task")
    child.finish()
    child.add(b"more")
    child.pass_on()
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"task"
    assert child.fd is None
