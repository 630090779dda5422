"""What Claude Code prints with `--output-format json` or `stream-json`; qwen and cursor have taken over its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from plait.agents.reply import Usage
from plait.agents.streams.documents import amount_at, at, count_at, mapping_at, mappings_at, text_at
from plait.agents.streams.draft import said, tool_failed, used_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.reply import Activity
    from plait.agents.streams.draft import Draft


class ClaudeFormat:
    """Events `system`, `assistant`, `user`, `result`; a result alone is what `--output-format json` prints."""

    skip: ClassVar[tuple[bytes, ...]] = (b'{"type":"stream_event"',)
    cached_apart: ClassVar[bool] = True
    """Whether `input_tokens` leaves out what came from the cache."""

    def __init__(self) -> None:
        self._before = Usage()
        self._message = ""
        self._latest = Usage()
        self._resets_at: float | None = None

    def take(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        """Put what an event says into the draft."""
        draft.continue_session(event.get("session_id"))
        match event.get("type"):
            case "assistant":
                return self._assistant(event, draft)
            case "user":
                return self._results_of_tools(event)
            case "tool_call" if event.get("subtype") == "started":
                return _cursor_tool(mapping_at(event, "tool_call"))
            case "system" if event.get("subtype") == "api_retry":
                return draft.fail(_retry(event))
            case "rate_limit_event" if text_at(event, "rate_limit_info", "status") == "rejected":
                self._resets_at = amount_at(event, "rate_limit_info", "resetsAt")
            case "result":
                return self._result(event, draft)
        return []

    def _assistant(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        draft.reply.error = None
        activities: list[Activity] = []
        texts = []
        for block in mappings_at(event, "message", "content"):
            if block.get("type") == "text" and (text := text_at(block, "text")):
                texts.append(text)
                activities += said(text)
            elif block.get("type") == "tool_use":
                activities += used_tool(text_at(block, "name"), mapping_at(block, "input"))
        # What a subagent says is not the answer.
        if not event.get("parent_tool_use_id"):
            draft.say("\n".join(texts))
        return activities + self._add_up(mapping_at(event, "message"), draft)

    def _add_up(self, message: Mapping[str, object], draft: Draft) -> list[Activity]:
        """Count a message's tokens once, though it comes in several events that each repeat them."""
        if (name := text_at(message, "id")) != self._message or not name:
            self._before, self._latest = self._before.plus(self._latest), Usage()
            self._message = name
        usage = self._usage(mapping_at(message, "usage"))
        self._latest = usage if any(usage) else self._latest
        return draft.use(self._before.plus(self._latest))

    def _usage(self, usage: Mapping[str, object], cost: float | None = None) -> Usage:
        cached = count_at(usage, "cache_read_input_tokens")
        apart = cached + count_at(usage, "cache_creation_input_tokens") if self.cached_apart else 0
        return Usage(count_at(usage, "input_tokens") + apart, cached, count_at(usage, "output_tokens"), cost)

    def _results_of_tools(self, event: Mapping[str, object]) -> list[Activity]:
        return [
            activity
            for block in mappings_at(event, "message", "content")
            if block.get("type") == "tool_result" and block.get("is_error") is True
            for activity in tool_failed(_plain(block.get("content")))
        ]

    def _result(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        draft.reply.complete = True
        draft.reply.error = None
        draft.answer(event.get("structured_output", event.get("structured_result")))
        activities = draft.use(self._usage(mapping_at(event, "usage"), amount_at(event, "total_cost_usd")))
        for denial in mappings_at(event, "permission_denials"):
            activities += draft.deny(text_at(denial, "tool_name"), denial.get("tool_input"))
        text = text_at(event, "result")
        subtype = text_at(event, "subtype")
        if event.get("is_error") is True or subtype.startswith("error"):
            return activities + draft.fail(self._error(event, text or subtype))
        draft.say(text)
        return activities

    def _error(self, event: Mapping[str, object], said_so: str) -> str:
        listed = at(event, "errors")
        parts = [part for part in listed[:10] if isinstance(part, str)] if isinstance(listed, list) else []
        message = text_at(event, "error", "message") or "\n".join(parts) or said_so
        status = count_at(event, "api_error_status")
        if status and str(status) not in message:
            message += f" (HTTP status {status})"
        return message if self._resets_at is None else f"{message} (resets at {int(self._resets_at)})"


class QwenFormat(ClaudeFormat):
    """The same events; tokens from the cache are counted within the input."""

    cached_apart = False


def _retry(event: Mapping[str, object]) -> str:
    pause = count_at(event, "retry_delay_ms") / 1000
    return f"{text_at(event, 'error')} (HTTP status {count_at(event, 'error_status')}); trying again in {pause:.1f} s"


def _cursor_tool(call: Mapping[str, object]) -> list[Activity]:
    """Return a call of cursor's, which stands under its own name: `{"readToolCall": {"args": {…}}}`."""
    for name, body in call.items():
        return used_tool(name.removesuffix("ToolCall"), mapping_at(body, "args"))
    return []


def _plain(content: object) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(text_at(block, "text") for block in mappings_at({"": content}, ""))
