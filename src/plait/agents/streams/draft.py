"""A reply while it comes into being: every part bounded, whatever the agent says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from plait.agents.reply import Activity, Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TEXT = 4 * 1024 * 1024
"""Characters of an answer that are kept: its last ones."""

LONGEST_ERROR = 4096
LONGEST_ACTIVITY = 200
LONGEST_INPUT = 4096
MOST_DENIED = 200
DEEPEST_DATA = 64
_SESSION = re.compile(r"[A-Za-z0-9_][\w.:/@+=-]{0,199}", re.ASCII)


class Draft:
    """Collects what a reply is made of."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0
        self._fresh = True
        self.reply = Reply()

    def say(self, text: str) -> None:
        """Take `text` for the last message, in place of earlier ones."""
        if text.strip():
            self._pieces = [text[-LONGEST_TEXT:]]
            self._size = len(self._pieces[0])
        self._fresh = True

    def say_more(self, text: str) -> None:
        """Add to the last message, or begin a new one after `end_message`."""
        if not text:
            return
        if self._fresh:
            self._pieces, self._size, self._fresh = [], 0, False
        self._pieces.append(text)
        self._size += len(text)
        if self._size > 2 * LONGEST_TEXT or len(self._pieces) > LONGEST_ERROR:
            self._pieces = ["".join(self._pieces)[-LONGEST_TEXT:]]
            self._size = len(self._pieces[0])

    def end_message(self) -> list[Activity]:
        """Let what comes next be a new message; return the one that has ended as an activity."""
        if self._fresh:
            return []
        self._fresh = True
        return said("".join(self._pieces))

    def continue_session(self, value: object) -> None:
        """Keep the id of the conversation, if it is one that can be handed back as an argument."""
        if isinstance(value, str) and _SESSION.fullmatch(value):
            self.reply.session = value

    def use(self, usage: Usage) -> list[Activity]:
        """Take `usage` for all that has been used so far; tell it if it is news."""
        if usage == self.reply.usage or not any(usage):
            return []
        self.reply.usage = usage
        return [Activity("usage", f"{usage.input} tokens in, {usage.output} out")]

    def deny(self, tool: str, request: object) -> list[Activity]:
        """Note what the agent was not allowed to do."""
        tool = tool[:LONGEST_ACTIVITY] or "a tool"
        if len(self.reply.denied) < MOST_DENIED:
            self.reply.denied.append({"tool": tool, "input": clipped(request)})
        return [Activity("denied", describe(tool, request if isinstance(request, dict) else {}))]

    def fail(self, message: str) -> list[Activity]:
        """Note why the agent says it failed; the last word counts."""
        message = message.strip() or "the agent reports an error and does not say which"
        self.reply.error = message[:LONGEST_ERROR]
        return [Activity("error", first_line(message))]

    def answer(self, data: object) -> None:
        """Take `data` for the answer to a schema; one too deep to be handled later is left out."""
        if not _too_deep(data):
            self.reply.data = data

    def finish(self) -> Reply:
        """Return what it came to."""
        self.reply.text = "".join(self._pieces)[-LONGEST_TEXT:]
        return self.reply


def said(text: str) -> list[Activity]:
    """Return a message as an activity: its first line."""
    line = first_line(text)
    return [Activity("text", line)] if line else []


def first_line(text: str) -> str:
    """Return the first line of `text` that says something, cut to `LONGEST_ACTIVITY` characters."""
    for line in text[: 16 * LONGEST_ACTIVITY].splitlines():
        if short := line.strip():
            return short if len(short) <= LONGEST_ACTIVITY else short[: LONGEST_ACTIVITY - 1] + "…"
    return ""


_VERBS = {
    "run": r"bash|shell|run_?(shell)?_?(command|terminal).*|execute.*|exec.*|local_shell|powershell|terminal",
    "edit": r"(multi_?|str_?replace_?|search_?replace_?|notebook_?)?edit(or|_file|_files)?|replace|apply_?patch|patch",
    "write": r"(write|create|add|update)(_?files?)?|write_?to_?file|write_many_files",
    "read": r"(read|view|open|cat)(_?(many_?)?files?)?",
    "search": r"(grep|glob|search|find|rg|ripgrep|codebase_?search)(_?(files?|text|content|code))*|search_file_content",
    "list": r"(list|ls)(_?(dir|directory|files?))*|read_?folder",
    "fetch": r"(web_?)?(fetch|get|search)(_?(web|url|page))?|google_web_search",
    "delegate": r"task|agent|delegate.*",
}
_TOOLS = [(verb, re.compile(pattern, re.IGNORECASE)) for verb, pattern in _VERBS.items()]
_TELLING = (
    *("file_path", "filePath", "absolute_path", "path", "notebook_path", "command", "cmd", "pattern", "query"),
    *("url", "dir_path", "description", "title", "prompt"),
)


def describe(tool: str, arguments: Mapping[str, object]) -> str:
    """Return a tool call as one line: `edit src/app.py`, `run npm test`, or the tool's own name."""
    verb = next((verb for verb, pattern in _TOOLS if pattern.fullmatch(tool)), tool)
    for key in _TELLING:
        value = arguments.get(key)
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value[:LONGEST_ACTIVITY]):
            value = " ".join(value[:LONGEST_ACTIVITY])
        if isinstance(value, str) and value.strip():
            return first_line(f"{verb} {value.lstrip()}")
    return first_line(verb)


def used_tool(tool: str, arguments: Mapping[str, object]) -> list[Activity]:
    """Return a tool call as an activity."""
    return [Activity("tool", describe(tool, arguments))]


def tool_failed(why: str) -> list[Activity]:
    """Return the failure of a tool call as an activity; its successes are not worth a line."""
    return [Activity("tool_result", first_line(f"failed: {why.lstrip()}"))]


def clipped(value: object) -> object:
    """Return `value`, or what a few kilobytes can tell of it."""
    if _too_deep(value):
        return None
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= LONGEST_INPUT:
        return value
    if not isinstance(value, dict):
        return text[:LONGEST_INPUT]
    short = {str(key)[:100]: _shortened(part) for key, part in list(value.items())[:20]}
    return {key: part for key, part in short.items() if part is not None}


def _shortened(value: object) -> object:
    if isinstance(value, str):
        return value[:LONGEST_ACTIVITY]
    return value if isinstance(value, bool | int | float) else None


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST_DATA):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return False
    return True


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
