"""OpenAI's responses API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.model_server.calls import Call, Entry, Request, Tool, text_of
from support.model_server.sse import named_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.model_server.tools import ToolUse
    from support.model_server.turns import Usage

_KINDS = {"system": "system", "developer": "system", "user": "user", "assistant": "model"}


def parse(path: str, body: dict[str, Any]) -> Request:
    """The parts of a request's body."""
    entries = [Entry("system", body.get("instructions") or "")]
    given = body.get("input", "")
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        entries += _entries(item)
    tools = {name: Tool(name, tool.get("parameters")) for name, tool in _tools(body)}
    schema = ((body.get("text") or {}).get("format") or {}).get("schema")
    return Request(body.get("model", ""), bool(body.get("stream")), tuple(entries), tools, schema)


def _tools(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every tool with its name; those of a namespace have it in front, after it `__`."""
    for tool in body.get("tools") or ():
        if tool.get("type") == "namespace":
            yield from ((f"{tool['name']}__{each['name']}", each) for each in tool["tools"])
        elif "name" in tool:
            yield tool["name"], tool


def _entries(item: dict[str, Any]) -> Iterator[Entry]:
    kind = item.get("type", "message")
    if kind == "message":
        content = item["content"]
        for part in [content] if isinstance(content, str) else content:
            yield Entry(_KINDS[item["role"]], text_of(part))
    elif kind.endswith("_call"):
        yield Entry("call", item.get("name", kind))
    elif kind.endswith("_call_output"):
        yield Entry("result", text_of(item.get("output", "")))


def whole(call: Call, text: str, uses: list[ToolUse], usage: Usage) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    items: list[dict[str, Any]] = [_message(call, text)] if text or not uses else []
    items += [_tool_call(call, place, use) for place, use in enumerate(uses)]
    return {
        "id": f"resp_{call.number:05}",
        "object": "response",
        "created_at": 1_750_000_000,
        "status": "completed",
        "model": call.model,
        "output": items,
        "usage": {
            "input_tokens": usage.input,
            "input_tokens_details": {"cached_tokens": usage.cached},
            "output_tokens": usage.output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage.input + usage.output,
        },
    }


def events(call: Call, text: str, uses: list[ToolUse], usage: Usage) -> Iterator[bytes]:
    """The same answer as an event stream."""
    response = whole(call, text, uses, usage)
    yield _event("response.created", response=response | {"status": "in_progress", "output": [], "usage": None})
    for index, item in enumerate(response["output"]):
        unfinished: dict[str, Any] = {"content": []} if item["type"] == "message" else {"status": "in_progress"}
        yield _event("response.output_item.added", output_index=index, item=item | unfinished)
        if item["type"] == "message":
            place = {"item_id": item["id"], "output_index": index, "content_index": 0}
            yield _event("response.content_part.added", **place, part={"type": "output_text", "text": ""})
            yield _event("response.output_text.delta", **place, delta=text)
            yield _event("response.output_text.done", **place, text=text)
            yield _event("response.content_part.done", **place, part=item["content"][0])
        yield _event("response.output_item.done", output_index=index, item=item)
    yield _event("response.completed", response=response)


def _message(call: Call, text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    identity = f"msg_{call.number:05}"
    return {"type": "message", "id": identity, "role": "assistant", "status": "completed", "content": content}


def _tool_call(call: Call, place: int, use: ToolUse) -> dict[str, Any]:
    spaces = {tool["name"] for tool in call.body.get("tools") or () if tool.get("type") == "namespace"}
    space, between, name = use.name.rpartition("__")
    named = {"name": name, "namespace": space} if between and space in spaces else {"name": use.name}
    item = {"id": f"fc_{call.number:05}_{place}", "call_id": f"call_{call.number:05}_{place}", **named}
    if isinstance(use.arguments, str):
        return item | {"type": "custom_tool_call", "status": "completed", "input": use.arguments}
    return item | {"type": "function_call", "status": "completed", "arguments": json.dumps(use.arguments)}


def _event(name: str, **fields: Any) -> bytes:
    return named_event(name, {"type": name, **fields})
