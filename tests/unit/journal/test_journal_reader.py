"""Reading a journal back: torn lines, damage, and versions."""

import json

import pytest

from plait.errors import JournalDamagedError, RunNotFoundError, UsageError
from plait.journal import RunState
from plait.journal.reader import cut_torn_line, read_events, read_state
from support.bench import picture

TEXT = "steps: [{id: a, type: do, value: 1}, {id: b, type: do, value: ä}]"


@pytest.fixture
def log(bench):
    bench.run(TEXT)
    return bench.folder() / "log.jsonl"


def lines(path):
    return path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("torn", [b"{", b'{"v":1,"timestamp":"', b'{"v":1,"event":"x"}', b"\xc3", b"\x00\x00"])
def test_a_torn_last_line_is_left_out(bench, log, torn):
    whole = picture(bench.load())
    with log.open("ab") as file:
        file.write(torn)
    assert picture(bench.load()) == whole
    assert len(list(read_events(log))) == len(lines(log)) - 1


def test_a_journal_that_is_gone_is_not_an_empty_one(bench, log):
    log.unlink()
    with pytest.raises(JournalDamagedError, match="is missing"):
        bench.load()
    with pytest.raises(JournalDamagedError):
        bench.resume()
    (bench.folder() / "state.json").unlink()
    assert bench.load().records == {}  # killed before its first event


def test_a_journal_may_be_cut_anywhere(bench, log):
    data = log.read_bytes()
    for size in range(len(data)):
        log.write_bytes(data[:size])
        assert len(list(read_events(log))) == data[:size].count(b"\n")
        bench.load()


def test_a_torn_line_is_cut_before_the_next_event(bench, log):
    count = len(lines(log)) - 1
    log.write_bytes(b"".join(lines(log)[:count]) + b'{"v":1,"timest')
    assert bench.resume().status == "completed"
    assert [event["event"] for event in bench.log()][count:] == ["run_resumed", "workflow_finished"]


@pytest.mark.parametrize("content", [b"", b"x", b"x\n", b"x\ny", b"x\n" + b"y" * 200_000, b"y" * 200_000])
def test_only_what_follows_the_last_newline_is_cut(tmp_path, content):
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    cut_torn_line(path)
    assert path.read_bytes() == content[: content.rfind(b"\n") + 1]


NO_EVENTS = [b"not json", b"[]", b"17", b"{}", b"", b'{"v":1,"event":"x"}', b"\xff", b'{"a":1},{"b":2}']


@pytest.mark.parametrize("bad", [line + b"\n" for line in NO_EVENTS])
def test_damage_anywhere_else_names_the_line(bench, log, bad):
    all_lines = lines(log)
    log.write_bytes(b"".join([*all_lines[:3], bad, *all_lines[3:]]))
    with pytest.raises(JournalDamagedError) as caught:
        bench.load()
    assert str(caught.value).startswith(f"{log}:4: the journal is damaged here: ")
    assert "head -n 3 log.jsonl" in caught.value.hint
    with pytest.raises(JournalDamagedError):
        bench.resume()


def test_a_line_that_does_not_fit_is_damage(bench, log):
    event = {"v": 1, "timestamp": "2026-01-01T00:00:00+00:00", "event": "attempt_failed", "step_id": "nobody"}
    log.write_bytes(b"".join([*lines(log)[:2], json.dumps(event).encode() + b"\n", *lines(log)[2:]]))
    with pytest.raises(JournalDamagedError, match=r"log\.jsonl:3: .*does not fit what came before"):
        bench.load()


def test_a_later_version_is_refused(bench, log):
    log.write_bytes(log.read_bytes().replace(b'"v":1', b'"v":2', 1))
    with pytest.raises(JournalDamagedError, match=r":1: .*it is of version 2, which this Plait does not know"):
        bench.load()


def test_an_event_of_another_name_only_advances_the_time(bench, log):
    before = picture(bench.load())
    stamp = "2099-01-01T00:00:00+00:00"
    with log.open("a") as file:
        file.write(json.dumps({"v": 1, "timestamp": stamp, "event": "weather_changed", "step_id": "a"}) + "\n")
    state = bench.load()
    assert picture(state) == before
    assert state.updated_at == stamp


def test_a_run_without_a_journal_has_an_empty_state(folder):
    state = read_state(folder)
    assert (state.status, state.records, state.workflow_id) == ("created", {}, "")


def test_loading_by_id(bench, log):
    assert RunState.load("run", str(bench.root)).status == "completed"
    with pytest.raises(RunNotFoundError):
        RunState.load("other", bench.root)
    with pytest.raises(UsageError):
        RunState.load("../run", bench.root)


def test_a_long_journal_is_numbered_right_across_its_parts(tmp_path):
    path = tmp_path / "log.jsonl"
    stamp = "2026-01-01T00:00:00+00:00"
    event = json.dumps({"v": 1, "timestamp": stamp, "event": "x", "text": "y" * 1000}) + "\n"
    path.write_text(event * 3000)
    assert [number for number, _ in read_events(path)] == list(range(1, 3001))
    path.write_text(event * 2000 + "oops\n" + event * 10)
    with pytest.raises(JournalDamagedError, match=r"log\.jsonl:2001:"):
        list(read_events(path))
