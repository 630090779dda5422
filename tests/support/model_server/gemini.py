"""Gemini's generateContent API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from support.model_server.calls import Call, Entry, Request, Tool, text_of
from support.model_server.sse import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.model_server.tools import ToolUse
    from support.model_server.turns import Usage


def parse(path: str, body: dict[str, Any]) -> Request:
    """The parts of a request's body; the model and the streaming are in the path."""
    found = re.search(r"models/([^:/]+):(\w+)", path)
    model, method = (found[1], found[2]) if found else ("", "")
    entries = [Entry("system", text_of((body.get("systemInstruction") or {}).get("parts", "")))]
    for content in body.get("contents", ()):
        entries += _entries(content)
    declared = [it for tool in body.get("tools") or () for it in tool.get("functionDeclarations", ())]
    tools = {
        it["name"]: Tool(it["name"], it.get("parametersJsonSchema") or it.get("parameters") or {}) for it in declared
    }
    settings = body.get("generationConfig") or {}
    schema = settings.get("responseJsonSchema") or settings.get("responseSchema")
    return Request(model, method.startswith("stream"), tuple(entries), tools, schema)


def _entries(content: dict[str, Any]) -> Iterator[Entry]:
    for part in content.get("parts", ()):
        if "functionCall" in part:
            yield Entry("call", part["functionCall"]["name"])
        elif "functionResponse" in part:
            yield Entry("result", _result(part["functionResponse"].get("response") or {}))
        elif "text" in part:
            yield Entry("model" if content.get("role") == "model" else "user", part["text"])


def _result(response: dict[str, Any]) -> str:
    return text_of(response.get("output") or response.get("error") or "")


def whole(call: Call, text: str, uses: list[ToolUse], usage: Usage) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    parts: list[dict[str, Any]] = [{"text": text}] if text or not uses else []
    parts += [{"functionCall": {"name": use.name, "args": use.arguments}} for use in uses]
    candidate = {"index": 0, "content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    return {
        "responseId": f"response-{call.number}",
        "modelVersion": call.model,
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": usage.input,
            "cachedContentTokenCount": usage.cached,
            "candidatesTokenCount": usage.output,
            "totalTokenCount": usage.input + usage.output,
        },
    }


def events(call: Call, text: str, uses: list[ToolUse], usage: Usage) -> Iterator[bytes]:
    """The same answer as an event stream."""
    answer = whole(call, text, uses, usage)
    ending = answer["candidates"][0] | {"content": {"role": "model", "parts": [{"text": ""}]}}
    opening = {name: value for name, value in answer["candidates"][0].items() if name != "finishReason"}
    yield event({name: value for name, value in answer.items() if name != "usageMetadata"} | {"candidates": [opening]})
    yield event(answer | {"candidates": [ending]})
