"""What agents print whose format nobody has described: JSON of any shape, or plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.agents.reply import Activity, Usage
from plait.agents.streams.documents import Documents, amount_at, at, count_at, mapping_at, mappings_at, text_at
from plait.agents.streams.draft import LONGEST_TEXT, Draft, said, used_tool
from plait.process.text import decode_tail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.reply import Reply

SHOWN_AT_ONCE = 20
"""Lines of one piece of plain text that are shown."""

_TEXTS = ("result", "response", "text", "output", "answer", "content", "message", "summary")
_SESSIONS = ("session_id", "sessionId", "sessionID", "conversation_id", "conversationId", "thread_id", "threadId")
_USAGES = ("usage", "tokens", "token_usage", "stats")
_INPUTS = ("input_tokens", "inputTokens", "prompt_tokens", "promptTokens", "input", "prompt")
_CACHED = ("cached_input_tokens", "cache_read_input_tokens", "cachedTokens", "cacheReadTokens", "cached")
_OUTPUTS = ("output_tokens", "outputTokens", "completion_tokens", "completionTokens", "output", "completion")
_COSTS = ("total_cost_usd", "cost_usd", "costUsd", "total_cost", "cost")
_INSIDE = ("data", "part", "item", "message", "result")


class TextReader:
    """Takes everything for the agent's answer; of a long one the end is kept. A `StreamReader`."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._unfinished = b""

    session = None
    """Plain text names no conversation."""

    def feed(self, data: bytes) -> list[Activity]:
        """Take in the next bytes; return the last of the lines that they end."""
        self._kept += data
        if len(self._kept) > 2 * LONGEST_TEXT:
            del self._kept[:-LONGEST_TEXT]
        ended, newline, rest = data.rpartition(b"\n")
        if not newline:
            self._unfinished = (self._unfinished + data)[-LONGEST_TEXT // 64 :]
            return []
        lines = (self._unfinished + ended).splitlines()[-SHOWN_AT_ONCE:]
        self._unfinished = rest[-LONGEST_TEXT // 64 :]
        return [activity for line in lines for activity in said(line[:4096].decode("utf-8", "replace"))]

    def finish(self) -> Reply:
        """Return the text; it has no end of its own, so that the exit code says whether it is complete."""
        draft = Draft()
        draft.say(decode_tail(bytes(self._kept[-LONGEST_TEXT:])).replace("\r\n", "\n").strip())
        draft.reply.complete = True
        return draft.finish()


class JsonReader:
    """Looks for a text, a session and tokens wherever they usually are; a `StreamReader`.

    An agent that prints no JSON at all is taken to have answered in plain text.
    """

    def __init__(self) -> None:
        self._documents = Documents()
        self._plain = TextReader()
        self._draft = Draft()
        self._ended = False

    @property
    def session(self) -> str | None:
        """The id of the conversation, as soon as the agent has told it."""
        return self._draft.reply.session

    def feed(self, data: bytes) -> list[Activity]:
        """Take in the next bytes; return what they say was done."""
        activities: list[Activity] = []
        for document in self._documents.feed(data):
            activities += self._take(document)
        plain = self._plain.feed(data)
        return activities if self._documents.found or self._documents.cut_off else plain

    def finish(self) -> Reply:
        """Return what it all came to."""
        for document in self._documents.finish():
            self._take(document)
        if not self._documents.found and not self._documents.cut_off and not self._documents.dropped:
            reply = self._plain.finish()
            reply.complete = bool(reply.text)
            return reply
        reply = self._draft.finish()
        reply.complete = self._ended and not self._documents.cut_off
        reply.left_out = self._documents.dropped
        return reply

    def _take(self, document: Mapping[str, object]) -> list[Activity]:
        self._ended = True
        role = text_at(document, "role") or text_at(document, "message", "role")
        if role in {"user", "system", "tool"} or text_at(document, "type") in {"user", "system", "tool_result"}:
            self._draft.continue_session(_first(document, _SESSIONS))
            return []
        activities = self._look_into(document)
        for key in _INSIDE:
            activities += self._look_into(mapping_at(document, key))
        error = document.get("error")
        told = error if isinstance(error, str) else text_at(error, "message") or text_at(error, "data", "message")
        if document.get("is_error") is True or (told and error):
            return activities + self._draft.fail(told or _text(document))
        return activities

    def _look_into(self, document: Mapping[str, object]) -> list[Activity]:
        self._draft.continue_session(_first(document, _SESSIONS))
        usage = next((mapping_at(document, key) for key in _USAGES if mapping_at(document, key)), {})
        cost = next((cost for key in _COSTS if (cost := amount_at({**usage, **document}, key)) is not None), None)
        tokens = [_first_count(usage, keys) for keys in (_INPUTS, _CACHED, _OUTPUTS)]
        activities = self._draft.use(Usage(tokens[0], tokens[1], tokens[2], cost)) if usage or cost else []
        if isinstance(tool := _first(document, ("tool_name", "toolName", "tool")), str):
            arguments = mapping_at(document, "input") or mapping_at(document, "arguments")
            return activities + used_tool(tool, arguments or mapping_at(document, "args"))
        text = _text(document)
        self._draft.say(text)
        return activities + said(text)


def _first(document: Mapping[str, object], keys: tuple[str, ...]) -> object:
    return next((document[key] for key in keys if document.get(key)), None)


def _first_count(document: Mapping[str, object], keys: tuple[str, ...]) -> int:
    return next((count for key in keys if (count := count_at(document, key))), 0)


def _text(document: Mapping[str, object]) -> str:
    for key in _TEXTS:
        found = at(document, key)
        if isinstance(found, str) and found.strip():
            return found
        if texts := [text_at(block, "text") for block in mappings_at(document, key)]:
            return "\n".join(texts)
    return ""
