"""The steps that wait for a person, and what they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.shortage import shortage_payload

if TYPE_CHECKING:
    from plait.journal import RunState, StepRecord


def is_gate(record: StepRecord) -> bool:
    """Whether a record is a gate's; old states are told by a key only gates have (RUN-20)."""
    return record.type == "gate" or "on_reject" in record.output


def gate_block(state: RunState) -> dict[str, Any] | None:
    """Return the gate that the run stopped at, if it stopped at one (RUN-19)."""
    record = state.records.get(state.current_step_id or "")
    return describe_gate(record) if record is not None and is_gate(record) else None


def describe_gate(record: StepRecord) -> dict[str, Any]:
    """Return what a gate asks, every value as text."""
    message, choice = record.output.get("message"), record.output.get("choice")
    return {
        **shortage_payload(record),
        "step_id": record.id,
        "message": None if message is None else str(message),
        "options": options_of(record),
        "choice": None if choice is None else str(choice),
    }


def options_of(record: StepRecord) -> list[str] | None:
    """Return the words a gate takes; a single word stands for a list of one."""
    match record.output.get("options"):
        case None:
            return None
        case str(word):
            return [word]
        case list(words) | tuple(words):
            return [str(word) for word in words]
        case other:
            return [str(other)]


def waiting_blocks(state: RunState) -> list[dict[str, Any]]:
    """Return every step that waits for a person, in the order in which they began to."""
    return [describe_gate(record) for record in state.waiting]
