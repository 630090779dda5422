"""What the model server may be told to do in one call, in words that belong to no vendor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.model_server.calls import Call


@dataclass(frozen=True)
class Usage:
    """Token counts of one answer. `cached` is a part of `input`."""

    input: int = 100
    cached: int = 40
    output: int = 20


@dataclass(frozen=True)
class WriteFile:
    """The model asks for a file to be written. A relative path is put below the CLI's own working folder."""

    path: str
    content: str


@dataclass(frozen=True)
class RunShell:
    """The model asks for a shell command."""

    command: str


@dataclass(frozen=True)
class ReadFile:
    """The model asks for the text of a file."""

    path: str


@dataclass(frozen=True)
class UseTool:
    """The model asks for a tool by the CLI's own name of it."""

    name: str
    arguments: Mapping[str, Any]


Action = WriteFile | RunShell | ReadFile | UseTool


@dataclass(frozen=True)
class Reply:
    """An answer: text, tool calls, or both."""

    text: str = ""
    actions: tuple[Action, ...] = ()
    usage: Usage = Usage()


def say(text: str, usage: Usage = Usage()) -> Reply:
    """An answer that is text alone: it ends the agent's turn."""
    return Reply(text=text, usage=usage)


def act(*actions: Action, text: str = "", usage: Usage = Usage()) -> Reply:
    """An answer that calls tools: the CLI runs them and calls again."""
    return Reply(text=text, actions=actions, usage=usage)


@dataclass(frozen=True)
class Fail:
    """An HTTP failure, in the words of the API it is asked through.

    `kind` is one of unauthorized (401), forbidden (403), rate_limited (429 with Retry-After), quota (429, or 400 for
    an empty account, with the time it resets), credit (the account has no money left), server_error (500),
    overloaded (529, 503 where the vendor has no 529), too_long (400: the prompt does not fit) and no_model (404).
    `seconds` is how long the vendor says to wait.
    """

    kind: str
    seconds: int = 2


@dataclass(frozen=True)
class Hang:
    """No answer until the test sets `released` (or the server closes); then the answer is `then`.

    `reached` is set when a call has come to this turn.
    """

    then: Reply = Reply(text="late")
    released: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Garbage:
    """A successful answer whose body is no JSON and no event stream."""

    body: str = "<html><body>It works!</body></html>"


@dataclass(frozen=True)
class Truncated:
    """An event stream that stops in the middle of an answer, its connection closed."""

    text: str = "half of an ans"


Turn = Reply | Fail | Hang | Garbage | Truncated
Script = Sequence[Turn] | Callable[["Call"], Turn]


def conversation(*turns: Turn) -> Callable[[Call], Turn]:
    """A script for many processes at once: the n-th turn answers the n-th call after a prompt, the last one repeats."""

    def choose(call: Call) -> Turn:
        return turns[min(call.step, len(turns) - 1)]

    return choose
