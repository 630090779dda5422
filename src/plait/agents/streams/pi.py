"""What `pi --mode json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from plait.agents.reply import Usage
from plait.agents.streams.documents import amount_at, count_at, mapping_at, mappings_at, text_at
from plait.agents.streams.draft import said, tool_failed, used_tool
from plait.agents.streams.tool_calls import ToolCalls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.reply import Activity
    from plait.agents.streams.draft import Draft

_WITHHELD = frozenset({"bash", "edit", "write"})
"""Tools that the CLI has, and does not let the model know of where it may not use them."""


class PiFormat:
    """Events of an agent, its messages and its tools; every message comes whole with `message_end`."""

    skip: ClassVar[tuple[bytes, ...]] = (
        b'{"type":"message_update"',
        b'{"type":"message_start"',
        b'{"type":"tool_execution_update"',
        b'{"type":"turn_end"',
        b'{"type":"agent_end"',
    )

    def __init__(self) -> None:
        self._used = Usage()
        self._tools = ToolCalls()

    def take(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        """Put what an event says into the draft."""
        match event.get("type"):
            case "session":
                draft.continue_session(event.get("id"))
            case "message_end" if text_at(event, "message", "role") == "assistant":
                return self._message(mapping_at(event, "message"), draft)
            case "tool_execution_start":
                tool, arguments = text_at(event, "toolName"), mapping_at(event, "args")
                self._tools.note(text_at(event, "toolCallId"), arguments=arguments)
                return used_tool(tool, arguments)
            case "tool_execution_end" if event.get("isError") is True:
                return self._tool_error(event, draft)
            case "auto_retry_end" if event.get("success") is False:
                return draft.fail(text_at(event, "finalError"))
        return []

    def _message(self, message: Mapping[str, object], draft: Draft) -> list[Activity]:
        blocks = mappings_at(message, "content")
        text = "\n".join(text_at(block, "text") for block in blocks if block.get("type") == "text")
        draft.say(text)
        self._used = self._used.plus(_usage(mapping_at(message, "usage")))
        activities = said(text) + draft.use(self._used)
        reason = text_at(message, "stopReason")
        # An answer that could not be read is an empty message that has simply stopped.
        draft.reply.complete = reason not in {"", "toolUse"} and bool(message.get("content"))
        if reason in {"error", "aborted"}:
            return activities + draft.fail(text_at(message, "errorMessage") or reason)
        draft.reply.error = None
        return activities

    def _tool_error(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        call, tool = self._tools.forget(text_at(event, "toolCallId")), text_at(event, "toolName")
        why = "\n".join(text_at(block, "text") for block in mappings_at(event, "result", "content"))
        if tool in _WITHHELD and why == f"Tool {tool} not found":
            return draft.deny(tool, call.get("arguments"))
        return tool_failed(why)


def _usage(usage: Mapping[str, object]) -> Usage:
    cached = count_at(usage, "cacheRead")
    taken = count_at(usage, "input") + cached + count_at(usage, "cacheWrite")
    return Usage(taken, cached, count_at(usage, "output"), amount_at(usage, "cost", "total"))
