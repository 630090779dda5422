"""When a limit ends, as agents word it: in a while, at an hour, on a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable

FURTHEST = 31 * 86400.0
"""Seconds; nothing is waited for longer."""

JUST_PASSED = 600.0
"""Seconds for which an hour of the day that has passed is still today's."""

LONG_PASSED = 3600.0
"""Seconds after which a date that has passed says nothing about now."""

_SECONDS = {"ms": 0.001, "mi": 60.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_UNIT = (
    r"(ms|milliseconds?|s(?:ec(?:ond)?s?)?|mo?ins?|min(?:ute)?s?|m|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)(?![a-z])"
)
_AMOUNT = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,9}})?)\s{{0,2}}{_UNIT}", re.IGNORECASE)
_LEAD = r"(?:retry|try(?:ing)?(?: it)? again|resets?|wait|available(?: again)?|renews?|refresh(?:es)?|back)"
_RELATIVE = re.compile(
    rf"\b{_LEAD}[\s\w\"':=]{{0,24}}?\b(?:in|after|for|within|wait)?[\s:~\"']{{1,3}}(?:about )?"
    rf"((?:\d{{1,9}}(?:\.\d{{1,9}})?\s{{0,2}}{_UNIT}(?:,|\s|and|&){{0,6}}){{1,5}})",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"retry[-_ ]?(?:after|delay)(?P<ms>[-_]?ms)?[\"'\]]{0,2}\s?[:=]\s?[\"'\[]{0,2}"
    r"(?P<n>\d{1,10}(?:\.\d{1,9})?)s?(?![\w:-])",
    re.IGNORECASE,
)
_UNIX = re.compile(r"(?<![\w.-])(1[6-9]\d{8}|[2-3]\d{9})(\d{3})?(?![\w.-])")
_ISO = re.compile(
    r"\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?\s?(Z|UTC|[+-]\d\d:?\d\d)?\b", re.IGNORECASE
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::\d\d)?\s?(?P<half>[ap]\.?m\b\.?)?"
_ZONE = r"(?:\s?\(?(?P<zone>UTC|GMT|Z\b|[A-Z][A-Za-z_]{1,20}/[A-Za-z_/+-]{1,40})\)?)?"
_DATE = re.compile(
    rf"\b(?P<month>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}})\b)?"
    rf"(?:,? (?:at )?{_CLOCK}{_ZONE})?",
    re.IGNORECASE,
)
_HOUR = re.compile(rf"\b{_LEAD}\b[\s\w:]{{0,24}}?(?:\bat\b|\s)\s?{_CLOCK}{_ZONE}", re.IGNORECASE)


def seconds_until(text: str, now: float) -> float | None:
    """Return in how many seconds the limit that `text` tells of ends; None if it does not say.

    `now` is seconds since the epoch. An hour without a zone is local time. The answer is between 0 and `FURTHEST`.
    """
    for read in (_relative, _header, _unix, _iso, _date, _hour):
        if (seconds := read(text, now)) is not None:
            return min(max(seconds, 0.0), FURTHEST)
    return None


def _relative(text: str, now: float) -> float | None:
    del now
    if (match := _RELATIVE.search(text)) is None:
        return None
    return sum(float(number) * _unit(unit) for number, unit in _AMOUNT.findall(match[1]))


def _unit(word: str) -> float:
    word = word.lower()
    return _SECONDS["ms"] if word.startswith(("ms", "milli")) else _SECONDS[word[0]]


def _header(text: str, now: float) -> float | None:
    if (match := _HEADER.search(text)) is None:
        return None
    number = float(match["n"])
    if number > now / 2:
        return _recent(number - now)
    return number / 1000 if match["ms"] else number


def _unix(text: str, now: float) -> float | None:
    return None if (match := _UNIX.search(text)) is None else _recent(float(match[1]) - now)


def _iso(text: str, now: float) -> float | None:
    if (match := _ISO.search(text)) is None:
        return None
    zone = (match[3] or "").upper().replace("UTC", "+00:00").replace("Z", "+00:00")
    return _moment(lambda: datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}"), now)


def _date(text: str, now: float) -> float | None:
    for match in _DATE.finditer(text):
        month = _MONTHS.index(match["month"].lower()) + 1
        hour, minute = _clock(match)
        zone = _zone(match["zone"])
        today = datetime.fromtimestamp(now, zone)
        year = int(match["year"] or today.year)
        # Without a year, a date long before today is next year's.
        if not match["year"] and month < today.month - 1:
            year += 1
        day = int(match["day"])
        seconds = _moment(lambda: datetime(year, month, day, hour, minute, tzinfo=zone), now)  # noqa: B023 - called at once
        if seconds is not None:
            return seconds
    return None


def _hour(text: str, now: float) -> float | None:
    for match in _HOUR.finditer(text):
        if not match["half"] and not match["minute"]:
            continue
        hour, minute = _clock(match)
        zone = _zone(match["zone"])
        today = datetime.fromtimestamp(now, zone)
        try:
            then = today.replace(hour=hour, minute=minute, second=0, microsecond=0)
            if then.timestamp() < now - JUST_PASSED:
                then += timedelta(days=1)
            return then.timestamp() - now
        except (ValueError, OverflowError, OSError):
            continue
    return None


def _clock(match: re.Match[str]) -> tuple[int, int]:
    hour, half = int(match["hour"] or 0), (match["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return hour, int(match["minute"] or 0)


def _zone(name: str | None) -> tzinfo | None:
    """Return the zone of that name; None, which is local time, for none."""
    if name is None:
        return None
    if name.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _moment(build: Callable[[], datetime], now: float) -> float | None:
    try:
        return _recent(build().timestamp() - now)
    except (ValueError, OverflowError, OSError):
        return None


def _recent(seconds: float) -> float | None:
    return seconds if seconds > -LONG_PASSED else None
