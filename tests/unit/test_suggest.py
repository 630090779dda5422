import pytest

from plait.suggest import did_you_mean, is_slip

WORDS = ["timeout", "retry", "run", "env", "if", "continue_on_error"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("tiemout", "timeout"),
        ("Timeout", "timeout"),
        ("timeouts", "timeout"),
        ("retries", "retry"),
        ("evn", "env"),
        ("continue-on-error", "continue_on_error"),
        ("colour", None),
        ("of", None),
    ],
)
def test_did_you_mean(word, meant):
    assert did_you_mean(word, WORDS) == meant


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [("tiemout", "timeout", True), ("retries", "retry", False), ("a", "b", False), ("uses", "env", False)],
)
def test_slips(word, known, expected):
    assert is_slip(word, known) is expected
