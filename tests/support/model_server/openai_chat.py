"""OpenAI's chat completions API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.model_server.calls import Call, Entry, Request, Tool, text_of
from support.model_server.sse import DONE, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.model_server.tools import ToolUse
    from support.model_server.turns import Usage

_CREATED = 1_750_000_000
_KINDS = {"system": "system", "developer": "system", "user": "user", "assistant": "model", "tool": "result"}


def parse(path: str, body: dict[str, Any]) -> Request:
    """The parts of a request's body."""
    entries = []
    for message in body.get("messages", ()):
        kind = _KINDS[message["role"]]
        if text := text_of(message.get("content") or "") or ("" if kind == "model" else " "):
            entries.append(Entry(kind, text))
        entries += [Entry("call", call["function"]["name"]) for call in message.get("tool_calls") or ()]
    functions = [tool["function"] for tool in body.get("tools") or () if tool.get("type") == "function"]
    tools = {it["name"]: Tool(it["name"], it.get("parameters") or {}) for it in functions}
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    return Request(body.get("model", ""), bool(body.get("stream")), tuple(entries), tools, schema)


def whole(call: Call, text: str, uses: list[ToolUse], usage: Usage) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    if uses:
        message["tool_calls"] = [_tool_call(call, place, use) for place, use in enumerate(uses)]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if uses else "stop"}
    return _frame(call, "chat.completion", choices=[choice], usage=_usage(usage))


def events(call: Call, text: str, uses: list[ToolUse], usage: Usage) -> Iterator[bytes]:
    """The same answer as an event stream."""
    yield _chunk(call, {"role": "assistant", "content": text})
    for place, use in enumerate(uses):
        yield _chunk(call, {"tool_calls": [{"index": place} | _tool_call(call, place, use)]})
    yield _chunk(call, {}, "tool_calls" if uses else "stop")
    yield event(_frame(call, "chat.completion.chunk", choices=[], usage=_usage(usage)))
    yield DONE


def _tool_call(call: Call, place: int, use: ToolUse) -> dict[str, Any]:
    function = {"name": use.name, "arguments": json.dumps(use.arguments)}
    return {"id": f"call_{call.number:05}_{place}", "type": "function", "function": function}


def _chunk(call: Call, delta: dict[str, Any], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return event(_frame(call, "chat.completion.chunk", choices=[choice]))


def _frame(call: Call, kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"chatcmpl-{call.number}", "object": kind, "created": _CREATED, "model": call.model, **fields}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }
