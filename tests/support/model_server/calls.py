"""One call as the server heard it, the same whatever API it came through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASIDES = (
    "<system-reminder>",
    "<environment_context>",
    "<session_context>",
    "<permissions",
    "<user_instructions>",
    "This is the Qwen Code. We are setting up the context",
)
_MEMORY = "Managed memory directory:"
_FOLDER = re.compile(
    r"(?:<cwd>|[Ww]orking directory(?: is)?:? *\n?`?|working in the directory:? *|<workspace_root>|"
    r"Workspace Directories:\**\s*- )(/[^\n<`]*?)(?=[\n<`]|\.?$)"
)


@dataclass(frozen=True)
class Entry:
    """A piece of the conversation. `kind` is user, model, call, result or system."""

    kind: str
    text: str


@dataclass(frozen=True)
class Tool:
    """A tool that the CLI declared: its JSON schema, or None where it takes free text."""

    name: str
    schema: Mapping[str, Any] | None


@dataclass(frozen=True)
class Request:
    """What an API's module reads from a request's body."""

    model: str
    stream: bool
    entries: tuple[Entry, ...]
    tools: Mapping[str, Tool]
    answer_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Call:
    """A call of a CLI to its model. `number` counts all calls of the server from 0.

    The names of `headers` are in lower case.
    """

    number: int
    api: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    request: Request

    @property
    def model(self) -> str:
        """The model asked for."""
        return self.request.model

    @property
    def tools(self) -> Mapping[str, Tool]:
        """The tools that the CLI declared, by name."""
        return self.request.tools

    @property
    def side(self) -> bool:
        """Whether this is a call beside the conversation: a title, a summary, a choice of model, a CLI's memory."""
        return not self.request.tools or self.prompt.startswith(_MEMORY)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text of the user, the CLI's own additions left out."""
        return tuple(entry.text for entry in self.request.entries if _is_prompt(entry))

    @property
    def prompt(self) -> str:
        """The last text of the user."""
        return self.texts[-1] if self.texts else ""

    @property
    def system(self) -> str:
        """The CLI's instructions to the model, joined."""
        return "\n".join(entry.text for entry in self.request.entries if entry.kind == "system")

    @property
    def tool_results(self) -> tuple[str, ...]:
        """The text of every tool result of the conversation."""
        return tuple(entry.text for entry in self.request.entries if entry.kind == "result")

    @property
    def step(self) -> int:
        """How many times the model has used tools since the last prompt."""
        recent = takewhile(lambda entry: not _is_prompt(entry), reversed(self.request.entries))
        return sum(kind == "result" for kind, _ in groupby(entry.kind for entry in recent if entry.kind != "user"))

    @property
    def folder(self) -> str | None:
        """The CLI's working folder, where its instructions tell it."""
        for entry in self.request.entries:
            if entry.kind in {"user", "system"} and (found := _FOLDER.search(entry.text)):
                return found[1].strip()
        return None


def _is_prompt(entry: Entry) -> bool:
    return entry.kind == "user" and bool(entry.text.strip()) and not entry.text.lstrip().startswith(_ASIDES)


def text_of(content: Any) -> str:
    """The text in a value that an API allows to be a string, a part, or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(text_of(part) for part in content)
    if isinstance(content, dict):
        return text_of(content.get("text") or content.get("content") or content.get("output") or "")
    return ""
