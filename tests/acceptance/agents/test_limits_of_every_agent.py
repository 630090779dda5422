"""Limits that pass, and logins that are refused, with every real CLI: whoever waits, the step gets there."""

import pytest

from support.agent_clis import PACKAGES
from support.model_server import Fail, say

pytestmark = pytest.mark.all_agents
SILENT = {"continue", "qwen"}
"""They tell nothing while they try again, so that only a time limit ends them early."""


@pytest.fixture(params=sorted(PACKAGES))
def cli(request, installed):
    installed(request.param)
    return request.param


def failing(kind, times, seconds):
    """Return a script that refuses the first calls, and answers the others."""
    left = iter(range(times))
    return lambda _: say("At last.") if next(left, None) is None else Fail(kind, seconds)


def test_a_rate_limit_is_got_over(cli, agents, serve):
    agents.connect(cli, serve(failing("rate_limited", 4, 3)))
    result = agents.run(agents.write(agents.step(cli, prompt="Go")))
    assert result.get("status") == "completed", agents.error()
    assert "At last." in agents.output()["text"]
    assert set(agents.failures()) <= {"rate_limit"}


def test_a_quota_is_got_over_or_told(cli, agents, serve):
    """Where a CLI does not say when it is free again, the step waits for a quarter of an hour, or as it is told."""
    if cli in SILENT:
        pytest.skip("it says nothing of a quota while it tries again")
    agents.connect(cli, serve(failing("quota", 1, 5)))
    result = agents.run(agents.write(agents.step(cli, "max_wait: 60", prompt="Go")))
    if result["status"] == "completed":
        assert set(agents.failures()) <= {"quota", "rate_limit"}
    else:
        assert "quota" in agents.error() or "limit" in agents.error(), agents.error()


def test_a_login_that_is_refused_is_no_reason_to_wait(cli, agents, serve):
    server = serve(lambda _: Fail("unauthorized"))
    agents.connect(cli, server)
    fields = "retry: {attempts: 2, delay: 0, on: [authentication]}"
    assert agents.run(agents.write(agents.step(cli, fields, prompt="Go")))["status"] == "failed"
    assert agents.failures() == ["authentication"]
