"""The exit codes that tell how a run ended (EXI-06)."""

from __future__ import annotations

COMPLETED = 0
FAILED = 1
USAGE = 2
PAUSED = 3
ABORTED = 4
INTERRUPTED = 130

_OF_STATUS = {
    "completed": COMPLETED,
    "failed": FAILED,
    "paused": PAUSED,
    "aborted": ABORTED,
}


_SIGNALLED = ("interrupt", "SIGINT", "SIGTERM")


def was_interrupted(reason: str | None) -> bool:
    """Whether a signal stopped a run, by the reason recorded; somebody who pauses it does so on purpose."""
    return reason in _SIGNALLED


def exit_code(status: str, *, interrupted: bool = False, zero_on_pause: bool = False) -> int | None:
    """Return the exit code of a run that ended with `status`; None for one that has not ended.

    `interrupted` says that a signal stopped it. `zero_on_pause` gives a run that waits for a person the code 0.
    """
    if interrupted and status == "paused":
        return INTERRUPTED
    code = _OF_STATUS.get(status)
    return COMPLETED if code == PAUSED and zero_on_pause else code
