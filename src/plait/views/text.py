"""Text that is safe and short enough to show."""

from __future__ import annotations

import math
from datetime import datetime

from plait.printable import clean, one_line

__all__ = [
    "clean",
    "clip",
    "duration",
    "last_lines",
    "moment",
    "one_line",
    "plural",
    "roughly",
    "time_of_day",
    "until_text",
]

_SECOND, _MINUTE, _HOUR = 1, 60, 3600
_DAY_HOURS = 24
_FEW_SECONDS = 10


def clip(text: str, width: int) -> str:
    """Cut text to at most `width` characters, an ellipsis marking the cut."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def last_lines(text: str, count: int) -> list[str]:
    """Return the last lines of a text that are not blank, made safe."""
    lines = [line.rstrip() for line in clean(text).splitlines()]
    return [line for line in lines if line][-count:]


def duration(seconds: float) -> str:
    """Return a length of time as a person says it: `0.3s`, `42s`, `2m 05s`, `1h 02m`."""
    seconds = max(seconds, 0.0)
    if seconds < _FEW_SECONDS - 0.05:
        return f"{seconds:.1f}s"
    whole = math.floor(seconds + 0.5)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02d}s"
    return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02d}m"


def moment(timestamp: str) -> str:
    """Return an ISO 8601 time as local date and time, to the second; what is no time comes back as it is."""
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return one_line(timestamp)


def plural(count: int, noun: str) -> str:
    """Return `1 item`, `2 items`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def time_of_day(seconds: float, now: float) -> str:
    """Return a time, in seconds since the epoch, as local hours and minutes, with the date if it is another day's."""
    then, today = datetime.fromtimestamp(seconds).astimezone(), datetime.fromtimestamp(now).astimezone()
    return then.strftime("%H:%M" if then.date() == today.date() else "%Y-%m-%d %H:%M")


def until_text(until: float, now: float) -> str:
    """Return when something is going to be: `until 14:05 (in 2 h 10 min)`; `until 14:05` once that has passed."""
    left = until - now
    return f"until {time_of_day(until, now)}" + (f" (in {roughly(left)})" if left > 0 else "")


def roughly(seconds: float) -> str:
    """Return a length of time in two units at most, none of them smaller than it deserves: `45 s`, `2 h 10 min`."""
    whole = max(math.ceil(seconds), 0)
    if whole < _MINUTE:
        return f"{whole} s"
    minutes = math.ceil(whole / _MINUTE)
    if minutes < _HOUR // _MINUTE:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, _HOUR // _MINUTE)
    if hours < _DAY_HOURS:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, _DAY_HOURS)
    return f"{days} d {hours} h" if hours else f"{days} d"
