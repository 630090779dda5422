"""When an agent that tries again by itself is given up."""

import math
import time
from pathlib import Path

import pytest

from plait.agents.reply import Activity
from plait.agents.retries import LONGEST_SILENCE, PARTING, Retries

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "agent_streams"
LIMIT = "You exceeded your current quota.\nPlease retry in 3s.\nSuggested retry after 3s.."


def gemini(number, what=LIMIT, pause=5915):
    return f"Attempt {number} failed: {what} Retrying after {pause}ms...\n".encode()


def patience(retries):
    """How long the agent may go on, at most."""
    left = retries.leaves_at - time.monotonic()
    return next(most for most in (PARTING, LONGEST_SILENCE, math.inf) if left <= most)


def failed(text):
    return [Activity("error", text)]


def test_a_few_tries_are_the_agents_own_affair():
    retries = Retries("gemini")
    retries.overhear(b"Ripgrep is not available. Falling back to GrepTool.\n")
    assert patience(retries) == math.inf
    retries.overhear(gemini(1) + gemini(2))
    assert patience(retries) == LONGEST_SILENCE
    retries.overhear(gemini(3))
    assert patience(retries) == PARTING
    assert "retry in 3s" in retries.reason


def test_it_does_not_matter_how_stderr_comes():
    retries = Retries("gemini")
    for byte in gemini(1) + gemini(2) + gemini(3):
        retries.overhear(bytes([byte]))
    assert patience(retries) == PARTING


def test_what_is_done_in_between_counts():
    retries = Retries("gemini")
    retries.overhear(gemini(1) + gemini(2))
    retries.hear([Activity("text", "On with it.")])
    assert (patience(retries), retries.reason) == (math.inf, None)
    retries.overhear(gemini(1) + gemini(2))
    retries.hear([Activity("usage", "1 tokens in, 1 out")])
    assert patience(retries) == LONGEST_SILENCE


@pytest.mark.parametrize(
    "said",
    [
        "You've hit your usage limit, resets in 3 hours",
        "authentication_failed (HTTP status 401); trying again in 0.5 s",
        "rate_limit (HTTP status 429); trying again in 240.0 s",
    ],
)
def test_what_does_not_pass_soon_is_not_waited_for(said):
    retries = Retries("claude")
    retries.hear(failed(said))
    assert patience(retries) == PARTING


def test_an_error_of_another_kind_is_no_limit():
    retries = Retries("codex")
    for _ in range(5):
        retries.hear(failed("Model metadata for `x` not found."))
    assert (patience(retries), retries.reason) == (math.inf, None)


def test_an_agent_that_says_nothing_on_stderr_is_only_heard():
    retries = Retries("qwen")
    retries.overhear(gemini(1) * 3)
    assert patience(retries) == math.inf


@pytest.mark.parametrize(("name", "most"), [("quota", PARTING), ("credit", PARTING), ("overloaded", LONGEST_SILENCE)])
def test_recorded_stderr_of_opencode(name, most):
    lines = (RECORDINGS / "opencode" / f"{name}.stderr").read_bytes().splitlines(keepends=True)
    for_a_title = [line for line in lines if b"agent=title" in line]
    retries = Retries("opencode")
    retries.overhear(b"".join(for_a_title))
    assert patience(retries) == math.inf
    retries.overhear(next(line for line in lines if line not in for_a_title))
    assert patience(retries) == most
