"""Following an agent while it works: what it says is read, told on, and its session kept as soon as it is known."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from plait.agents.retries import Retries
from plait.agents.streams import reader_for
from plait.printable import one_line
from plait.process import Dialogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plait.agents.agent import Agent
    from plait.agents.reply import Activity, Reply
    from plait.agents.request import Request
    from plait.model.step_type import StepContext

GRACE = 3.0
"""Seconds in which an agent ends by itself when the conversation with it is over."""

_LONGEST_LINE = 300
_USAGE_EVERY = 1.0
_LEADS = {"text": "", "tool": "> ", "tool_result": "  ", "denied": "denied: ", "error": "error: ", "usage": ""}


def short_line(text: str) -> str:
    """Return text of somebody else's as one line, not too long, that steers no terminal."""
    line = one_line(text[: 4 * _LONGEST_LINE])
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"


class Telling:
    """Tells a step's activities on, one line each, the tokens at most once a second."""

    def __init__(self, context: StepContext, on_session: Callable[[str], None]) -> None:
        self._context = context
        self._on_session = on_session
        self._session: str | None = None
        self._told_usage = 0.0

    def tell(self, activities: Iterable[Activity], session: str | None) -> None:
        """Tell what was done, and the session if it is news."""
        if session is not None and session != self._session:
            self._session = session
            self._on_session(session)
        for activity in activities:
            if activity.kind == "usage":
                now = time.monotonic()
                if now - self._told_usage < _USAGE_EVERY:
                    continue
                self._told_usage = now
            line = short_line(activity.text)
            if line:
                self._context.tell(_LEADS[activity.kind] + line)


class _Following(Dialogue):
    """What both ways of talking have in common: activities are told on, and a call that only waits is given up."""

    def __init__(self, agent_key: str, context: StepContext, on_session: Callable[[str], None]) -> None:
        self._telling = Telling(context, on_session)
        self._retries = Retries(agent_key)

    def overhear(self, data: bytes) -> None:
        """Take in what the agent wrote to stderr."""
        self._retries.overhear(data)

    def leaves_at(self) -> float:
        """Return when the agent is ended, if it only waits for a limit."""
        return self._retries.leaves_at

    def _heard(self, activities: list[Activity], session: str | None) -> None:
        self._retries.hear(activities)
        self._telling.tell(activities, session)

    def _concluded(self, reply: Reply) -> Reply:
        if reply.error is None and not (reply.complete and reply.text):
            reply.error = self._retries.reason
        return reply


class Listening(_Following):
    """The dialogue with a CLI: it gets its prompt, and from then on is only listened to."""

    def __init__(
        self,
        agent: Agent,
        prompt: bytes | None,
        context: StepContext,
        on_session: Callable[[str], None],
    ) -> None:
        super().__init__(agent.key, context, on_session)
        self._prompt = prompt
        self._reader = reader_for(agent.format)

    def begin(self) -> bytes | None:
        """Return the prompt, if it goes this way."""
        return self._prompt

    def feed(self, data: bytes) -> bytes | None:
        """Take in what the agent wrote; its stdin is closed behind the prompt."""
        self._heard(self._reader.feed(data), self._reader.session)
        return None

    def finish(self) -> Reply:
        """Return what it all came to."""
        reply = self._concluded(self._reader.finish())
        self._telling.tell((), reply.session)
        return reply


class AcpListening(_Following):
    """The dialogue with an agent that speaks the Agent Client Protocol."""

    def __init__(self, agent: Agent, request: Request, context: StepContext, on_session: Callable[[str], None]) -> None:
        from plait.agents.acp import AcpConversation  # noqa: PLC0415 - few steps go this way

        super().__init__(agent.key, context, on_session)
        self._conversation = AcpConversation(request, context.working_folder())
        self._over_at = math.inf

    def begin(self) -> bytes | None:
        """Return the first message."""
        return self._conversation.begin()

    def feed(self, data: bytes) -> bytes | None:
        """Take in what the agent wrote and return what to answer."""
        answer = self._conversation.feed(data)
        self._heard(self._conversation.activities(), self._conversation.session)
        if self._conversation.over and self._over_at == math.inf:
            self._over_at = time.monotonic() + GRACE
        return answer

    def leaves_at(self) -> float:
        """Return when the agent is ended: some of them stay when all is said and their stdin is closed."""
        return min(self._over_at, super().leaves_at())

    def finish(self) -> Reply:
        """Return what it all came to."""
        reply = self._concluded(self._conversation.finish())
        self._telling.tell(self._conversation.activities(), reply.session)
        return reply
