"""What is asked of an agent in one call, and the command line that asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.model.workflow import Permission


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `session` is the id of a conversation to go on with; `extra` are arguments passed on as they are."""

    prompt: str
    model: str | None = None
    permission: Permission = "edit"
    session: str | None = None
    schema: Mapping[str, object] | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    extra: tuple[str, ...] = ()


class Invocation(NamedTuple):
    """How to start the agent: `stdin` holds the prompt where it goes that way; `env` adds to the environment."""

    argv: tuple[str, ...]
    stdin: bytes | None = None
    env: Mapping[str, str] = {}
