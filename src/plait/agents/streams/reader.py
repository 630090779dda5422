"""The one reader of JSON events; a format says what the events mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from plait.agents.reply import Activity
from plait.agents.streams.documents import Documents
from plait.agents.streams.draft import Draft
from plait.agents.streams.lines import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plait.agents.reply import Reply


class Format(Protocol):
    """What the events of one CLI mean."""

    skip: ClassVar[tuple[bytes, ...]]
    """How lines begin that need not be parsed: many, long, and without news."""

    def take(self, event: Mapping[str, object], draft: Draft) -> list[Activity]:
        """Put what an event says into the draft; return what of it is to be shown."""


class EventReader:
    """Reads a stream of JSON objects in bounded memory; a `StreamReader`."""

    def __init__(self, format_: Callable[[], Format]) -> None:
        self._format = format_()
        self._documents = Documents(self._format.skip)
        self._draft = Draft()
        self._told_of_dropped = 0

    @property
    def session(self) -> str | None:
        """The id of the conversation, as soon as the agent has told it."""
        return self._draft.reply.session

    def feed(self, data: bytes) -> list[Activity]:
        """Take in the next bytes; return what they say was done."""
        activities: list[Activity] = []
        for event in self._documents.feed(data):
            activities += self._format.take(event, self._draft)
        if self._documents.dropped > self._told_of_dropped:
            self._told_of_dropped = self._documents.dropped
            activities.append(Activity("error", f"a line of more than {LONGEST_LINE >> 20} MiB was left out"))
        return activities

    def finish(self) -> Reply:
        """Return what it all came to."""
        for event in self._documents.finish():
            self._format.take(event, self._draft)
        reply = self._draft.finish()
        reply.left_out = self._documents.dropped
        return reply
