import pytest

from plait.views.exits import exit_code, was_interrupted


@pytest.mark.parametrize(
    ("status", "code"),
    [("completed", 0), ("failed", 1), ("paused", 3), ("aborted", 4), ("running", None), ("interrupted", None)],
)
def test_each_end_has_its_code(status, code):
    assert exit_code(status) == code


def test_a_signal_beats_paused_but_not_a_failure():
    assert exit_code("paused", interrupted=True, zero_on_pause=True) == 130
    assert exit_code("failed", interrupted=True) == 1


def test_zero_on_pause():
    assert exit_code("paused", zero_on_pause=True) == 0
    assert exit_code("failed", zero_on_pause=True) == 1


def test_only_signals_interrupt():
    assert was_interrupted("interrupt")
    assert was_interrupted("SIGINT")
    assert not was_interrupted("pause")
    assert not was_interrupted(None)
