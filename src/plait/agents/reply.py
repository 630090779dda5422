"""What an agent says: while it works, and in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

FailureClass = Literal[
    "rate_limit",
    "quota",
    "authentication",
    "overloaded",
    "timeout",
    "idle",
    "permission",
    "bad_output",
    "crashed",
    "error",
]


class Usage(NamedTuple):
    """Tokens of one call: `input` includes `cached`; `cost_usd` is None where the agent does not tell it."""

    input: int = 0
    cached: int = 0
    output: int = 0
    cost_usd: float | None = None

    def plus(self, other: Usage) -> Usage:
        """Return the sum of both; a cost that one of them does not know counts as nothing."""
        costs = [cost for cost in (self.cost_usd, other.cost_usd) if cost is not None]
        total = sum(costs) if costs else None
        return Usage(self.input + other.input, self.cached + other.cached, self.output + other.output, total)


class Activity(NamedTuple):
    """Something an agent did, as one line for a person; `text` is the agent's own and not to be trusted."""

    kind: Literal["text", "tool", "tool_result", "denied", "error", "usage"]
    text: str


@dataclass(slots=True)
class Reply:
    """What a call came to, as the agent's own output tells it.

    `text` is the last message. `data` is the answer to a schema where the CLI hands it over apart from the text.
    `denied` lists what the agent wanted to do and was not allowed to: `{tool, input}`. `error` is the agent's own
    word on why it failed; `complete` tells that the output came to its proper end, and `left_out` how many lines of it
    were too long to be read.
    """

    text: str = ""
    session: str | None = None
    usage: Usage | None = None
    denied: list[Mapping[str, object]] = field(default_factory=list)
    error: str | None = None
    data: object = None
    complete: bool = False
    left_out: int = 0


class StreamReader(Protocol):
    """Reads one call's stdout as it comes, in bounded memory."""

    @property
    def session(self) -> str | None:
        """The id of the conversation, as soon as the agent has told it."""

    def feed(self, data: bytes) -> list[Activity]:
        """Take in the next bytes; return what they say was done."""

    def finish(self) -> Reply:
        """Return what it all came to; called once, after the last bytes."""


class Failure(NamedTuple):
    """Why a call failed. `retry_after` is seconds, `resets_at` seconds since the epoch, both None if not told."""

    kind: FailureClass
    message: str
    retry_after: float | None = None
    resets_at: float | None = None
