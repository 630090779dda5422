import os

import pytest

from plait.cancellation import Cancellation
from plait.process import run_process
from plait.secrets import Redactor


@pytest.fixture
def run(tmp_path):
    """Run shell text with a known secret; return the result, the log and the lines that were shown."""

    class Watcher:
        def __init__(self):
            self.lines = []

        def started(self, pid, start_time):
            pass

        def line(self, text):
            self.lines.append(text)

    def run_text(text, **options):
        redactor, watcher, log = Redactor(), Watcher(), tmp_path / "attempt-1.log"
        redactor.add("hunter22")
        result = run_process(
            ["/bin/sh", "-c", text],
            env=dict(os.environ),
            cwd=tmp_path,
            log=log,
            cancellation=Cancellation(),
            watcher=watcher,
            mark="m",
            redactor=redactor,
            **options,
        )
        return result, log.read_bytes(), watcher.lines

    return run_text


def test_both_streams_the_log_and_the_lines_are_redacted(run):
    result, log, lines = run("echo a hunter22; echo b hunter22 >&2")
    assert (result.stdout.text, result.stderr.text) == ("a ***\n", "b ***\n")
    assert b"hunter22" not in log
    assert log.count(b"***") == 2
    assert "hunter22" not in "".join(lines)


def test_a_long_output_is_redacted_in_its_file(run):
    result, log, _ = run("echo hunter22; head -c 70000 /dev/zero | tr '\\0' x; echo hunter22")
    assert result.stdout.text == ""
    assert result.stdout.spilled.read_bytes() == b"***\n" + b"x" * 70_000 + b"***\n" == log
    assert result.stdout.size == len(log)
    assert (result.stdout.head[:4], result.stdout.tail[-5:]) == ("***\n", "x***\n")


@pytest.mark.parametrize(
    ("text", "options"), [("printf hunter2", {}), ("printf hunter2; exec sleep 100", {"timeout": 1})]
)
def test_the_beginning_of_a_secret_at_the_end_is_not_lost(run, text, options):
    result, log, lines = run(text, **options)
    assert result.stdout.text == "hunter2"
    assert log == b"hunter2"
    assert lines[-1] == "hunter2"
