"""What a record says of the agents that worked in a step, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.spending import spending_payload
from plait.views.waits import waiting_until

if TYPE_CHECKING:
    from plait.journal import StepRecord


def agent_facts(record: StepRecord) -> dict[str, Any]:
    """Return what there is of: `spent` and `waiting_until` with `waits_for`; `usage`, `session`, count of `changes`.

    Empty for a step that has nothing to do with agents. `spent` is over all attempts and what is inside the step;
    `usage` is that of its last attempt.
    """
    facts: dict[str, Any] = {}
    if record.spent is not None:
        facts["spent"] = spending_payload(record.spent)
    until = waiting_until(record)
    if until is not None:
        facts |= {"waiting_until": until, "waits_for": record.error}
    output = record.output
    if isinstance(output.get("usage"), dict):
        facts["usage"] = output["usage"]
    session = output.get("session") or _remembered(record, "session")
    if isinstance(session, str):
        facts["session"] = session
    changes = output.get("changes")
    if isinstance(changes, list):
        facts["changes"] = len(changes)
    return facts


def _remembered(record: StepRecord, name: str) -> object:
    """Return what an agent's step has left for later attempts."""
    memory = record.memory.get("agent")
    return memory.get(name) if isinstance(memory, dict) else None
