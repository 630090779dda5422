"""What a run of a workflow would do, as `--json` shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.estimate import cost_payload, estimate_payload
from plait.views.resolved_text import resolved_payload

if TYPE_CHECKING:
    from plait.expressions.partial import Verdict
    from plait.preview.estimate import Estimate
    from plait.preview.plan import AgentPlan, BlockPlan, InputPlan, Plan, StepPlan


def workflow_plan_payload(plan: Plan, estimate: Estimate | None) -> dict[str, Any]:
    """Return a plan as an object; the steps inside a step stand in its `blocks`."""
    workflow = plan.workflow
    return {
        "workflow": {"id": workflow.id, "name": workflow.name, "version": workflow.version},
        "inputs": {each.name: _input(each) for each in plan.inputs},
        "missing": [each.name for each in plan.missing],
        "max_parallel": None if plan.max_parallel is None else resolved_payload(plan.max_parallel),
        "budget": None if workflow.budget is None else workflow.budget._asdict(),
        "env": {name: resolved_payload(value) for name, value in plan.env.items()},
        "steps": [_step(step, estimate) for step in plan.steps],
        "finally": [_step(step, estimate) for step in plan.finally_steps],
        "outputs": {name: resolved_payload(value) for name, value in plan.outputs.items()},
        "calls_left_out": plan.left_out,
        "estimate": estimate_payload(plan, estimate),
    }


def _input(each: InputPlan) -> dict[str, Any]:
    return {"value": each.value, "source": each.source, "type": each.type, "question": each.question or None}


def _step(step: StepPlan, estimate: Estimate | None) -> dict[str, Any]:
    cost = None if estimate is None else estimate.by_path.get(step.path)
    return {
        "id": step.id,
        "type": step.type,
        "name": step.name,
        "outcome": step.outcome,
        "if": None if step.verdict is None else _verdict(step.verdict),
        "fields": {name: resolved_payload(value) for name, value in step.fields.items()},
        "env": {name: resolved_payload(value) for name, value in step.env.items()},
        "limits": {**step.usual_limits, **step.limits},
        "budget": None if step.budget is None else step.budget._asdict(),
        "agent": None if step.agent is None else _agent(step.agent),
        "decision": None if step.decision is None else _verdict(step.decision),
        "count": None if step.count is None else _count(step),
        "blocks": [_block(block, estimate) for block in step.blocks],
        "notes": list(step.notes),
        "fails": list(step.troubles),
        "estimate": None if cost is None else cost_payload(cost),
    }


def _block(block: BlockPlan, estimate: Estimate | None) -> dict[str, Any]:
    steps = [_step(step, estimate) for step in block.steps]
    return {"role": block.role, "label": block.label, "outcome": block.outcome, "steps": steps}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = {"text": verdict.text, "value": verdict.holds, "depends_on": list(verdict.unknown)}
    return {**found, "error": verdict.error} if verdict.error else found


def _count(step: StepPlan) -> dict[str, Any] | None:
    count = step.count
    if count is None:
        return None
    found: dict[str, Any] = {"of": count.what, "number": count.number, "least": count.least, "most": count.most}
    return {**found, "at_once": count.width, "depends_on": list(count.waits_for)}


def _agent(agent: AgentPlan) -> dict[str, Any]:
    return {
        "agent": resolved_payload(agent.agent),
        "model": None if agent.model is None else resolved_payload(agent.model),
        "permissions": resolved_payload(agent.permissions),
        "installed": agent.installed,
        "note": agent.note or None,
        "session": agent.session,
        "fallback": [resolved_payload(each) for each in agent.fallback],
        "limits": None if agent.limits is None else agent.limits._asdict(),
    }
