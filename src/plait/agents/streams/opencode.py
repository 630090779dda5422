"""What `opencode run --format json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from plait.agents.reply import Usage
from plait.agents.streams.documents import amount_at, count_at, mapping_at, text_at
from plait.agents.streams.draft import said, tool_failed, used_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.reply import Activity
    from plait.agents.streams.draft import Draft

_WITHHELD = frozenset({"apply_patch", "bash", "edit", "multiedit", "patch", "write"})
"""Tools that the CLI has, and does not let the model know of where it may not use them."""


class OpencodeFormat:
    """Events `text`, `tool_use`, `step_finish`, `error`, each with one part of a message."""

    skip: ClassVar[tuple[bytes, ...]] = ()

    def __init__(self) -> None:
        self._used = Usage()

    def take(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        """Put what an event says into the draft."""
        draft.continue_session(event.get("sessionID"))
        part = mapping_at(event, "part")
        match event.get("type"):
            case "text":
                draft.say(text_at(part, "text"))
                return said(text_at(part, "text"))
            case "tool_use":
                return _tool(part, draft)
            case "step_start":
                draft.reply.complete = False
            case "step_finish":
                draft.reply.complete = part.get("reason") != "tool-calls"
                self._used = self._used.plus(_usage(part))
                return draft.use(self._used)
            case "error":
                return draft.fail(_error(mapping_at(event, "error")))
        return []


def _tool(part: Mapping[str, object], draft: Draft) -> list[Activity]:
    tool, arguments = text_at(part, "tool"), mapping_at(part, "state", "input")
    if tool == "invalid" and (wanted := text_at(arguments, "tool")) in _WITHHELD:
        return draft.deny(wanted, {})
    if text_at(part, "state", "status") != "error":
        return used_tool(tool, arguments)
    why = text_at(part, "state", "error")
    # The tool's own words: there is no code for it.
    if "rule which prevents you" in why or "rejected permission" in why:
        return draft.deny(tool, arguments)
    return used_tool(tool, arguments) + tool_failed(why)


def _usage(part: Mapping[str, object]) -> Usage:
    tokens = mapping_at(part, "tokens")
    cached = count_at(tokens, "cache", "read")
    taken = count_at(tokens, "input") + cached + count_at(tokens, "cache", "write")
    return Usage(taken, cached, count_at(tokens, "output") + count_at(tokens, "reasoning"), amount_at(part, "cost"))


def _error(error: Mapping[str, object]) -> str:
    message = text_at(error, "data", "message") or text_at(error, "message") or text_at(error, "name")
    status = count_at(error, "data", "statusCode")
    return f"{message} (HTTP status {status})" if status and str(status) not in message else message
