"""What a resume would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.palette import Palette
from plait.views.table import columns
from plait.views.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.engine.resume_plan import PlannedStep


def plan_lines(steps: Sequence[PlannedStep], palette: Palette | None = None) -> Iterator[str]:
    """Yield one line a step: what happens to it, its id, why."""
    styles = {"reuse": "dim", "run": "cyan", "maybe": "yellow"}
    rows = [
        [(step.action, styles.get(step.action, "")), (one_line(step.step_id), ""), (one_line(step.reason), "dim")]
        for step in steps
    ]
    return columns(rows, palette or Palette())


def plan_payload(run_id: str, steps: Sequence[PlannedStep]) -> dict[str, Any]:
    """Return the same as an object."""
    plan = [{"step_id": step.step_id, "action": step.action, "reason": step.reason} for step in steps]
    return {"run_id": run_id, "plan": plan}
