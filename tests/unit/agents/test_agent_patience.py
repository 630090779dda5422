"""How long each class of failure is waited out."""

import pytest

from plait.agents.patience import LONGEST_PAUSE, MOST_PAUSES, MOST_QUOTA_PAUSES, SPREAD, wait_after
from plait.agents.reply import Failure

NOW = 1_000_000.0


def least():
    return 0.0


def nearly_most():
    return 1.0


@pytest.mark.parametrize("kind", ["rate_limit", "overloaded"])
def test_pauses_double_and_have_a_bound(kind):
    pauses = [wait_after(Failure(kind, ""), waits, NOW, nearly_most) - NOW for waits in range(MOST_PAUSES)]
    assert pauses == [2, 4, 8, 16, 32, 64, 120, LONGEST_PAUSE]
    assert wait_after(Failure(kind, ""), MOST_PAUSES, NOW, nearly_most) is None


def test_jitter_is_full():
    assert wait_after(Failure("overloaded", ""), 5, NOW, least) == NOW


def test_what_the_agent_says_is_the_least():
    failure = Failure("rate_limit", "", retry_after=30)
    assert wait_after(failure, 0, NOW, least) == NOW + 30
    assert NOW + 30 < wait_after(failure, 0, NOW, nearly_most) <= NOW + 32


def test_a_quota_is_waited_for_until_it_resets():
    failure = Failure("quota", "", resets_at=NOW + 5000)
    assert wait_after(failure, 0, NOW, least) == NOW + 5000
    assert wait_after(failure, 0, NOW, nearly_most) == NOW + 5000 + SPREAD
    assert wait_after(failure, MOST_QUOTA_PAUSES, NOW, least) is None


def test_a_reset_that_has_passed_is_now():
    assert wait_after(Failure("quota", "", resets_at=NOW - 5), 0, NOW, least) == NOW


def test_a_quota_without_a_reset_time():
    pauses = [wait_after(Failure("quota", ""), waits, NOW, least) - NOW for waits in range(MOST_QUOTA_PAUSES)]
    assert pauses == [900, 1800, 3600, *[7200] * 9]


@pytest.mark.parametrize("kind", ["authentication", "timeout", "idle", "permission", "bad_output", "crashed", "error"])
def test_nothing_else_is_waited_out(kind):
    assert wait_after(Failure(kind, "", retry_after=1, resets_at=NOW), 0, NOW, least) is None
