"""The tool calls under way: what a later event names by its id alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.agents.streams.draft import clipped

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 100
LONGEST_ID = 200


class ToolCalls:
    """Remembers the last `MOST` calls, each cut to a few kilobytes."""

    def __init__(self) -> None:
        self._calls: dict[str, Mapping[str, object]] = {}

    def __contains__(self, call_id: str) -> bool:
        return call_id[:LONGEST_ID] in self._calls

    def note(self, call_id: str, **parts: object) -> Mapping[str, object]:
        """Add to what is known of a call, and return it; parts that are empty leave what was known before.

        A call without an id is not remembered: it would be taken for another one.
        """
        news = {key: clipped(part) for key, part in parts.items() if part}
        if not call_id:
            return news
        call = {**self._calls.pop(call_id[:LONGEST_ID], {}), **news}
        self._calls[call_id[:LONGEST_ID]] = call
        while len(self._calls) > MOST:
            del self._calls[next(iter(self._calls))]
        return call

    def forget(self, call_id: str) -> Mapping[str, object]:
        """Return what is known of a call that has ended."""
        return self._calls.pop(call_id[:LONGEST_ID], {})
