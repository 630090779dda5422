"""What `codex exec --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from plait.agents.reply import Activity, Usage
from plait.agents.streams.documents import count_at, mapping_at, mappings_at, text_at
from plait.agents.streams.draft import first_line, said, tool_failed, used_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.streams.draft import Draft


class CodexFormat:
    """Events of a thread, its turns and their items."""

    skip: ClassVar[tuple[bytes, ...]] = ()

    def take(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        """Put what an event says into the draft."""
        match event.get("type"):
            case "thread.started":
                draft.continue_session(event.get("thread_id"))
            case "item.started":
                return _begun(mapping_at(event, "item"))
            case "item.completed":
                return _ended(mapping_at(event, "item"), draft)
            case "turn.started":
                draft.reply.complete = False
            case "turn.completed":
                draft.reply.complete = True
                draft.reply.error = None
                return draft.use(_usage(mapping_at(event, "usage")))
            case "turn.failed":
                draft.reply.complete = True
                return draft.fail(text_at(event, "error", "message"))
            case "error":
                # It may be about to try again: a turn that is completed after all takes it back.
                return draft.fail(text_at(event, "message"))
        return []


def _usage(usage: Mapping[str, object]) -> Usage:
    return Usage(
        count_at(usage, "input_tokens"), count_at(usage, "cached_input_tokens"), count_at(usage, "output_tokens")
    )


def _kind(item: Mapping[str, object]) -> str:
    return text_at(item, "type") or text_at(item, "item_type")


def _begun(item: Mapping[str, object]) -> list[Activity]:
    match _kind(item):
        case "command_execution":
            return used_tool("shell", {"command": _command(item)})
        case "mcp_tool_call":
            return used_tool(f"{text_at(item, 'server')}.{text_at(item, 'tool')}", mapping_at(item, "arguments"))
        case "web_search":
            return used_tool("web_search", item)
    return []


def _ended(item: Mapping[str, object], draft: Draft) -> list[Activity]:
    match _kind(item):
        case "agent_message" | "assistant_message":
            draft.say(text_at(item, "text"))
            return said(text_at(item, "text"))
        case "command_execution":
            return _ran(item, draft)
        case "file_change":
            return _changed(item, draft)
        case "mcp_tool_call" if item.get("status") == "failed":
            return tool_failed(text_at(item, "error", "message") or text_at(item, "tool"))
        case "error":
            return [Activity("error", first_line(text_at(item, "message")))]
    return []


def _ran(item: Mapping[str, object], draft: Draft) -> list[Activity]:
    command = _command(item)
    # A sandbox says no in the words of the file system.
    forbidden = item.get("status") == "failed" and "Read-only file system" in text_at(item, "aggregated_output")
    if item.get("status") == "declined" or forbidden:
        return draft.deny("shell", {"command": command})
    if code := count_at(item, "exit_code"):
        return tool_failed(f"{command} (exit {code})")
    return []


def _command(item: Mapping[str, object]) -> str:
    """Return a command without the shell that is called for it."""
    command = text_at(item, "command")
    body = command.partition(" -lc ")[2] if command.startswith("/") else ""
    return body[1:-1] if body[:1] in {"'", '"'} and body.endswith(body[0]) else body or command


def _changed(item: Mapping[str, object], draft: Draft) -> list[Activity]:
    changes = list(mappings_at(item, "changes"))
    if item.get("status") == "declined":
        return draft.deny("file_change", {"path": ", ".join(text_at(change, "path") for change in changes[:20])})
    if item.get("status") == "failed":
        return tool_failed("file change")
    verbs = {"add": "write", "update": "edit"}
    return [
        Activity("tool", first_line(f"{verbs.get(text_at(change, 'kind'), 'delete')} {text_at(change, 'path')}"))
        for change in changes
    ]
