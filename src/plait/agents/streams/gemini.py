"""What the Gemini CLI prints with `--output-format json` or `stream-json`."""

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

_WITHHELD = frozenset({"write_file", "replace", "run_shell_command", "web_fetch", "google_web_search"})
"""Tools that the CLI has, and does not let the model know of where it may not use them."""


class GeminiFormat:
    """Events `init`, `message`, `tool_use`, `tool_result`, `error`, `result`; or one object with `response`."""

    skip: ClassVar[tuple[bytes, ...]] = ()

    def __init__(self) -> None:
        self._tools = ToolCalls()

    def take(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        """Put what an event says into the draft."""
        draft.continue_session(event.get("session_id"))
        if event.get("type") == "message":
            return _message(event, draft)
        activities = draft.end_message()
        match event.get("type"):
            case "tool_use":
                activities += self._used(event)
            case "tool_result":
                activities += self._result_of_tool(event, draft)
            case "error" if event.get("severity") == "error":
                activities += draft.fail(text_at(event, "message"))
            case "result":
                activities += _result(event, draft)
            case None if "response" in event or "error" in event:
                activities += _whole(event, draft)
        return activities

    def _used(self, event: Mapping[str, object]) -> list[Activity]:
        tool, arguments = text_at(event, "tool_name"), mapping_at(event, "parameters")
        self._tools.note(text_at(event, "tool_id"), tool=tool, arguments=arguments)
        return used_tool(tool, arguments)

    def _result_of_tool(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        call = self._tools.forget(text_at(event, "tool_id"))
        if event.get("status") != "error":
            return []
        why, tool = text_at(event, "error", "type"), text_at(call, "tool")
        if why in {"policy_violation", "permission_denied"} or (why == "tool_not_registered" and tool in _WITHHELD):
            return draft.deny(tool, call.get("arguments"))
        return tool_failed(text_at(event, "error", "message") or text_at(event, "output"))


def _message(event: Mapping[str, object], draft: Draft) -> list[Activity]:
    if event.get("role") != "assistant":
        return []
    if event.get("delta") is True:
        draft.say_more(text_at(event, "content"))
        return []
    draft.say(text_at(event, "content"))
    return said(text_at(event, "content"))


def _result(event: Mapping[str, object], draft: Draft) -> list[Activity]:
    draft.reply.complete = True
    stats = mapping_at(event, "stats")
    taken, total = count_at(stats, "input_tokens"), count_at(stats, "total_tokens")
    # `output_tokens` leaves out what was thought, `total_tokens` does not.
    written = max(count_at(stats, "output_tokens"), total - taken)
    activities = draft.use(Usage(taken, count_at(stats, "cached"), written))
    if event.get("status") == "error":
        known = draft.reply.error or ""
        return activities + draft.fail(text_at(event, "error", "message") or known)
    draft.reply.error = None
    return activities


def _whole(event: Mapping[str, object], draft: Draft) -> list[Activity]:
    draft.reply.complete = True
    usage = Usage()
    for model in mapping_at(event, "stats", "models").values():
        tokens = mapping_at(model, "tokens")
        written = count_at(tokens, "candidates") + count_at(tokens, "thoughts")
        usage = usage.plus(Usage(count_at(tokens, "prompt"), count_at(tokens, "cached"), written))
    draft.say(text_at(event, "response"))
    activities = said(text_at(event, "response")) + draft.use(usage)
    if isinstance(event.get("error"), dict):
        activities += draft.fail(text_at(event, "error", "message"))
    return activities
