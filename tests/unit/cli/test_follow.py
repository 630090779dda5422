import json

from plait.cli.follow import Follower, Tail, follow
from plait.journal import RunFolder
from plait.journal.ownership import RunLock


def event(folder, name, **fields):
    with folder.journal.open("a") as file:
        line = {"v": 1, "timestamp": "2026-03-04T12:00:00+00:00", "event": name, **fields}
        file.write(json.dumps(line) + "\n")


def printed(folder, step_id, text, attempt=1):
    path = folder.attempt_log(step_id, attempt)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(text)


def made(tmp_path):
    folder = RunFolder.of("r1", tmp_path)
    folder.create()
    event(folder, "run_created", run_id="r1", workflow_id="demo")
    event(folder, "run_started", pid=1)
    event(folder, "step_started", step_id="a", type="shell")
    return folder


def test_a_tail_yields_whole_lines_once(tmp_path):
    path = tmp_path / "log"
    tail = Tail(path)
    assert list(tail.lines()) == []
    path.write_bytes(b"one\ntw")
    assert list(tail.lines()) == [b"one"]
    with path.open("ab") as file:
        file.write(b"o\nthree")
    assert list(tail.lines()) == [b"two"]
    assert list(tail.lines(last=True)) == [b"three"]
    assert list(tail.lines(last=True)) == []


def test_output_is_followed_as_it_comes_to_the_end_of_the_step(tmp_path):
    folder = made(tmp_path)
    follower = Follower(folder, None)
    printed(folder, "a", b"one\ntwo")
    assert list(follower.advance()) == [("a", 1, b"one")]
    event(folder, "attempt_failed", step_id="a", attempt=1, error="x", delay=0)
    printed(folder, "a", b"again\n", attempt=2)
    assert list(follower.advance()) == [("a", 1, b"two"), ("a", 2, b"again")]
    printed(folder, "a", b"end", attempt=2)
    event(folder, "step_completed", step_id="a", type="shell", status="completed")
    assert list(follower.advance()) == [("a", 2, b"end")]
    assert not follower._open


def test_only_a_step_and_what_is_inside_it(tmp_path):
    folder = made(tmp_path)
    event(folder, "step_started", step_id="fan", type="fan-out")
    event(folder, "step_started", step_id="fan:t:0", type="shell", parent="fan", index=0)
    for step_id in ("a", "fan:t:0"):
        printed(folder, step_id, b"x\n")
    assert list(Follower(folder, "fan").advance()) == [("fan:t:0", 1, b"x")]


def test_it_is_under_way_while_its_owner_lives(tmp_path):
    folder = made(tmp_path)
    follower = Follower(folder, None)
    list(follower.advance())
    assert not follower.under_way
    with RunLock(folder).acquire():
        assert follower.under_way
        event(folder, "workflow_finished", status="completed")
        list(follower.advance())
        assert not follower.under_way


def test_following_an_ended_run_prints_all_and_returns(tmp_path, capsys):
    folder = made(tmp_path)
    printed(folder, "a", b"one\ntwo")
    event(folder, "step_completed", step_id="a", type="shell", status="completed")
    event(folder, "workflow_finished", status="completed")
    follow(folder, None, as_json=False)
    assert capsys.readouterr().out == "[a] one\n[a] two\n"
    follow(folder, "a", as_json=False)
    assert capsys.readouterr().out == "one\ntwo\n"
    follow(folder, None, as_json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == {"step_id": "a", "attempt": 1, "line": "two"}


def test_what_an_agent_itself_puts_out_is_followed_too(tmp_path):
    folder = made(tmp_path)
    printed(folder, "a", b"reads a file\n")
    folder.attempt_log("a", 1).with_suffix(".stream").write_bytes(b'{"tool": "read"}\n')
    assert list(Follower(folder, None, raw=True).advance()) == [("a", 1, b'{"tool": "read"}')]
    assert list(Follower(folder, None).advance()) == [("a", 1, b"reads a file")]
