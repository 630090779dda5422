"""Following an agent while it works: what it says is read, told on, and its session kept as soon as it is known."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plait.agents.reply import Activity, Reply, StreamReader
    from plait.agents.request import Request
    from plait.model.step_type import StepContext

_LONGEST_LINE = 300
_USAGE_EVERY = 1.0
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_LEADS = {"text": "", "tool": "> ", "tool_result": "  ", "denied": "denied: ", "error": "error: ", "usage": ""}


def one_line(text: str) -> str:
    """Return text of somebody else's as one line that steers no terminal."""
    line = _UNPRINTABLE.sub(" ", text[: 4 * _LONGEST_LINE]).strip()
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
            line = one_line(activity.text)
            if line:
                self._context.tell(_LEADS[activity.kind] + line)


class Listening:
    """The dialogue with a CLI: it gets its prompt, and from then on is only listened to."""

    def __init__(
        self, prompt: bytes | None, reader: StreamReader, context: StepContext, on_session: Callable[[str], None]
    ) -> None:
        self._prompt = prompt
        self._reader = reader
        self._telling = Telling(context, on_session)

    def begin(self) -> bytes | None:
        """Return the prompt, if it goes this way."""
        return self._prompt

    def feed(self, data: bytes) -> bytes | None:
        """Take in what the agent wrote; its stdin is closed behind the prompt."""
        self._telling.tell(self._reader.feed(data), self._reader.session)
        return None

    def finish(self) -> Reply:
        """Return what it all came to."""
        reply = self._reader.finish()
        self._telling.tell((), reply.session)
        return reply


class AcpListening:
    """The dialogue with an agent that speaks the Agent Client Protocol."""

    def __init__(self, request: Request, context: StepContext, on_session: Callable[[str], None]) -> None:
        from plait.agents.acp import AcpConversation  # noqa: PLC0415 - few steps go this way

        self._conversation = AcpConversation(request, context.working_folder())
        self._telling = Telling(context, on_session)

    def begin(self) -> bytes | None:
        """Return the first message."""
        return self._conversation.begin()

    def feed(self, data: bytes) -> bytes | None:
        """Take in what the agent wrote and return what to answer."""
        answer = self._conversation.feed(data)
        self._telling.tell(self._conversation.activities(), self._conversation.session)
        return answer

    def finish(self) -> Reply:
        """Return what it all came to."""
        reply = self._conversation.finish()
        self._telling.tell(self._conversation.activities(), reply.session)
        return reply
