"""What real CLIs printed, read back: against what the model said, spent and was refused."""

import json
from pathlib import Path

import pytest

from plait.agents.failures import classify
from plait.agents.reply import Reply
from plait.agents.streams import FORMATS, reader_for

FOLDER = Path(__file__).parents[2] / "fixtures" / "agent_streams"
RECORDINGS = sorted(FOLDER.glob("*/*.json"))
WHOLE = [path for path in RECORDINGS if not json.loads(path.read_text())["stopped"]]
TELLS_NO_USAGE = {"continue", "copilot"}
TELLS_NO_TOOLS = {"continue"}
SAID_OTHERWISE = {"other": {"error", "crashed"}}


def named(path):
    return f"{path.parent.name}-{path.stem}"


def read(path, size=None):
    """The reply, the activities and how it was recorded."""
    recording = json.loads(path.read_text())
    stdout = path.with_suffix(".stdout").read_bytes()
    reader = reader_for(recording["cli"] if recording["cli"] in FORMATS else "json")
    size = size or len(stdout) or 1
    activities = [one for at in range(0, len(stdout), size) for one in reader.feed(stdout[at : at + size])]
    return reader.finish(), activities, recording


def failure(path, **more):
    reply, _, recording = read(path)
    facts = {
        "agent_key": recording["cli"],
        "reply": reply,
        "exit_code": -15 if recording["exit_code"] is None else recording["exit_code"],
        "stderr": path.with_suffix(".stderr").read_text(errors="replace"),
        "stdout_tail": path.with_suffix(".stdout").read_text(errors="replace")[-4096:],
        "ended_by": "exit",
        "now": 1_795_375_799.0,
    }
    return classify(**(facts | more))


def test_there_are_recordings():
    assert {path.parent.name for path in WHOLE} >= {"claude", "codex", "gemini"}


@pytest.mark.parametrize("path", WHOLE, ids=named)
def test_what_was_said(path):
    reply, _, recording = read(path)
    truth = recording["truth"]
    if truth["data"] is not None:
        assert json.loads(reply.text) == truth["data"]
        assert reply.data in (truth["data"], None)
    elif truth["text"] is not None:
        assert reply.text.strip() == truth["text"]
    if truth["session"] is not None:
        assert reply.session == truth["session"]
    if truth["usage"] is not None and truth["failure"] is None and path.parent.name not in TELLS_NO_USAGE:
        assert reply.usage is not None
        told = reply.usage._asdict()
        # qwen counts what it asks of the model on its own account too.
        assert all(
            told[part] == count or (path.parent.name == "qwen" and told[part] > count)
            for part, count in truth["usage"].items()
        )
    if path.parent.name not in TELLS_NO_TOOLS:
        assert bool(reply.denied) == truth["denied"]


@pytest.mark.parametrize("path", WHOLE, ids=named)
def test_why_it_failed(path):
    truth = json.loads(path.read_text())["truth"]
    found = failure(path)
    assert (found is None) == (truth["failure"] is None)
    if found is not None and truth["shown"]:
        assert found.kind in SAID_OTHERWISE.get(truth["failure"], {truth["failure"]})


@pytest.mark.parametrize("ended_by", ["timeout", "idle"])
@pytest.mark.parametrize("path", RECORDINGS, ids=named)
def test_one_that_had_to_be_ended(path, ended_by):
    found = failure(path, ended_by=ended_by, exit_code=-15)
    assert found is not None
    assert found.kind == ended_by


@pytest.mark.parametrize("path", RECORDINGS, ids=named)
def test_it_does_not_matter_how_it_comes(path):
    whole, in_pieces = read(path), read(path, 7)
    assert whole[0] == in_pieces[0]
    assert whole[1] == in_pieces[1]


@pytest.mark.parametrize("path", WHOLE, ids=named)
def test_activities_are_lines(path):
    _, activities, recording = read(path)
    assert all(one.text == one.text.strip() and "\n" not in one.text and len(one.text) <= 200 for one in activities)
    if recording["truth"]["files"] and path.parent.name not in TELLS_NO_TOOLS:
        assert any(one.kind == "tool" for one in activities)
    if recording["truth"]["text"] and recording["truth"]["data"] is None:
        assert any(one.kind == "text" for one in activities)


@pytest.mark.parametrize("path", WHOLE, ids=named)
def test_one_that_was_cut_off_is_not_complete(path):
    reply, _, recording = read(path)
    if recording["truth"]["failure"] is not None:
        return
    stdout = path.with_suffix(".stdout").read_bytes()
    reader = reader_for(recording["cli"] if recording["cli"] in FORMATS else "json")
    reader.feed(stdout[: len(stdout) // 2])
    cut = reader.finish()
    assert isinstance(cut, Reply)
    assert reply.complete
    assert not cut.complete
