"""What one call has run into, the others of the run know."""

from types import SimpleNamespace

from plait.agents.reply import Failure
from plait.steps.agent.exhaustion import Account, Exhaustion

ONE, OTHER = Account("one", None, 0), Account("one", "large", 0)
QUOTA = Failure("quota", "used up", resets_at=90.0)


def context(**variables):
    return SimpleNamespace(environment=lambda: variables)


def test_a_limit_is_ahead_until_its_time():
    known = Exhaustion()
    known.meet(ONE, QUOTA, 100.0, now=50.0)
    assert known.ahead(ONE, 99.9) == Failure("quota", "used up", resets_at=100.0)
    assert known.ahead(ONE, 100.0) is None
    assert known.ahead(OTHER, 60.0) is None


def test_a_rate_limit_lasts_as_long_as_is_left_of_it():
    known = Exhaustion()
    known.meet(ONE, Failure("rate_limit", "slow down"), 100.0, now=50.0)
    assert known.ahead(ONE, 75.0) == Failure("rate_limit", "slow down", retry_after=25.0)


def test_limits_met_at_the_same_time_are_one_wait():
    known = Exhaustion()
    assert known.waits(ONE, 50.0) == 0
    for now in (50.0, 51.0, 52.0):
        known.meet(ONE, QUOTA, 100.0, now)
        assert known.waits(ONE, now) == 0
    assert known.waits(ONE, 100.0) == 1
    known.meet(ONE, QUOTA, 200.0, now=100.0)
    assert (known.waits(ONE, 150.0), known.waits(ONE, 200.0)) == (1, 2)


def test_a_call_that_comes_through_ends_the_row():
    known = Exhaustion()
    known.meet(ONE, QUOTA, 100.0, now=50.0)
    known.come_through(ONE, now=100.0)
    assert known.waits(ONE, 101.0) == 0


def test_a_call_that_began_before_the_limit_says_nothing_of_it():
    known = Exhaustion()
    known.meet(ONE, QUOTA, 100.0, now=50.0)
    known.come_through(ONE, now=60.0)
    assert known.ahead(ONE, 61.0) is not None


def test_an_account_is_told_by_agent_model_and_variables():
    here = Account.of("one", "m", context(KEY="a", PLAIT_STEP_ID="x"))
    assert here == Account.of("one", "m", context(KEY="a", PLAIT_STEP_ID="y"))
    assert here != Account.of("one", "m", context(KEY="b"))
    assert here != Account.of("two", "m", context(KEY="a"))
    assert here != Account.of("one", "n", context(KEY="a"))
