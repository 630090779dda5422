"""Whatever an agent prints, however it is cut: no exception, bounded memory, the same reply."""

import json
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.agents.acp import AcpConversation
from plait.agents.request import Request
from plait.agents.streams import FORMATS, reader_for

MIB = 1 << 20

KEYS = st.sampled_from(
    (
        *("type", "subtype", "message", "content", "text", "usage", "result", "error", "item", "part"),
        *("state", "data", "role", "session_id", "id", "status", "input_tokens", "output_tokens"),
        *("is_error", "tokens", "cost", "stats", "delta", "method", "params", "update", "sessionUpdate"),
        *("sessionId", "toolCall", "options", "kind", "tool_call", "modes"),
    )
)
WORDS = st.sampled_from(
    (
        *("assistant", "user", "system", "result", "text", "tool_use", "tool_result", "item.completed"),
        *("agent_message", "turn.completed", "step_finish", "message_end", "message", "session/update"),
        *("session/request_permission", "agent_message_chunk", "tool_call", "tool_call_update"),
        *("usage_update", "execute", "file_change", "error"),
    )
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)
LINES = st.one_of(
    st.dictionaries(KEYS, VALUES, max_size=6).map(lambda value: json.dumps(value).encode()),
    st.dictionaries(KEYS, VALUES, max_size=3).map(lambda value: json.dumps(value, indent=1).encode()),
    st.dictionaries(KEYS, VALUES, max_size=3).map(lambda value: json.dumps(value).encode()[:-3]),
    st.binary(max_size=60),
    st.sampled_from([b"", b"{", b"}", b"[", b"]", b"\r", b"null", b"\xef\xbb\xbf{}", b'{"type":"message_update"']),
)
STREAMS = st.lists(LINES, max_size=12).map(b"\n".join)


def pieces(data, cuts):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def read(name, chunks):
    reader = reader_for(name)
    activities = [activity for chunk in chunks for activity in reader.feed(chunk)]
    return reader.finish(), activities


def check(reply, activities):
    json.dumps(reply.data, allow_nan=False)
    json.dumps(reply.denied, allow_nan=False)
    (reply.text + (reply.error or "")).encode()
    for activity in activities:
        activity.text.encode()
        assert len(activity.text) <= 200
        assert len(activity.text.splitlines()) <= 1


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25, deadline=None)
@given(data=STREAMS, cuts=st.lists(st.integers(0, 2000), max_size=8))
def test_any_cut_gives_the_same_reply(name, data, cuts):
    reply, activities = read(name, [data])
    check(reply, activities)
    again, again_activities = read(name, pieces(data, cuts))
    assert again == reply
    if name not in {"text", "json"}:  # of plain text the last lines of each piece are shown
        assert again_activities == activities


@settings(max_examples=50, deadline=None)
@given(data=st.lists(LINES, max_size=20).map(b"\n".join), permission=st.sampled_from(["read", "edit", "full"]))
def test_an_agent_may_say_anything_in_a_conversation(data, permission):
    conversation = AcpConversation(Request("do it", permission=permission), Path("/project"))
    conversation.begin()
    answers = [conversation.feed(data + b"\n")]
    answers.append(conversation.feed(b'{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1}}\n' + data + b"\n"))
    answers.append(conversation.feed(b'{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s"}}\n' + data + b"\n"))
    check(conversation.finish(), conversation.activities())
    for answer in answers:
        for line in (answer or b"").splitlines():
            assert json.loads(line)["jsonrpc"] == "2.0"


def message(size, number):
    usage = {"input_tokens": 100, "output_tokens": 10}
    block = {"type": "text", "text": "line of text\\n" * (size // 16)}
    return {"type": "assistant", "session_id": "s", "message": {"id": f"m{number}", "content": [block], "usage": usage}}


HOSTILE = {
    "long lines": lambda number: b"x" * MIB if number % 20 else b"\n",
    "many sessions": lambda number: json.dumps({"type": "assistant", "session_id": "s" * MIB}).encode() + b"\n",
    "many tools": lambda number: (
        json.dumps(
            {
                "type": "tool_use",
                "tool_name": "write_file",
                "tool_id": f"{number}" + "x" * MIB,
                "parameters": {"file_path": "a", "content": "y" * MIB},
            }
        ).encode()
        + b"\n"
    ),
    "an endless document": lambda number: (
        b'{\n "a": "' if number == 0 else (b' "b": "' + b"y" * 990 + b'",\n') * (MIB // 1000)
    ),
    "messages": lambda number: json.dumps(message(MIB, number)).encode() + b"\n",
    "pieces": lambda number: (
        json.dumps({"type": "message", "role": "assistant", "delta": True, "content": "z" * MIB}).encode() + b"\n"
    ),
    "text": lambda number: (b"some words " * 90 + b"\n") * (MIB // 1000),
}


@pytest.mark.parametrize("name", ["claude", "gemini", "copilot", "json", "text"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_memory_is_bounded(name, kind):
    reader = reader_for(name)
    tracemalloc.start()
    try:
        for number in range(40):
            chunk = HOSTILE[kind](number)
            for start in range(0, len(chunk), 65536):
                reader.feed(chunk[start : start + 65536])
            if number == 20:
                held, _ = tracemalloc.get_traced_memory()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after < 32 * MIB
    assert after - held < 12 * MIB
    assert peak < 80 * MIB


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes(data):
    for name in FORMATS:
        check(*read(name, [data]))
