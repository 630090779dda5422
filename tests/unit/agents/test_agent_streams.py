"""Readers of what agents print: shapes that no recording holds."""

import json

import pytest

from plait.agents.reply import Activity, Usage
from plait.agents.streams import FORMATS, reader_for
from plait.agents.streams.documents import Documents, parse
from plait.agents.streams.draft import LONGEST_TEXT, describe, first_line
from plait.agents.streams.lines import LONGEST_LINE, LineSplitter


def read(name, *events):
    """The reply and the activities of events, or of text as it is."""
    reader = reader_for(name)
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    activities = reader.feed("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    return reader.finish(), [tuple(activity) for activity in activities]


def test_an_unknown_format_is_a_key_error():
    with pytest.raises(KeyError):
        reader_for("telegraph")


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "text"])
def test_nothing_printed_is_not_complete(name):
    assert not reader_for(name).finish().complete


# Claude Code and its relatives.

CLAUDE_RESULT = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "result": "Done.",
    "session_id": "5b1c",
    "total_cost_usd": 0.25,
    "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3, "output_tokens": 7},
    "permission_denials": [{"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "rm -r x"}}],
    "structured_output": {"n": 1},
}


def claude_message(message_id, usage, *content, **more):
    return {"type": "assistant", "message": {"id": message_id, "content": list(content), "usage": usage}, **more}


@pytest.mark.parametrize("shape", [lambda result: result, lambda result: [{"type": "system"}, result]])
def test_a_single_result_or_an_array(shape):
    for text in (json.dumps(shape(CLAUDE_RESULT)), json.dumps(shape(CLAUDE_RESULT), indent=2)):
        reply, activities = read("claude", text)
        assert (reply.text, reply.session, reply.data, reply.complete) == ("Done.", "5b1c", {"n": 1}, True)
        assert reply.usage == Usage(18, 5, 7, 0.25)
        assert reply.denied == [{"tool": "Bash", "input": {"command": "rm -r x"}}]
        assert ("denied", "run rm -r x") in activities


def test_tokens_so_far_count_a_message_once():
    usage = {"input_tokens": 10, "output_tokens": 1}
    reply, activities = read(
        "claude",
        claude_message("a", usage, {"type": "text", "text": "I look."}),
        claude_message("a", usage, {"type": "tool_use", "name": "Read", "input": {"file_path": "a.md"}}),
        claude_message("b", {"input_tokens": 30, "output_tokens": 5}, {"type": "text", "text": "Half an ans"}),
    )
    assert (reply.text, reply.usage, reply.complete) == ("Half an ans", Usage(40, 0, 6), False)
    assert activities == [
        ("text", "I look."),
        ("usage", "10 tokens in, 1 out"),
        ("tool", "read a.md"),
        ("text", "Half an ans"),
        ("usage", "40 tokens in, 6 out"),
    ]


def test_what_a_subagent_says_is_not_the_answer():
    reply, activities = read(
        "claude",
        claude_message("a", {}, {"type": "text", "text": "The answer."}),
        claude_message("b", {}, {"type": "text", "text": "From below."}, parent_tool_use_id="t"),
    )
    assert reply.text == "The answer."
    assert ("text", "From below.") in activities


def test_a_rejected_rate_limit_tells_when_it_resets():
    reply, _ = read(
        "claude",
        {"type": "rate_limit_event", "rate_limit_info": {"status": "rejected", "resetsAt": 1795400000}},
        {"type": "result", "subtype": "success", "is_error": True, "result": "You've hit your limit"},
    )
    assert reply.error == "You've hit your limit (resets at 1795400000)"


def test_a_retry_is_taken_back_by_an_answer():
    retry = {"type": "system", "subtype": "api_retry", "error": "rate_limit", "error_status": 429}
    retry["retry_delay_ms"] = 1500.7
    assert read("claude", retry)[0].error == "rate_limit (HTTP status 429); trying again in 1.5 s"
    assert read("claude", retry, claude_message("a", {}, {"type": "text", "text": "Here."}))[0].error is None
    assert read("claude", retry, CLAUDE_RESULT)[0].error is None


def test_errors_that_claude_lists():
    event = {"type": "result", "subtype": "error_during_execution", "errors": ["No conversation found", 7, "at all"]}
    assert read("claude", event)[0].error == "No conversation found\nat all"
    assert read("claude", {"type": "result", "subtype": "error_max_turns"})[0].error == "error_max_turns"


def test_cursor():
    reply, activities = read(
        "cursor",
        {"type": "system", "subtype": "init", "session_id": "c-1"},
        {"type": "tool_call", "subtype": "started", "tool_call": {"writeToolCall": {"args": {"path": "a.py"}}}},
        {"type": "tool_call", "subtype": "completed", "tool_call": {"writeToolCall": {"args": {"path": "a.py"}}}},
        {"type": "result", "subtype": "success", "is_error": False, "result": "Done.", "session_id": "c-1"},
    )
    assert (reply.text, reply.session, reply.usage, reply.complete) == ("Done.", "c-1", None, True)
    assert activities == [("tool", "write a.py")]


# The others.


def test_codex_items():
    reply, activities = read(
        "codex",
        {"type": "thread.started", "thread_id": "th"},
        {"type": "turn.started"},
        {"type": "error", "message": "Reconnecting... 1/5"},
        {"type": "item.started", "item": {"type": "command_execution", "command": "/bin/bash -lc 'npm test'"}},
        {"type": "item.completed", "item": {"type": "command_execution", "command": "npm test", "exit_code": 2}},
        {"type": "item.completed", "item": {"type": "command_execution", "command": "rm x", "status": "declined"}},
        {
            "type": "item.completed",
            "item": {
                "type": "file_change",
                "changes": [
                    {"path": "a", "kind": "add"},
                    {"path": "b", "kind": "update"},
                    {"path": "c", "kind": "delete"},
                ],
            },
        },
        {"type": "item.started", "item": {"type": "mcp_tool_call", "server": "gh", "tool": "issues", "arguments": {}}},
        {"type": "item.completed", "item": {"type": "reasoning", "text": "hm"}},
        {"type": "item.completed", "item": {"type": "agent_message", "text": "Done.\nAll of it."}},
        {"type": "turn.completed", "usage": {"input_tokens": 9, "cached_input_tokens": 4, "output_tokens": 2}},
    )
    assert (reply.text, reply.session, reply.error, reply.complete) == ("Done.\nAll of it.", "th", None, True)
    assert (reply.usage, reply.denied) == (Usage(9, 4, 2), [{"tool": "shell", "input": {"command": "rm x"}}])
    assert activities == [
        ("error", "Reconnecting... 1/5"),
        ("tool", "run npm test"),
        ("tool_result", "failed: npm test (exit 2)"),
        ("denied", "run rm x"),
        ("tool", "write a"),
        ("tool", "edit b"),
        ("tool", "delete c"),
        ("tool", "gh.issues"),
        ("text", "Done."),
        ("usage", "9 tokens in, 2 out"),
    ]


def test_gemini_in_one_object():
    tokens = {"prompt": 100, "candidates": 20, "thoughts": 5, "cached": 40, "total": 125}
    answer = {
        "session_id": "g",
        "response": "Hi.",
        "stats": {"models": {"a": {"tokens": tokens}, "b": {"tokens": tokens}}},
    }
    reply, _ = read("gemini", "Loaded cached credentials.", json.dumps(answer, indent=2))
    assert (reply.text, reply.session, reply.usage, reply.complete) == ("Hi.", "g", Usage(200, 80, 50), True)
    failed = {"session_id": "g", "error": {"type": "Error", "message": "no", "code": 1}}
    assert read("gemini", json.dumps(failed, indent=2))[0].error == "no"


def test_gemini_messages_come_in_pieces():
    def piece(text):
        return {"type": "message", "role": "assistant", "content": text, "delta": True}

    tool = {"type": "tool_use", "tool_name": "run_shell_command", "tool_id": "1", "parameters": {"command": "make"}}
    result = {
        "type": "result",
        "status": "success",
        "stats": {"total_tokens": 30, "input_tokens": 10, "output_tokens": 5},
    }
    reply, activities = read("gemini", piece("I "), piece("build."), tool, piece("Bu"), piece("ilt."), result)
    assert (reply.text, reply.usage, reply.complete) == ("Built.", Usage(10, 0, 20), True)
    assert activities[:3] == [("text", "I build."), ("tool", "run make"), ("text", "Built.")]


def test_opencode_sums_its_steps():
    tokens = {"input": 10, "output": 3, "reasoning": 2, "cache": {"read": 5, "write": 1}}

    def step(reason):
        return {"type": "step_finish", "sessionID": "ses_1", "part": {"reason": reason, "cost": 0.5, "tokens": tokens}}

    text = {"type": "text", "sessionID": "ses_1", "part": {"type": "text", "text": "Done."}}
    assert not read("opencode", step("tool-calls"))[0].complete
    reply, _ = read("opencode", step("tool-calls"), {"type": "step_start"}, text, step("stop"))
    assert (reply.text, reply.session, reply.usage, reply.complete) == ("Done.", "ses_1", Usage(32, 10, 10, 1.0), True)
    error = {"type": "error", "error": {"name": "APIError", "data": {"message": "Nope", "statusCode": 429}}}
    assert read("opencode", error)[0].error == "Nope (HTTP status 429)"


def test_copilot_tokens_if_it_tells_them():
    usage = {"type": "assistant.usage", "data": {"inputTokens": 10, "outputTokens": 2, "cacheReadTokens": 4}}
    reply, _ = read("copilot", usage, usage, {"type": "result", "sessionId": "s", "exitCode": 0})
    assert (reply.usage, reply.session, reply.complete) == (Usage(20, 8, 4), "s", True)


@pytest.mark.parametrize(
    ("event", "text", "session", "usage"),
    [
        ({"result": "Hi.", "session_id": "a"}, "Hi.", "a", None),
        (
            {"response": "Hi.", "sessionId": "a", "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
            "Hi.",
            "a",
            Usage(3, 0, 2),
        ),
        (
            {"type": "message", "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi."}]}},
            "Hi.",
            None,
            None,
        ),
        ({"output": "Hi.", "total_cost_usd": 0.5}, "Hi.", None, Usage(0, 0, 0, 0.5)),
        ({"type": "done", "data": {"text": "Hi.", "thread_id": "a"}}, "Hi.", "a", None),
    ],
)
def test_json_of_an_unknown_shape(event, text, session, usage):
    user = {"role": "user", "content": "What?"}
    for printed in (json.dumps(event), json.dumps([user, event]), json.dumps(event, indent=4)):
        reply, _ = read("json", json.dumps(user), printed)
        assert (reply.text, reply.session, reply.usage, reply.complete) == (text, session, usage, True)


def test_an_error_of_an_unknown_shape():
    assert read("json", {"error": "no"})[0].error == "no"
    assert read("json", {"error": {"message": "no"}})[0].error == "no"
    assert read("json", {"is_error": True, "result": "no"})[0].error == "no"
    assert read("json", {"error": None, "result": "Hi."})[0].error is None


def test_text_where_json_was_expected():
    reply, activities = read("json", "All done.", "Bye.")
    assert (reply.text, reply.complete) == ("All done.\nBye.", True)
    assert activities == [("text", "All done."), ("text", "Bye.")]
    assert not read("json", '{"result": "half of')[0].complete


def test_plain_text():
    reply, activities = read("text", "one\r", "", "two \udcff")
    assert (reply.text, reply.session, reply.complete) == ("one\n\ntwo \ufffd", None, True)
    assert activities == [("text", "one"), ("text", "two \ufffd")]


# What must not hurt.


def test_garbage_is_passed_over():
    reply, _ = read(
        "claude", "warning: x", '{"type": "assis', "\udcff\udcfe", "[]", "null", CLAUDE_RESULT, "}", "[" * 9
    )
    assert (reply.text, reply.complete) == ("Done.", True)


def test_wrong_types_everywhere():
    wrong = [None, True, -1, 1e300, "x", [], [[]], {}, {"type": []}, [None]]
    for name in FORMATS:
        for key in (
            "type",
            "message",
            "content",
            "usage",
            "data",
            "item",
            "part",
            "result",
            "stats",
            "error",
            "tool_call",
        ):
            for value in wrong:
                for kind in (
                    "assistant",
                    "user",
                    "result",
                    "item.completed",
                    "tool_use",
                    "message",
                    "step_finish",
                    "error",
                ):
                    read(name, {"type": kind, key: value}, {key: value})


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 100_000,
        '{"a": 1e999, "b": NaN}',
        '{"a": ' + "9" * 5000 + "}",
        "[]" * 100_000,
    ],
)
def test_json_bombs(text):
    for name in FORMATS:
        reply, _ = read(name, text, text.replace("a", "type"))
        json.dumps(reply.data, allow_nan=False)


def test_many_small_containers_are_not_parsed():
    assert parse(b"[" + b"{}," * 2_000_000 + b"{}]") is None


def test_values_can_be_written_down_again():
    value = parse(b'{"a": "\\ud800", "b": NaN, "c": 1e999, "a": "\\ud83d\\ude00 \\udc00", "d": "\xff"}')
    assert value == {"a": "\U0001f600 ?", "b": None, "c": None, "d": "\ufffd"}


def test_an_answer_too_deep_is_left_out():
    deep = "[" * 500 + "]" * 500
    reply, _ = read("claude", json.dumps(CLAUDE_RESULT).replace('{"n": 1}', deep).replace('"rm -r x"', deep))
    assert (reply.data, reply.denied) == (None, [{"tool": "Bash", "input": None}])


@pytest.mark.parametrize("session", ["-rf", "a b", "", "x" * 500, "a\n", "a;b", 7, None, "../\x00"])
def test_a_session_that_cannot_be_an_argument_is_none(session):
    assert read("claude", {**CLAUDE_RESULT, "session_id": session})[0].session is None


@pytest.mark.parametrize("count", [-1, True, "5", None, 1e300, [], {}])
def test_tokens_that_are_none(count):
    usage = {"input_tokens": count, "output_tokens": 2}
    assert read("claude", {**CLAUDE_RESULT, "usage": usage})[0].usage == Usage(0, 0, 2, 0.25)


def test_a_gigantic_line_is_left_out_and_told():
    reader = reader_for("claude")
    piece = b"x" * (1 << 20)
    reader.feed(b'{"type":"result","result":"')
    told = [activity for _ in range(20) for activity in reader.feed(piece)]
    told += reader.feed(b'"}\n' + json.dumps(CLAUDE_RESULT).encode())
    assert [activity for activity in told if activity.kind == "error"] == [
        Activity("error", "a line of more than 8 MiB was left out")
    ]
    assert reader.finish().text == "Done."


@pytest.mark.parametrize("name", ["claude", "codex", "json"])
def test_a_reply_says_how_many_lines_were_too_long(name):
    reader = reader_for(name)
    reader.feed(b'{"type":"result","result":"' + b"x" * LONGEST_LINE + b'"}\n')
    assert (reader.finish().left_out, reader.finish().complete) == (1, False)


def test_the_longest_line_is_kept():
    lines = LineSplitter()
    assert [len(line) for line in lines.feed(b"x" * LONGEST_LINE + b"\n" + b"y" * (LONGEST_LINE + 1) + b"\nz\n")] == [
        LONGEST_LINE,
        1,
    ]
    assert lines.dropped == 1


def test_of_a_long_answer_the_end_is_kept():
    piece = {"type": "message", "role": "assistant", "content": "x" * 100_000, "delta": True}
    reader = reader_for("gemini")
    for _ in range(100):
        reader.feed(json.dumps(piece).encode() + b"\n")
    reader.feed(json.dumps({**piece, "content": "END"}).encode() + b"\n")
    text = reader.finish().text
    assert len(text) == LONGEST_TEXT
    assert text.endswith("xEND")


def test_large_inputs_of_refused_tools_are_cut():
    huge = {"file_path": "a", "content": "x" * 10_000, "list": list(range(1000))}
    denial = {"tool_name": "Write" * 100, "tool_input": huge}
    reply, _ = read("claude", {**CLAUDE_RESULT, "permission_denials": [denial] * 300})
    assert len(reply.denied) == 200
    assert len(json.dumps(reply.denied[0])) < 1000
    assert reply.denied[0]["input"]["file_path"] == "a"


def test_documents_spread_over_lines_and_among_others():
    text = b'hello\n{\n  "a": [\n{"b": 1}\n  ]\n}\n\xef\xbb\xbf{"c": 2}\r\n  {"no": 1}\n[{"d": 3}, 4, {"e": 5}]\n{"f":'
    documents = Documents()
    found = [dict(one) for one in (*documents.feed(text), *documents.finish())]
    assert found == [{"b": 1}, {"c": 2}, {"d": 3}, {"e": 5}]
    documents = Documents()
    assert [*documents.feed(b'{\n  "a": [\n    {"b": 1}\n  ]\n}\n{"f":'), *documents.finish()] == [{"a": [{"b": 1}]}]
    assert documents.cut_off


@pytest.mark.parametrize(
    ("tool", "arguments", "line"),
    [
        ("Bash", {"command": "npm test\nrm x", "description": "test"}, "run npm test"),
        ("run_shell_command", {"command": "make"}, "run make"),
        ("shell", {"command": ["ls", "-l"]}, "run ls -l"),
        ("Edit", {"file_path": "src/app.py", "old_string": "x"}, "edit src/app.py"),
        ("replace", {"file_path": "a"}, "edit a"),
        ("apply_patch", {}, "edit"),
        ("str_replace_editor", {"path": "a"}, "edit a"),
        ("Write", {"file_path": "a"}, "write a"),
        ("write_file", {"file_path": "a"}, "write a"),
        ("create", {"path": "a"}, "write a"),
        ("Read", {"file_path": "README.md"}, "read README.md"),
        ("view", {"path": "a"}, "read a"),
        ("Grep", {"pattern": "x.*", "path": ""}, "search x.*"),
        ("glob", {"pattern": "*.py"}, "search *.py"),
        ("WebFetch", {"url": "http://x", "prompt": "p"}, "fetch http://x"),
        ("Task", {"description": "look", "prompt": "..."}, "delegate look"),
        ("mcp__gh__issues", {"n": 1}, "mcp__gh__issues"),
        ("", {}, ""),
    ],
)
def test_a_tool_call_as_one_line(tool, arguments, line):
    assert describe(tool, arguments) == line


def test_lines_are_short():
    assert first_line("\n \n  a  \nb") == "a"
    assert first_line("x" * 201) == "x" * 199 + "…"
    assert first_line("") == ""
