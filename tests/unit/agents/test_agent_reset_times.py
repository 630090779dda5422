"""When a limit ends, in the words of agents."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.agents.reset_times import FURTHEST, seconds_until

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC).timestamp()
LOCAL_NOW = datetime(2026, 11, 22, 19, 30).timestamp()  # noqa: DTZ001 - local time is meant
HOUR = 3600.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("try again in 20s", 20),
        ("Please try again in 20 seconds.", 20),
        ("Please try again in 120ms", 0.12),
        ("Please retry in 53.2s.", 53.2),
        ("Please try again in 6m0s. Visit our page", 360),
        ("Your quota will reset after 2h13m49s.", 2 * HOUR + 13 * 60 + 49),
        ("try again in 3 days 2 hours", 74 * HOUR),
        ("Please try again in 1 hour and 5 minutes", 65 * 60),
        ("try again in about 2 minutes", 120),
        ("please wait 20 seconds", 20),
        ("resets in 1 week", 7 * 24 * HOUR),
        ("Retry-After: 30", 30),
        ('{"retry-after": "30"}', 30),
        ("retry-after-ms: 1500", 1.5),
        ('"retryDelay": "34s"', 34),
    ],
)
def test_a_while(text, seconds):
    assert seconds_until(text, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (f"Claude AI usage limit reached|{int(NOW) + 600}", 600),
        (f"(resets at {int(NOW) + 600}000)", 600),
        ("limit resets 2026-11-23T15:00:00Z", 19.5 * HOUR),
        ("limit resets 2026-11-23T16:00:00.123+01:00", 19.5 * HOUR),
        ("resets 3:30am (Europe/Berlin)", 7 * HOUR),
        ("resets Nov 23, 3pm (UTC)", 19.5 * HOUR),
        ("resets 8pm (UTC)", 0.5 * HOUR),
    ],
)
def test_a_moment_in_a_known_zone(text, seconds):
    assert seconds_until(text, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("resets at 3pm", 19.5 * HOUR),
        ("try again at 9:15 PM.", 1.75 * HOUR),
        ("try again at 21:15", 1.75 * HOUR),
        ("try again at Nov 23rd, 2026 3:00 PM.", 19.5 * HOUR),
        ("try again at November 23 at 3:00 p.m.", 19.5 * HOUR),
        ("limit will reset at 2026-11-23 15:00:00", 19.5 * HOUR),
        ("resets at 12am", 4.5 * HOUR),
        ("resets at 12pm", 16.5 * HOUR),
    ],
)
def test_a_moment_in_local_time(text, seconds):
    assert seconds_until(text, LOCAL_NOW) == pytest.approx(seconds)


def test_an_hour_just_passed_is_todays():
    assert seconds_until("resets at 7:25pm", LOCAL_NOW) == 0


def test_a_date_without_a_year_may_be_next_years():
    december = datetime(2026, 12, 30, 12, tzinfo=UTC).timestamp()
    assert seconds_until("resets Jan 2, 12pm (UTC)", december) == pytest.approx(72 * HOUR)


@pytest.mark.parametrize(
    "text",
    ["", "in 3 apples", "try again later", "limit: 500 per min", "resets Nov 30, 2020", "resets at 99:99", "at 401:12"],
)
def test_no_moment(text):
    assert seconds_until(text, NOW) is None


def test_never_further_than_a_month():
    assert seconds_until("try again in 400 days", NOW) == FURTHEST
    assert seconds_until("resets Feb 30, 2027; resets Jun 1, 2027", NOW) == FURTHEST


WORDS = st.sampled_from(
    [
        "resets",
        "at",
        "in",
        "try again",
        "99",
        "9999999999",
        "31",
        "Feb",
        "30",
        ":",
        "pm",
        "2027-13-45T25:61:00Z",
        "(X/Y)",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=12).map(" ".join)))
def test_any_text_gives_a_bounded_wait_or_none(text):
    seconds = seconds_until(text, NOW)
    assert seconds is None or 0 <= seconds <= FURTHEST
