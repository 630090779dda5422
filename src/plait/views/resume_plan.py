"""What a resume would do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from plait.views.palette import Palette
from plait.views.shortage import shortage_of
from plait.views.spending import budget_text, spending_payload, spent_text
from plait.views.table import columns
from plait.views.text import one_line
from plait.views.waits import wait_text, waits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plait.engine.resume_plan import PlannedStep
    from plait.journal import RunState
    from plait.model.spending import Budget


def plan_lines(
    steps: Sequence[PlannedStep], state: RunState, budgets: Mapping[str | None, Budget], palette: Palette | None = None
) -> Iterator[str]:
    """Yield one line a step: what happens to it, its id, why; then what agents have cost and may cost from now on.

    `budgets` are the limits that the resume would set.
    """
    styles = {"reuse": "dim", "run": "cyan", "maybe": "yellow"}
    rows = [
        [(step.action, styles.get(step.action, "")), (one_line(step.step_id), ""), (_reason(step, state), "dim")]
        for step in steps
    ]
    yield from columns(rows, palette or Palette())
    if cost := spent_text(state.spent):
        yield f"agents have cost {cost} so far"
    for step_id, budget in budgets.items():
        name = "the run" if step_id is None else f"step {one_line(step_id)}"
        yield f"new budget of {name}: {budget_text(budget)}"


def _reason(step: PlannedStep, state: RunState) -> str:
    record = state.records.get(step.step_id)
    if step.action == "reuse" or record is None:
        return one_line(step.reason)
    if waits(record):
        return f"it {wait_text(record, time.time())}"
    if shortage_of(record) is not None:
        return f"it waits for a larger budget: {one_line(str(record.output.get('message') or ''))}"
    return one_line(step.reason)


def plan_payload(steps: Sequence[PlannedStep], state: RunState, budgets: Mapping[str | None, Budget]) -> dict[str, Any]:
    """Return the same as an object."""
    plan = [{"step_id": step.step_id, "action": step.action, "reason": _reason(step, state)} for step in steps]
    return {
        "run_id": state.run_id,
        "plan": plan,
        "spent": spending_payload(state.spent),
        "new_budgets": [{"step_id": step_id, **budget._asdict()} for step_id, budget in budgets.items()],
    }
