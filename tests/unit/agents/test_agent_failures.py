"""Why a call failed, in the words of agents."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.agents.failures import LONGEST_MESSAGE, classify, is_lost_session
from plait.agents.reply import Reply

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC).timestamp()
DONE = Reply(text="Done.", complete=True)


def failure(error=None, *, agent="any", reply=None, exit_code=1, stderr="", stdout="", ended_by="exit"):
    return classify(
        agent_key=agent,
        reply=reply or Reply(error=error, complete=error is not None),
        exit_code=exit_code,
        stderr=stderr,
        stdout_tail=stdout,
        ended_by=ended_by,
        now=NOW,
    )


WORDINGS = [
    ("rate_limit", "Rate limit reached for gpt-5 in organization org-x on tokens per min (TPM): try again in 20s."),
    ("rate_limit", "429 Too Many Requests"),
    ("rate_limit", 'API Error: 429 {"type":"error","error":{"type":"rate_limit_error"}}'),
    ("rate_limit", "exceeded retry limit, last status: 429 Too Many Requests, request id: r"),
    ("rate_limit", "Quota exceeded for metric: requests, limit: 10. Please retry in 53.2s."),
    ("rate_limit", '{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED"}}'),
    ("rate_limit", "(HTTP status 429)"),
    ("quota", "Claude AI usage limit reached|1795400000"),
    ("quota", "You've hit your session limit · resets 3pm (Europe/Berlin)"),
    ("quota", "You've hit your limit · resets Nov 24, 3pm (UTC)"),
    ("quota", "Weekly limit reached ∙ resets Mon 9:00am"),
    ("quota", "You've hit your usage limit. Upgrade to Pro or try again in 3 days 2 hours."),
    ("quota", "You\u2019ve hit your usage limit. Try again at Nov 23rd, 2026 3:00 PM."),
    ("quota", "You have exhausted your daily quota on this model."),
    ("quota", "You have exhausted your capacity on this model. Your quota will reset after 2h13m5s."),
    ("quota", "Rate limit reached for requests per day. Please try again in 6h."),
    ("quota", "You exceeded your current quota, please check your plan and billing details. insufficient_quota"),
    ("quota", "Credit balance is too low"),
    ("quota", "You have no quota left for premium requests"),
    ("quota", "402 Payment Required"),
    ("quota", "Qwen OAuth quota exceeded: your free daily quota has been reached"),
    ("authentication", "unexpected status 401 Unauthorized: Missing bearer or basic authentication in header"),
    ("authentication", "Invalid API key · Please run /login"),
    ("authentication", "Incorrect API key provided: sk-x"),
    ("authentication", "invalid x-api-key"),
    ("authentication", "API key not valid. Please pass a valid API key."),
    ("authentication", "OAuth token has expired"),
    ("authentication", "Not logged in · Please run `codex login`"),
    ("authentication", "Error: No authentication information found."),
    ("authentication", "Please set an Auth method in your settings.json or specify GEMINI_API_KEY"),
    ("authentication", "authentication required: Authentication required"),
    ("authentication", "403 Forbidden"),
    ("overloaded", "API Error: 529 Overloaded"),
    ("overloaded", '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'),
    ("overloaded", "The model is overloaded. Please try again later."),
    ("overloaded", "503 Service Unavailable"),
    ("overloaded", "Selected model is at capacity. Please try a different model."),
    ("overloaded", "API Error (500 Internal Server Error)"),
    ("overloaded", "Bad Gateway (HTTP status 502)"),
    ("permission", "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons"),
    ("permission", "Tool execution denied by policy: tool call rejected"),
    ("authentication", "403 Country not supported"),
    ("authentication", "you must specify the GEMINI_API_KEY environment variable."),
    ("error", "Prompt is too long"),
    ("error", "model gpt-9 does not exist (HTTP status 404)"),
    ("error", "TypeError: x is undefined\n    at run (/app/index.js:429:12)\n    at /app/x.js:401:3"),
    ("error", "processed 429 files, 503 lines and 1401 words"),
    ("error", "the answer reached the model's limit of tokens"),
]


@pytest.mark.parametrize(("kind", "error"), WORDINGS)
def test_wordings_of_the_agents_own_error(kind, error):
    found = failure(error)
    assert (found.kind, found.message) == (kind, " ".join(error.split()))


@pytest.mark.parametrize(("kind", "error"), [(kind, error) for kind, error in WORDINGS if kind != "error"])
def test_the_same_on_stderr(kind, error):
    found = failure(stderr=f"\x1b[91mstarting\x1b[0m\n{error}\nbye\n")
    assert found.kind == kind
    assert found.message in error


@pytest.mark.parametrize(("kind", "error"), [(kind, error) for kind, error in WORDINGS if kind != "error"])
def test_the_same_on_stdout_where_nothing_could_be_read(kind, error):
    assert failure(stdout=f"hello\n{error}\n").kind == kind


@pytest.mark.parametrize(("kind", "error"), WORDINGS)
def test_the_same_in_an_answer_is_no_failure(kind, error):
    assert failure(agent="claude", reply=Reply(text=error, complete=True), exit_code=0, stdout=error) is None
    assert failure(reply=DONE, exit_code=0, stderr=error, stdout=error) is None


@pytest.mark.parametrize(("kind", "error"), WORDINGS)
def test_the_text_of_an_unfinished_answer_does_not_tell(kind, error):
    assert failure(reply=Reply(text=error), stdout=error).kind == "crashed"


@pytest.mark.parametrize("agent", ["qwen", "pi"])
def test_an_error_that_is_printed_as_the_answer(agent):
    text = "[API Error: 401 Incorrect API key provided]"
    assert failure(agent=agent, reply=Reply(text=text, complete=True), exit_code=0).kind == "authentication"
    limit = "[API Error: 429 slow down]\nPossible quota limitations in place. Please wait and try again later."
    assert failure(agent=agent, reply=Reply(text=limit, complete=True), exit_code=0).kind == "rate_limit"
    cut = f"half of an ans{text}"
    assert failure(agent=agent, reply=Reply(text=cut, complete=True), exit_code=0).kind == "authentication"
    for no_error in (
        f"It says {text}",
        f"It says `{text}`",
        f"It says:\n{text}",
        f"{text} and then I went on.",
        f"{text}\nThat was the log.",
    ):
        assert failure(agent=agent, reply=Reply(text=no_error, complete=True), exit_code=0) is None
    assert failure(agent="claude", reply=Reply(text=text, complete=True), exit_code=0) is None


def test_copilot_prints_an_error_as_its_answer_over_acp():
    retried = "Info: Request failed due to a transient API error. Retrying..."
    error = "Error: Authentication failed with provider at http://localhost/v1 (HTTP 401).\n  Check your COPILOT_KEY."
    found = failure(agent="copilot", reply=Reply(text=f"{retried}{error}", complete=True), exit_code=0)
    assert found.kind == "authentication"
    said = Reply(text="It printed `Error: bad (HTTP 401)`, so I changed the key.", complete=True)
    assert failure(agent="copilot", reply=said, exit_code=0) is None


@pytest.mark.parametrize("said", ["No saved session found with ID x", "Session not found", "no rollout found"])
def test_a_session_that_is_not_there(said):
    assert is_lost_session(Reply(), said)
    assert is_lost_session(Reply(error=said), "")
    assert not is_lost_session(Reply(error="exit 1"), "Attempt 1 failed")


def test_who_was_hung_up_on_is_judged_by_what_was_said():
    assert failure(reply=DONE, exit_code=-15, ended_by="hangup") is None
    assert failure("429 Too Many Requests", exit_code=-15, ended_by="hangup").kind == "rate_limit"


def test_when_it_passes():
    assert failure("Rate limit reached, try again in 20s").retry_after == 20
    assert failure("429 Too Many Requests\nRetry-After: 7").retry_after == 7
    assert failure("Quota exceeded. Please retry in 53.2s.").retry_after == pytest.approx(53.2)
    assert failure("You've hit your usage limit, try again in 3 days 2 hours").resets_at == NOW + 74 * 3600
    assert failure(f"Claude AI usage limit reached|{int(NOW) + 900}").resets_at == NOW + 900
    assert failure("usage limit reached").resets_at is None
    assert failure("Invalid API key, try again in 20s")[2:] == (None, None)


def test_a_message_says_what_the_stream_said_even_if_stderr_tells_the_class():
    found = failure("request failed", stderr="POST /v1: 429 Too Many Requests")
    assert (found.kind, found.message) == ("rate_limit", "request failed")


def test_an_error_object_on_stderr():
    stderr = 'Loaded credentials.\n{\n  "error": {\n    "message": "Invalid session",\n    "code": 42\n  }\n}\n'
    assert failure(stderr=stderr, exit_code=42)[:2] == ("error", "Invalid session")


def test_how_it_ended():
    assert failure(ended_by="timeout", exit_code=-15).message == "the agent did not end in time"
    assert failure(ended_by="timeout", reply=DONE, exit_code=0).kind == "timeout"
    assert failure(ended_by="idle", stderr="a\nAttempt 4 failed: 429\n").message == (
        "the agent printed nothing for too long; its last words: Attempt 4 failed: 429"
    )
    assert failure(ended_by="cancelled").message == "the agent was told to stop"


def test_what_nobody_explains():
    cut = Reply(text="half", complete=False)
    assert failure(exit_code=-9)[:2] == ("crashed", "the agent was ended by signal 9")
    assert failure(exit_code=137, stderr="Killed\n")[:2] == ("crashed", "the agent was ended by signal 9: Killed")
    assert failure(exit_code=0, reply=Reply())[:2] == ("crashed", "the agent ended without an answer (exit code 0)")
    assert failure(exit_code=0, reply=cut)[:2] == (
        "crashed",
        "the agent stopped in the middle of its output (exit code 0)",
    )
    assert failure(exit_code=3, reply=DONE, stderr="oh\n")[:2] == ("error", "the agent exited with 3: oh")
    assert failure(reply=DONE, exit_code=0) is None


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300), st.integers(-64, 255), st.booleans())
def test_any_text_gives_a_failure_or_none(text, stderr, stdout, exit_code, complete):
    reply = Reply(text=text, complete=complete)
    for agent in ("qwen", "claude"):
        found = failure(agent=agent, reply=reply, exit_code=exit_code, stderr=stderr, stdout=stdout)
        assert (found is None) == (complete and exit_code == 0) or agent == "qwen"
        assert found is None or len(found.message) <= LONGEST_MESSAGE


@pytest.mark.parametrize(
    "piece", ["not ", "error: ", "status ", "retry in 1s ", "resets ", "a" * 50, "4", "{", "\n", "Nov 23, "]
)
def test_a_long_text_is_looked_at_in_a_moment(piece):
    text = piece * (2_000_000 // len(piece))
    found = failure(text, stderr=text, stdout=text)
    assert len(found.message) <= LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("reply", "exit_code", "kind"),
    [
        (Reply(left_out=1), 0, "bad_output"),
        (Reply(left_out=1), 3, "bad_output"),
        (Reply(left_out=1, complete=True), 0, "bad_output"),
        (Reply(left_out=1, text="I begin."), 0, "bad_output"),
        (Reply(left_out=1, text="I begin."), 3, "crashed"),
        (Reply(left_out=1), -9, "crashed"),
        (Reply(), 0, "crashed"),
    ],
)
def test_an_answer_in_a_line_that_is_too_long(reply, exit_code, kind):
    # What stands in that line is the agent's answer, not why it failed.
    found = failure(
        reply=reply, exit_code=exit_code, stdout="x" * 99 + " 429 Too Many Requests" if reply.left_out else ""
    )
    assert found.kind == kind
    if kind == "bad_output":
        assert found.message == "the agent's answer cannot be read: it printed a line of more than 8 MiB"


def test_a_long_line_beside_an_answer_does_no_harm():
    assert failure(reply=Reply(left_out=3, text="Done.", complete=True), exit_code=0) is None
