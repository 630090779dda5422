"""How a run has stopped, as notices name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.model.status import RunStatus

if TYPE_CHECKING:
    from plait.journal.state import RunState
    from plait.model.notification import Stop

_STOPS: dict[RunStatus, Stop] = {
    RunStatus.COMPLETED: "completed",
    RunStatus.FAILED: "failed",
    RunStatus.ABORTED: "aborted",
}


def stop_of(state: RunState) -> Stop | None:
    """Return how a run stopped, as `on` names it; None if it has not."""
    if state.status is RunStatus.PAUSED:
        return "paused" if state.interruption is None else "interrupted"
    return _STOPS.get(state.status)


def signature_of(state: RunState) -> tuple[object, ...] | None:
    """Return what a run waits for, to tell whether that has changed; None for one that waits for nobody."""
    if state.status is not RunStatus.PAUSED or state.interruption is not None:
        return None
    return tuple(sorted((record.id, str(record.output.get("message"))) for record in state.waiting))
