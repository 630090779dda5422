"""The model server itself: each API's answers, the script, and what is recorded."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.model_server import (
    Call,
    Fail,
    Garbage,
    Hang,
    ModelServer,
    Reply,
    RunShell,
    Truncated,
    Usage,
    UseTool,
    WriteFile,
    act,
    conversation,
    say,
)

_SCHEMA = {"type": "object", "properties": {"file_path": {}, "content": {}}, "required": ["file_path", "content"]}
_PATHS = {
    "anthropic": "/v1/messages",
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "gemini": "/v1beta/models/m:generateContent",
}
_APIS = sorted(_PATHS)


def _post(url: str, body: dict[str, Any]) -> str:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def _tools(api: str, name: str) -> list[dict[str, Any]]:
    match api:
        case "anthropic":
            return [{"name": name, "input_schema": _SCHEMA}]
        case "openai_chat":
            return [{"type": "function", "function": {"name": name, "parameters": _SCHEMA}}]
        case "openai_responses":
            return [{"type": "function", "name": name, "parameters": _SCHEMA}]
        case _:
            return [{"functionDeclarations": [{"name": name, "parametersJsonSchema": _SCHEMA}]}]


def _request(api: str, prompt: str, tool: str = "write_file", *, stream: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = {"model": "m", "tools": _tools(api, tool)}
    if api == "gemini":
        return body | {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    messages = [{"role": "user", "content": prompt}]
    return body | {"input" if api == "openai_responses" else "messages": messages, "stream": stream}


def _ask(server: ModelServer, api: str, prompt: str, tool: str = "write_file") -> Any:
    return json.loads(_post(server.url + _PATHS[api], _request(api, prompt, tool)))


def _text(api: str, answer: Any) -> str:
    match api:
        case "anthropic":
            return answer["content"][0]["text"]
        case "openai_chat":
            return answer["choices"][0]["message"]["content"]
        case "openai_responses":
            return answer["output"][0]["content"][0]["text"]
        case _:
            return answer["candidates"][0]["content"]["parts"][0]["text"]


def _tool_call(api: str, answer: Any) -> tuple[str, Any]:
    match api:
        case "anthropic":
            return answer["content"][0]["name"], answer["content"][0]["input"]
        case "openai_chat":
            function = answer["choices"][0]["message"]["tool_calls"][0]["function"]
            return function["name"], json.loads(function["arguments"])
        case "openai_responses":
            return answer["output"][0]["name"], json.loads(answer["output"][0]["arguments"])
        case _:
            call = answer["candidates"][0]["content"]["parts"][0]["functionCall"]
            return call["name"], call["args"]


@pytest.mark.parametrize("api", _APIS)
def test_a_text_and_a_tool_call_in_each_api(api: str) -> None:
    with ModelServer([act(WriteFile("/w/a.txt", "hello")), say("Done.")]) as server:
        called = _ask(server, api, "go")
        said = _ask(server, api, "go")
    assert _tool_call(api, called) == ("write_file", {"file_path": "/w/a.txt", "content": "hello"})
    assert _text(api, said) == "Done."
    assert [(call.api, call.prompt, call.model, call.number) for call in server.calls] == [
        (api, "go", "m", 0),
        (api, "go", "m", 1),
    ]


@pytest.mark.parametrize("api", _APIS)
def test_a_stream_carries_the_text_the_usage_and_an_end(api: str) -> None:
    with ModelServer([say("Hello there", Usage(input=1234, cached=1000, output=77))]) as server:
        path = _PATHS[api].replace(":generate", ":streamGenerate")
        stream = _post(server.url + path, _request(api, "go", stream=True))
    events = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: {")]
    assert len(events) > 1
    assert "Hello there" in stream
    assert '": 77' in stream
    assert '": 1000' in stream


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("unauthorized", {401}),
        ("forbidden", {403}),
        ("rate_limited", {429}),
        ("quota", {429}),
        ("credit", {400, 429}),
        ("server_error", {500}),
        ("overloaded", {503, 529}),
        ("too_long", {400}),
        ("no_model", {404}),
    ],
)
@pytest.mark.parametrize("api", _APIS)
def test_a_failure_is_told_as_json_with_its_status(api: str, kind: str, statuses: set[int]) -> None:
    with ModelServer([Fail(kind, seconds=33)]) as server, pytest.raises(urllib.error.HTTPError) as raised:
        _ask(server, api, "go")
    with raised.value as answer:
        told = json.loads(answer.read())
    assert raised.value.code in statuses
    assert told["error"]["message"]


def test_a_list_is_gone_through_once_and_its_last_turn_repeats() -> None:
    with ModelServer([say("one"), say("two")]) as server:
        assert [_text("anthropic", _ask(server, "anthropic", "x")) for _ in range(4)] == ["one", "two", "two", "two"]


def test_a_callable_sees_the_call_and_serves_many_at_once() -> None:
    together = threading.Barrier(8)

    def script(call: Call) -> Reply:
        together.wait(timeout=30)
        return say(call.prompt.upper())

    with ModelServer(script) as server, ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda number: _text("gemini", _ask(server, "gemini", f"job {number}")), range(8))
        assert sorted(answers) == [f"JOB {number}" for number in range(8)]
    assert sorted(call.number for call in server.calls) == list(range(8))


def test_a_conversation_is_placed_by_its_own_tool_results() -> None:
    body = _request("anthropic", "write it")
    use = {"type": "tool_use", "id": "1", "name": "write_file", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "written"}]}
    continued = body | {
        "messages": [
            *body["messages"],
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result, {"type": "text", "text": "<system-reminder>x</system-reminder>"}]},
        ]
    }
    with ModelServer(conversation(act(UseTool("write_file", {})), say("end"))) as server:
        first = json.loads(_post(server.url + "/v1/messages", body))
        second = json.loads(_post(server.url + "/v1/messages", continued))
    assert first["stop_reason"] == "tool_use"
    assert _text("anthropic", second) == "end"
    assert (server.calls[1].prompt, server.calls[1].tool_results, server.calls[1].step) == ("write it", ("written",), 1)


def test_a_relative_path_is_put_below_the_folder_that_the_cli_tells() -> None:
    with ModelServer([act(WriteFile("a.txt", "x"))]) as server:
        answer = _ask(server, "anthropic", "<env>\nWorking directory: /home/me/project\n</env>")
    assert _tool_call("anthropic", answer)[1]["file_path"] == "/home/me/project/a.txt"


def test_a_cli_with_a_shell_alone_writes_through_it() -> None:
    with ModelServer([act(WriteFile("/w/a b.txt", "it's")), act(RunShell("ls"))]) as server:
        name, arguments = _tool_call("openai_responses", _ask(server, "openai_responses", "x", "exec_command"))
        assert name == "exec_command"
        assert arguments["command"] == "mkdir -p /w && printf %s 'it'\"'\"'s' > '/w/a b.txt'"
        assert (
            _tool_call("openai_responses", _ask(server, "openai_responses", "x", "exec_command"))[1]["command"] == "ls"
        )


def test_a_call_without_tools_is_answered_beside_the_script() -> None:
    schema = {"type": "object", "properties": {"model": {"enum": ["flash", "pro"]}, "level": {"type": "integer"}}}
    plain = {"contents": [{"role": "user", "parts": [{"text": "Name this."}]}]}
    with ModelServer([say("never")]) as server:
        url = server.url + _PATHS["gemini"]
        title = json.loads(_post(url, plain))
        choice = json.loads(_post(url, plain | {"generationConfig": {"responseJsonSchema": schema}}))
    assert _text("gemini", title) == "A title"
    assert json.loads(_text("gemini", choice)) == {"model": "flash", "level": 0}
    assert server.calls == ()
    assert len(server.all_calls) == 2


def test_a_hanging_call_is_answered_when_the_test_lets_it() -> None:
    hang = Hang(then=say("at last"))
    with ModelServer([hang]) as server, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_ask, server, "openai_chat", "x")
        assert hang.reached.wait(timeout=30)
        assert not waiting.done()
        hang.released.set()
        assert _text("openai_chat", waiting.result(timeout=30)) == "at last"


def test_closing_the_server_ends_a_hanging_call() -> None:
    hang = Hang()
    with ThreadPoolExecutor(1) as pool:
        with ModelServer([hang]) as server:
            waiting = pool.submit(_ask, server, "openai_chat", "x")
            assert hang.reached.wait(timeout=30)
        assert _text("openai_chat", waiting.result(timeout=30)) == "late"


def test_garbage_is_no_json() -> None:
    with ModelServer([Garbage()]) as server:
        told = _post(server.url + "/v1/messages", _request("anthropic", "x"))
    with pytest.raises(json.JSONDecodeError):
        json.loads(told)


@pytest.mark.parametrize("api", _APIS)
def test_a_truncated_stream_breaks_off(api: str) -> None:
    path = _PATHS[api].replace(":generate", ":streamGenerate")
    with ModelServer([Truncated()]) as server, pytest.raises(http.client.IncompleteRead) as raised:
        _post(server.url + path, _request(api, "x", stream=True))
    assert raised.value.partial.startswith((b"data: ", b"event: "))


def test_what_is_no_call_of_a_model_is_answered_and_noted() -> None:
    with ModelServer([say("x")]) as server:
        assert json.loads(_post(server.url + "/v1/messages/count_tokens", {"messages": []}))["input_tokens"] > 0
        with urllib.request.urlopen(server.url + "/v1/models", timeout=30) as answer:
            assert json.load(answer)["data"][0]["id"] == "test-model"
    assert server.other_requests == ("POST /v1/messages/count_tokens", "GET /v1/models")
