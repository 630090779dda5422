"""What the steps of a run printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.views.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plait.journal import RunState, StepRecord


_RAW = ".stream"


class Attempt(NamedTuple):
    """One try of a step that has a log; the status is the step's."""

    step_id: str
    number: int
    status: str
    path: Path


def attempts_of(
    state: RunState, step_id: str | None = None, number: int | None = None, *, raw: bool = False
) -> list[Attempt]:
    """Return the logs of a step and of those inside it, or of all steps; of each the last try, or try `number`.

    `raw` means what an agent itself put out, of which its log is made.
    """
    found = []
    for record in state.records.values():
        if step_id is not None and not within(state, record, step_id):
            continue
        for attempt in (number,) if number is not None else range(record.attempt, 0, -1):
            path = attempt_file(state, record.id, attempt, raw=raw)
            if path.is_file():
                found.append(Attempt(record.id, attempt, record.status.value, path))
                break
    return found


def attempt_file(state: RunState, step_id: str, attempt: int, *, raw: bool) -> Path:
    """Return the file that one try's output is in: its log or, `raw`, the agent's own output."""
    path = state.folder.attempt_log(step_id, attempt)
    return path.with_suffix(_RAW) if raw else path


def nothing_found(state: RunState, step_id: str | None, number: int | None, *, raw: bool) -> str:
    """Return why there is no log to show, as one line."""
    who = f"run {state.run_id}" if step_id is None else f"step {one_line(step_id)}"
    record = state.records.get(state.latest.get(step_id or "", step_id or ""))
    if number is not None and record is not None and number > record.attempt:
        return f"{who} has no try {number}: it has had {record.attempt or 'none'}"
    what = "has no machine output of an agent" if raw else "printed nothing"
    return f"{who} {what}" + ("" if number is None else f" in try {number}")


def within(state: RunState, record: StepRecord | None, step_id: str) -> bool:
    """Whether a record is that of a step, or of one inside it; the plain id of a loop's step means its latest pass."""
    wanted = state.latest.get(step_id, step_id)
    while record is not None:
        if record.id == wanted:
            return True
        record = state.records.get(record.parent or "")
    return False


def log_lines(attempts: Sequence[Attempt], *, safe: bool, prefixed: bool) -> Iterator[str]:
    """Yield the lines of logs; `safe` removes what a terminal would obey, `prefixed` puts the step's id in front."""
    for attempt in attempts:
        with attempt.path.open("rb") as file:
            for line in file:
                yield log_line(attempt.step_id if prefixed else "", line, safe=safe)


def log_line(step_id: str, line: bytes, *, safe: bool) -> str:
    """Return one line of a log as text, without its end; bytes that are no UTF-8 become replacement characters."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    prefix = f"[{one_line(step_id)}] " if step_id else ""
    return prefix + (clean(text) if safe else text)


def logs_payload(run_id: str, attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Return the logs as an object."""
    return {
        "run_id": run_id,
        "logs": [
            {
                "step_id": attempt.step_id,
                "attempt": attempt.number,
                "status": attempt.status,
                "path": str(attempt.path),
                "text": attempt.path.read_bytes().decode("utf-8", "replace"),
            }
            for attempt in attempts
        ],
    }
