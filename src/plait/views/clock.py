"""Times of one run as a person reads them: the hour alone, with the date only where it is another day's."""

from __future__ import annotations

from datetime import datetime


class Clock:
    """Writes times, in seconds since the epoch, as local ones; `first` is one of the day that goes without saying."""

    def __init__(self, first: float) -> None:
        self._day = datetime.fromtimestamp(first).astimezone().date()

    def time(self, at: float) -> str:
        """Return `13:58:02`, or `2024-05-03 13:58:02` on another day."""
        then = datetime.fromtimestamp(at).astimezone()
        return then.strftime("%H:%M:%S" if then.date() == self._day else "%Y-%m-%d %H:%M:%S")
