"""Why a call to an agent failed, told from its parsed output, its stderr and how it ended."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from plait.agents.reply import Failure
from plait.agents.reset_times import seconds_until
from plait.agents.streams.documents import Documents, at, text_at
from plait.agents.streams.lines import LONGEST_LINE

if TYPE_CHECKING:
    from plait.agents.reply import FailureClass, Reply
    from plait.process.follow import EndedBy

LOOKED_AT = 16 * 1024
"""Characters at the end of stderr, or of stdout, in which a failure is looked for."""

SHORT = 300.0
"""Seconds: a quota that is free again so soon is a rate limit."""

LONG = 900.0
"""Seconds: a rate limit that lasts so long is a quota."""

LONGEST_MESSAGE = 500
COLOURS = re.compile(r"\x1b\[[\d;]*m")
_DEADLY = frozenset({1, 2, 3, 6, 9, 11, 13, 15})
"""Numbers of signals of which a shell tells by adding 128; some CLIs have exit codes of their own above it."""

_PASSING = frozenset({"rate_limit", "overloaded", "quota"})
_LONG_QUOTA = re.compile(r"dail|per ?day|week|month|credit", re.IGNORECASE)


class Wording(NamedTuple):
    """One entry of the table: what the text of a failure of `kind` looks like, for some agents or for all (none)."""

    kind: FailureClass
    agents: frozenset[str]
    pattern: re.Pattern[str]


def classify(
    *,
    agent_key: str,
    reply: Reply,
    exit_code: int,
    stderr: str,
    stdout_tail: str,
    ended_by: EndedBy,
    now: float,
) -> Failure | None:
    """Return why a call failed, or None if it did not.

    An agent that was hung up on is judged by what it had said. `stderr` and `stdout_tail` may be the ends of longer
    texts; `now` is seconds since the epoch. What an agent says in a reply that came to its proper end is never looked
    into, but for the exact form in which some CLIs print an error as their answer and exit with 0.
    """
    stderr = COLOURS.sub("", stderr[-LOOKED_AT:])
    if ended_by not in {"exit", "hangup"}:
        return _ended(ended_by, reply, stderr)
    error = reply.error or _imitated(agent_key, reply)
    unread = _is_unread(reply, exit_code)
    if error is None and reply.complete and not unread and (exit_code == 0 or ended_by == "hangup"):
        return None
    told = error or _error_object(stderr)
    texts = [(told or "")[:LOOKED_AT], stderr]
    if not reply.complete and not reply.text and not unread:
        texts.append(stdout_tail[-LOOKED_AT:])
    for text in texts:
        if (kind := _kind(agent_key, text)) is not None:
            return _passing(kind, told or _telling_line(agent_key, text), text, now)
    if told is not None:
        return Failure("error", _shortened(told))
    return _unexplained(reply, exit_code, stderr, unread=unread)


def _ended(ended_by: EndedBy, reply: Reply, stderr: str) -> Failure:
    last = reply.error or _last_line(stderr)
    why = f"; its last words: {last}" if last else ""
    match ended_by:
        case "timeout":
            return Failure("timeout", _shortened(f"the agent did not end in time{why}"))
        case "idle":
            return Failure("idle", _shortened(f"the agent printed nothing for too long{why}"))
        case _:
            return Failure("error", "the agent was told to stop")


def _unexplained(reply: Reply, exit_code: int, stderr: str, *, unread: bool) -> Failure:
    last = _last_line(stderr)
    why = f": {last}" if last else ""
    number = -exit_code if exit_code < 0 else exit_code - 128
    if exit_code < 0 or number in _DEADLY:
        return Failure("crashed", _shortened(f"the agent was ended by signal {number}{why}"))
    if unread:
        line = f"a line of more than {LONGEST_LINE >> 20} MiB"
        return Failure("bad_output", _shortened(f"the agent's answer cannot be read: it printed {line}{why}"))
    if not reply.complete:
        ended = "stopped in the middle of its output" if reply.text else "ended without an answer"
        return Failure("crashed", _shortened(f"the agent {ended} (exit code {exit_code}){why}"))
    return Failure("error", _shortened(f"the agent exited with {exit_code}{why}"))


def _is_unread(reply: Reply, exit_code: int) -> bool:
    """Whether the answer seems to have been in a line that was too long to be read."""
    nothing_said = not reply.text and reply.data is None
    return reply.left_out > 0 and (nothing_said or (not reply.complete and exit_code == 0))


def _passing(kind: FailureClass, message: str, text: str, now: float) -> Failure:
    """Build the failure, with the time at which it will have passed if the text tells it."""
    message = _shortened(message)
    seconds = seconds_until(text, now) if kind in _PASSING else None
    if seconds is None:
        return Failure(kind, message)
    if kind == "quota" and seconds <= SHORT and not _LONG_QUOTA.search(text):
        kind = "rate_limit"
    if kind == "rate_limit" and seconds > LONG:
        kind = "quota"
    if kind == "quota":
        return Failure(kind, message, resets_at=now + seconds)
    return Failure(kind, message, retry_after=seconds)


def announcement_of(agent_key: str) -> re.Pattern[str] | None:
    """Return what an agent prints on stderr when it is about to try again; None if it tells nothing there."""
    return _wordings().announcements.get(agent_key)


def is_lost_session(reply: Reply, stderr: str) -> bool:
    """Return whether a call that failed did so because the session that it was to go on with is not there."""
    return any(_wordings().lost.search(text) for text in (reply.error or "", stderr[-LOOKED_AT:]))


def failure_in(agent_key: str, text: str, now: float) -> Failure | None:
    """Return the failure that a text tells of, None if it tells of none; `now` is seconds since the epoch."""
    kind = _kind(agent_key, text)
    return None if kind is None else _passing(kind, text, text, now)


def _kind(agent_key: str, text: str) -> FailureClass | None:
    if text:
        for wording in _wordings().failures:
            if (not wording.agents or agent_key in wording.agents) and wording.pattern.search(text):
                return wording.kind
    return None


def _telling_line(agent_key: str, text: str) -> str:
    """Return the last line that, taken alone, tells of a failure."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if _kind(agent_key, line) is not None), lines[-1])


def _imitated(agent_key: str, reply: Reply) -> str | None:
    for agents, answer in _wordings().imitations:
        if agent_key in agents and len(reply.text) <= LOOKED_AT and answer.search(reply.text.strip()):
            return reply.text.strip()
    return None


def _error_object(stderr: str) -> str | None:
    """Return the message of the last JSON object with an `error` in it, or a `status` of `error`."""
    message = None
    documents = Documents()
    for document in (*documents.feed(stderr.encode("utf-8", "replace")), *documents.finish()):
        error = at(document, "error")
        message = (error if isinstance(error, str) else text_at(error, "message")) or message
        if text_at(document, "status") == "error":
            message = text_at(document, "message") or message
    return message


class _Table(NamedTuple):
    failures: list[Wording]
    imitations: list[tuple[frozenset[str], re.Pattern[str]]]
    announcements: dict[str, re.Pattern[str]]
    lost: re.Pattern[str]


@cache
def _wordings() -> _Table:
    table = tomllib.loads((Path(__file__).parent / "failures.toml").read_text(encoding="utf-8"))
    wordings = [
        Wording(cast("FailureClass", row["kind"]), frozenset(row.get("agents", ())), _compiled(row))
        for row in table["failure"]
    ]
    answers = [(frozenset(row["agents"]), re.compile(row["answer"])) for row in table["imitation"]]
    announcements = {key: re.compile(row["stderr"], re.DOTALL) for row in table["retry"] for key in row["agents"]}
    return _Table(wordings, answers, announcements, _compiled(table["lost_session"]))


def _compiled(row: dict[str, list[str]]) -> re.Pattern[str]:
    parts = list(row["words"])
    if codes := "|".join(map(str, row.get("codes", ()))):
        parts.append(rf"\b(?:status|code|http|error)\w{{0,6}}[\"']?[\s:=(/.\d]{{1,8}}(?<!\d)(?:{codes})\b(?![.:]\d)")
        parts.append(rf"(?<![\w.:-])(?:{codes}) (?:status|error|\{{)")
        parts.append(rf"(?:^|[:\"\[] ?)(?:{codes}) (?-i:[A-Z])")
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE | re.MULTILINE)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _shortened(message: str) -> str:
    message = " ".join(message.split())
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
