"""Why a step never began: what stopped the run before it, or what the walk did instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.history.facts import Fact
from plait.history.places import block_of, items_of, policies_of
from plait.history.story import story_of
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.engine.written import Way
    from plait.history.places import Places
    from plait.history.recorded import RecordedRun
    from plait.journal import StepRecord
    from plait.model.workflow import Step, Workflow

_DECISIONS = ("condition_decided", "case", "test", "items", "condition")
_ENDED = ("completed", "failed", "aborted")
_WELL = (StepStatus.COMPLETED, StepStatus.SKIPPED)


def why_unbegun(run: RecordedRun, way: Way, places: Places) -> list[Fact]:
    """Return why a step as written has no occurrence; `way` leads to it through the workflows that are called."""
    if run.workflow is None:
        return [_stands(run)]
    holder: StepRecord | None = None
    outer: Step | None = None
    for step, workflow in _path(run.workflow, way):
        record = _occurrence(run, step, holder)
        if record is None:
            return [*_decisions(run, holder, places), *_why(run, step, workflow, outer, holder)]
        holder, outer = record, step
    return [_stands(run)]


def why_no_item(run: RecordedRun, step_id: str, index: int, places: Places) -> list[Fact]:
    """Return why an item of a fan-out never began: `item_not_begun`."""
    items, record = items_of(run.state, step_id), run.state.records.get(step_id)
    values: dict[str, Any] = {"step": step_id, "index": index, "count": None if items is None else len(items)}
    if items is not None:
        values["item"] = items[index]
    halted = None if record is None else _first_halted(run, record, None)
    at = None if record is None else record.ended
    told = {} if halted is None else {"halted": halted.id, "status": halted.status.value, "error": halted.error}
    stands = run.status if run.now is not None or halted is None else None
    return [Fact("item_not_begun", at, {**values, **policies_of(places.step(step_id)), **told, "run": stands})]


def why_no_pass(run: RecordedRun, step_id: str, number: int, places: Places) -> list[Fact]:
    """Return why a loop made no such pass: its last test, then `pass_not_begun`."""
    record = run.state.records.get(step_id)
    tests = [fact for fact in story_of(run, step_id, places) if fact.kind == "test"]
    tests = [fact._replace(values={**fact.values, "of": step_id}) for fact in tests]
    output = {} if record is None else record.output
    values = {
        "step": step_id,
        "pass": number,
        "passes": output.get("iterations"),
        "ended_by": output.get("ended_by"),
        "most": output.get("max_iterations"),
        "run": run.status,
    }
    return [*tests[-1:], Fact("pass_not_begun", None if record is None else record.ended, values)]


def _path(workflow: Workflow, way: Way) -> Iterator[tuple[Step, Workflow]]:
    """Yield the steps that lead to one as written, the outermost first, each with the workflow that it is in."""
    family = workflow.family()
    for order in way:
        for each in family:
            steps = {step.order: step for step in each.walk()}
            if order not in steps:
                continue
            chain = [steps[order]]
            while chain[-1].parent is not None:
                chain.append(steps[chain[-1].parent])
            yield from ((step, each) for step in reversed(chain))


def _occurrence(run: RecordedRun, step: Step, holder: StepRecord | None) -> StepRecord | None:
    """Return the occurrence of a step inside another one at which its walk stopped, else the latest; None if none."""
    found = [
        record for record in run.state.records.values() if record.order == step.order and _is_in(run, record, holder)
    ]
    halted = [record for record in found if record.status not in _WELL]
    return next(iter(halted or found[::-1]), None)


def _is_in(run: RecordedRun, record: StepRecord, holder: StepRecord | None) -> bool:
    if holder is None:
        return record.parent is None
    inner: StepRecord | None = record
    while inner is not None and inner.parent != holder.id:
        inner = run.state.records.get(inner.parent or "")
    return inner is not None


def _decisions(run: RecordedRun, holder: StepRecord | None, places: Places) -> list[Fact]:
    """Return what the step around decided, which may be why."""
    if holder is None:
        return []
    facts = [fact for fact in story_of(run, holder.id, places) if fact.kind in _DECISIONS][-1:]
    return [fact._replace(values={**fact.values, "of": holder.id}) for fact in facts]


def _why(
    run: RecordedRun, step: Step, workflow: Workflow, outer: Step | None, holder: StepRecord | None
) -> Iterator[Fact]:
    """Yield why a step has no occurrence although the one around it, `holder`, has one."""
    at, values = None if holder is None else holder.ended, {"missing": step.id}
    if holder is None or outer is None:
        yield _before(run, step, workflow, None)
        return
    values["step"] = holder.id
    if holder.status is StepStatus.SKIPPED:
        yield Fact("holder_skipped", at, values)
    elif (instead := _taken_instead(run, outer, step, holder)) is not None:
        yield Fact("other_branch", at, {**values, **instead})
    elif holder.type == "while" and holder.output.get("iterations") == 0:
        yield Fact("no_pass", at, values)
    elif holder.type == "fan-out" and items_of(run.state, holder.id) == []:
        yield Fact("no_items", at, values)
    else:
        yield _before(run, step, workflow, holder)


def _taken_instead(run: RecordedRun, outer: Step, step: Step, holder: StepRecord) -> dict[str, Any] | None:
    wanted = block_of(outer, step)
    condition = run.state.decisions.get((holder.id, "condition"))
    case = run.state.decisions.get((holder.id, "case"))
    if holder.type == "if" and condition is not None:
        taken = "then" if condition.value else "else"
    elif holder.type == "switch" and case is not None and isinstance(case.value, list):
        taken = "default" if case.value[0] == "__default__" else str(case.value[0])
    else:
        return None
    return None if taken == wanted else {"wanted": wanted, "taken": taken, "type": holder.type}


def _before(run: RecordedRun, step: Step, workflow: Workflow, holder: StepRecord | None) -> Fact:
    """Return what came before a step and has not ended well: `stopped_before`, or else how the run stands."""
    if any(step.order == each.order for each in workflow.finally_steps) and run.status not in _ENDED:
        return Fact("finally_later", None, {"missing": step.id, "run": run.status})
    halted = _first_halted(run, holder, step)
    if halted is None:
        return _stands(run)
    innermost = _innermost(run, halted)
    waits = innermost.output.get("waits_for") == "budget"
    values = {
        "missing": step.id,
        "step": innermost.id,
        "status": innermost.status.value,
        "error": innermost.error,
        "waits_for": "budget" if waits else None,
        "run": run.status,
    }
    return Fact("stopped_before", innermost.ended, values)


def _first_halted(run: RecordedRun, holder: StepRecord | None, step: Step | None) -> StepRecord | None:
    """Return the first step directly in another one, and not behind `step`, that stopped the walk there."""
    parent = None if holder is None else holder.id
    for record in run.state.records.values():
        if record.parent != parent or record.settled or (step is not None and record.order > step.order):
            continue
        return record
    return holder if holder is not None and not holder.settled and step is not None else None


def _innermost(run: RecordedRun, record: StepRecord) -> StepRecord:
    """Return the step inside at which another one stopped, as far in as it can be told."""
    inside = [each for each in run.state.records.values() if each.parent == record.id and each.status is record.status]
    inside = [each for each in inside if not each.settled]
    matching = [each for each in inside if each.error == record.error]
    return _innermost(run, (matching or inside)[-1]) if inside else record


def _stands(run: RecordedRun) -> Fact:
    """Return how the run stands, for want of anything nearer: `run_stands`."""
    state = run.state
    return Fact("run_stands", None, {"run": run.status, "step": state.current_step_id, "error": state.error})
