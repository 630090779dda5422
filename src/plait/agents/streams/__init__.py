"""Readers of what agents print, by the name of its format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.agents.streams.claude import ClaudeFormat, QwenFormat
from plait.agents.streams.codex import CodexFormat
from plait.agents.streams.copilot import CopilotFormat
from plait.agents.streams.gemini import GeminiFormat
from plait.agents.streams.opencode import OpencodeFormat
from plait.agents.streams.pi import PiFormat
from plait.agents.streams.reader import EventReader
from plait.agents.streams.unknown import JsonReader, TextReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.agents.reply import StreamReader
    from plait.agents.streams.reader import Format

_FORMATS: dict[str, Callable[[], Format]] = {
    "claude": ClaudeFormat,
    "codex": CodexFormat,
    "copilot": CopilotFormat,
    "cursor": ClaudeFormat,
    "gemini": GeminiFormat,
    "opencode": OpencodeFormat,
    "pi": PiFormat,
    "qwen": QwenFormat,
}
FORMATS = (*_FORMATS, "json", "text")
"""The names that the table of agents may use."""


CUMULATIVE = frozenset({"codex"})
"""Formats whose usage counts all of the session, earlier calls in it too."""

UNPRICED = frozenset({"codex", "copilot", "gemini", "text"})
"""Formats that never tell what a call has cost."""


def reader_for(name: str) -> StreamReader:
    """Return a new reader of one call's stdout. KeyError for a name that is not in `FORMATS`."""
    if name == "text":
        return TextReader()
    return JsonReader() if name == "json" else EventReader(_FORMATS[name])


__all__ = ["CUMULATIVE", "FORMATS", "UNPRICED", "reader_for"]
