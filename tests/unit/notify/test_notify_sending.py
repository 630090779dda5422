"""How notices go out: bounded in time, each for itself, and never a reason to raise."""

import os
import shlex
import sys
import time

import pytest

from plait.model.notification import Notification
from plait.notify import command, desktop, sending
from plait.notify.notice import Notice
from plait.notify.settings import Wanted
from plait.notify.undelivered import NoDesktopError, UndeliveredError
from plait.process import is_running, start_time_of
from plait.secrets import Secret

NOW = "2026-01-01T00:00:00.000000+00:00"


def notice(**fields):
    return Notice("r", "w", "W", "failed", "/p", "h", NOW, NOW, 1.0, **fields)


def send(tmp_path, *notifications, told=None):
    wanted = [Wanted(each) for each in notifications]
    return [(each.status, each.problem) for each in sending.send(told or notice(), wanted, tmp_path)]


def test_values_reach_a_command_whole_and_its_folder_is_the_project(tmp_path):
    error = "'; touch pwned; \" $(touch pwned) \0 \ud800 end"
    script = "import os,sys; open('seen','w').write(os.environ['PLAIT_ERROR']); open('in','w').write(sys.stdin.read())"
    assert send(tmp_path, Notification(command=(sys.executable, "-c", script)), told=notice(error=error)) == [
        ("sent", "")
    ]
    assert (tmp_path / "seen").read_text() == "'; touch pwned; \" $(touch pwned)   ? end"
    assert '"status": "failed"' in (tmp_path / "in").read_text()
    assert not (tmp_path / "pwned").exists()


def test_a_large_notice_does_not_wait_for_a_command_that_reads_nothing(tmp_path):
    told = notice(outputs={"big": "x" * 1_000_000})
    assert send(tmp_path, Notification(command="exit 0", outputs=True), told=told) == [("sent", "")]


def test_a_command_that_takes_too_long_is_ended_with_what_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "TIMEOUT", 0.3)
    [(status, problem)] = send(tmp_path, Notification(command="sleep 600 & echo $! > pid; trap '' TERM; wait; wait"))
    assert (status, problem) == ("failed", "it was ended after 0.3 s")
    pid = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 20
    while is_running(pid, start_time_of(pid) or 0):
        assert time.monotonic() < until


def test_what_a_command_leaves_running_is_not_waited_for(tmp_path):
    holds = "sleep 600 & echo $! > pid"
    assert send(tmp_path, Notification(command=holds)) == [("sent", "")]
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_secrets_meant_for_plait_stay_here_and_others_never_show(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAIT_SECRET_TOKEN", "t0p-secret")
    says = 'echo "[$PLAIT_SECRET_TOKEN] $MINE" >&2; exit 1'
    found = send(tmp_path, Notification(command=says, env={"MINE": Secret("TOKEN")}))
    assert found == [("failed", "it exits with 1: [] ***")]


def test_each_fails_for_itself(tmp_path):
    found = send(
        tmp_path,
        Notification(command="true"),
        Notification(webhook="http://127.0.0.1:1/"),
        Notification(command="exit 3"),
    )
    assert found == [("sent", ""), ("failed", "cannot connect"), ("failed", "it exits with 3")]


def test_a_webhook_that_says_nothing_is_given_up(tmp_path, server, monkeypatch):
    monkeypatch.setattr(sending.webhook, "TIMEOUT", 0.2)
    server.pages["/"] = lambda _: server.closing.wait()
    assert send(tmp_path, Notification(webhook=f"{server.url}/")) == [("failed", "no answer within 0.2 s")]


def test_a_bug_in_here_is_told_by_its_name_alone(tmp_path, monkeypatch):
    def breaks(*_):
        raise RuntimeError("with words")

    monkeypatch.setattr(desktop, "show", breaks)
    assert send(tmp_path, Notification(desktop=True)) == [("failed", "RuntimeError")]


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """A desktop whose `notify-send` writes its arguments down."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "notify-send"
    program.write_text(
        f"#!{sys.executable}\nimport sys; open({str(tmp_path / 'shown')!r}, 'w').write(repr(sys.argv[1:]))\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DISPLAY", ":9")
    return tmp_path / "shown"


def test_a_desktop_is_given_text_and_no_markup_or_option(shown, tmp_path):
    desktop.show("-t <b>", "--help <b>x</b> & y")
    assert shown.read_text() == repr(["--app-name=Plait", "--", "-t <b>", "--help &lt;b&gt;x&lt;/b&gt; &amp; y"])


def test_without_a_desktop_there_is_a_note_and_no_warning(shown, tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(desktop.Path, "exists", lambda _: False)
    with pytest.raises(NoDesktopError, match="no desktop"):
        desktop.show("a", "b")
    assert send(tmp_path, Notification(desktop=True)) == [("skipped", "there is no desktop here")]


def test_a_desktop_that_refuses_is_told_of(shown, tmp_path):
    (tmp_path / "bin" / "notify-send").write_text("#!/bin/sh\nexit 4\n")
    with pytest.raises(UndeliveredError, match="notify-send exits with 4"):
        desktop.show("a", "b")


def test_the_answer_in_a_notice_is_a_command_that_quotes_what_it_names():
    from plait.journal.record import StepRecord
    from plait.notify.notice import _waiting

    record = StepRecord("g", "gate")
    record.output = {"message": "a\x1b[31m\nb", "options": ["$(id) 'x'", "no"]}
    found = _waiting(record, "r", "/a b")
    assert shlex.split(found.answer) == ["plait", "answer", "r", "g", "--choice", "$(id) 'x'", "--project", "/a b"]
    assert found.message == "a [31m\nb"
