"""What the steps of a run printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.views.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plait.journal import RunState, StepRecord


class Attempt(NamedTuple):
    """One try of a step that has a log; the status is the step's."""

    step_id: str
    number: int
    status: str
    path: Path


def attempts_of(state: RunState, step_id: str | None = None, number: int | None = None) -> list[Attempt]:
    """Return the logs of a step and of those inside it, or of all steps; of each the last try, or try `number`."""
    found = []
    for record in state.records.values():
        if step_id is not None and not within(state, record, step_id):
            continue
        for attempt in (number,) if number is not None else range(record.attempt, 0, -1):
            path = state.folder.attempt_log(record.id, attempt)
            if path.is_file():
                found.append(Attempt(record.id, attempt, record.status.value, path))
                break
    return found


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
