"""Anthropic's messages API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.model_server.calls import Call, Entry, Request, Tool, text_of
from support.model_server.sse import named_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.model_server.tools import ToolUse
    from support.model_server.turns import Usage


def parse(path: str, body: dict[str, Any]) -> Request:
    """The parts of a request's body."""
    entries = [Entry("system", text_of(body.get("system", "")))]
    for message in body.get("messages", ()):
        entries += _entries(message)
    tools = {tool["name"]: Tool(tool["name"], tool.get("input_schema")) for tool in body.get("tools", ())}
    schema = (body.get("output_config") or {}).get("format", {}).get("schema")
    return Request(body.get("model", ""), bool(body.get("stream")), tuple(entries), tools, schema)


def _entries(message: dict[str, Any]) -> Iterator[Entry]:
    if message["role"] == "system":
        yield Entry("system", text_of(message["content"]))
        return
    speaker = "user" if message["role"] == "user" else "model"
    content = message["content"]
    for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
        match part["type"]:
            case "text":
                yield Entry(speaker, part["text"])
            case "tool_use":
                yield Entry("call", part["name"])
            case "tool_result":
                yield Entry("result", text_of(part.get("content", "")))


def whole(call: Call, text: str, uses: list[ToolUse], usage: Usage) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    blocks: list[dict[str, Any]] = [{"type": "text", "text": text}] if text or not uses else []
    for place, use in enumerate(uses):
        identity = f"toolu_{call.number:05}_{place}"
        blocks.append({"type": "tool_use", "id": identity, "name": use.name, "input": use.arguments})
    return {
        "id": f"msg_{call.number:05}",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": blocks,
        "stop_reason": "tool_use" if uses else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.input - usage.cached,
            "cache_read_input_tokens": usage.cached,
            "cache_creation_input_tokens": 0,
            "output_tokens": usage.output,
        },
    }


def events(call: Call, text: str, uses: list[ToolUse], usage: Usage) -> Iterator[bytes]:
    """The same answer as an event stream."""
    message = whole(call, text, uses, usage)
    start = message | {"content": [], "stop_reason": None, "usage": message["usage"] | {"output_tokens": 1}}
    yield _event("message_start", message=start)
    for index, block in enumerate(message["content"]):
        yield from _block(index, block)
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage=message["usage"])
    yield _event("message_stop")


def _block(index: int, block: dict[str, Any]) -> Iterator[bytes]:
    if block["type"] == "text":
        opening, delta = block | {"text": ""}, {"type": "text_delta", "text": block["text"]}
    else:
        opening, delta = block | {"input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    yield _event("content_block_start", index=index, content_block=opening)
    yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _event(name: str, **fields: Any) -> bytes:
    return named_event(name, {"type": name, **fields})
