"""What `copilot --output-format json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from plait.agents.reply import Usage
from plait.agents.streams.documents import count_at, mapping_at, text_at
from plait.agents.streams.draft import said, tool_failed, used_tool
from plait.agents.streams.tool_calls import ToolCalls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.reply import Activity
    from plait.agents.streams.draft import Draft


class CopilotFormat:
    """Events with a `type` and `data`, then a `result` of its own shape."""

    skip: ClassVar[tuple[bytes, ...]] = (
        b'{"type":"assistant.message_delta"',
        b'{"type":"assistant.reasoning_delta"',
        b'{"type":"assistant.streaming_delta"',
    )

    def __init__(self) -> None:
        self._used = Usage()
        self._tools = ToolCalls()

    def take(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        """Put what an event says into the draft."""
        data = mapping_at(event, "data")
        match event.get("type"):
            case "session.start":
                draft.continue_session(data.get("sessionId"))
            case "assistant.message" if not data.get("parentToolCallId"):
                draft.reply.error = None
                draft.say(text_at(data, "content"))
                return said(text_at(data, "content"))
            case "assistant.usage":
                self._used = self._used.plus(_usage(data))
                return draft.use(self._used)
            case "tool.execution_start":
                return self._started(data)
            case "tool.execution_complete":
                return self._completed(data, draft)
            # After a failed call it may try again: an answer takes it back.
            case "session.error" | "model.call_failure":
                return draft.fail(_error(data))
            case "result":
                draft.continue_session(event.get("sessionId"))
                # Its exit code is 0 as well when it was told to end in the middle of a failure.
                draft.reply.complete = True
        return []

    def _started(self, data: Mapping[str, object]) -> list[Activity]:
        tool, arguments = text_at(data, "toolName"), mapping_at(data, "arguments")
        self._tools.note(text_at(data, "toolCallId"), tool=tool, arguments=arguments)
        return used_tool(tool, arguments)

    def _completed(self, data: Mapping[str, object], draft: Draft) -> list[Activity]:
        call = self._tools.forget(text_at(data, "toolCallId"))
        if data.get("success") is not False:
            return []
        if text_at(data, "error", "code") in {"denied", "rejected"}:
            return draft.deny(text_at(call, "tool"), call.get("arguments"))
        return tool_failed(text_at(data, "error", "message"))


def _usage(data: Mapping[str, object]) -> Usage:
    return Usage(count_at(data, "inputTokens"), count_at(data, "cacheReadTokens"), count_at(data, "outputTokens"))


def _error(data: Mapping[str, object]) -> str:
    message = text_at(data, "message") or text_at(data, "errorType") or "the model could not be asked"
    status = count_at(data, "statusCode")
    return f"{message} (HTTP status {status})" if status and str(status) not in message else message
