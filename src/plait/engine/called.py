"""A workflow that a step calls: its inputs, its walk, its `finally` and its outputs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plait.agents.default_agent import default_agent
from plait.cancellation import Cancellation
from plait.engine import interpreter
from plait.engine.call import Call
from plait.engine.forget import inside
from plait.engine.waiting import wait_until
from plait.engine.walk import first_failure, limit_slots, variables_of
from plait.errors import EvaluationError, StorageError
from plait.expressions import Template, evaluate_value
from plait.journal.values import as_json
from plait.model.inputs import resolve_inputs
from plait.model.outcome import Halt, HaltKind
from plait.model.spending import Budget
from plait.model.status import RunStatus, StepStatus
from plait.model.workflow import AgentLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.engine.context import RunContext
    from plait.engine.run import Run
    from plait.model.workflow import Step, Workflow

_UNENDED = (HaltKind.PAUSED, HaltKind.WAITING)


class CalledWorkflow:
    """One call of a workflow; walked again, it finds the inputs it was called with and the steps it has done."""

    def __init__(self, run: Run, context: RunContext, reference: str) -> None:
        outer = context.place.scope.call
        workflow = outer.workflow.calls.get(reference)
        if workflow is None:
            raise EvaluationError(
                f"the workflow {reference!r} was not loaded: a step that was made while the workflow runs can call none"
            )
        self._run = run
        self._context = context
        self._workflow = _with_defaults_of(outer.workflow, workflow, context)
        folder = "" if workflow.path is None else str(workflow.path.parent.absolute())
        values = {"run_id": run.state.run_id, "workflow_dir": folder}
        self._call = Call(self._workflow, values, context.step_id)
        self._call.slots = outer.slots
        self._call.defaults = _recorded(self._workflow, run)
        self._scope = context.place.scope.of_called(self._call)

    def run(self, inputs: Mapping[str, object]) -> tuple[Halt | None, dict[str, object]]:
        """Walk its steps, then those of its `finally` unless it goes on later; return its outputs if it ended well."""
        run, call = self._run, self._call
        self._take(inputs)
        self._limit_spending()
        self._forget_finally()
        limit_slots(run, self._scope)
        try:
            halt = self._walk(self._workflow.steps)
        except StorageError:
            raise
        except Exception as error:
            call.ending = {"status": RunStatus.FAILED.value, "error": f"{type(error).__name__}: {error}"}
            with suppress(Exception):  # recorded with its step; the first exception is the one to raise
                self._walk_finally()
            raise
        if halt is not None and halt.kind in _UNENDED:
            return halt, {}
        if halt is not None and halt.kind is HaltKind.INTERRUPTED and run.state.stop_request != "cancel":
            return halt, {}
        outputs: dict[str, object] = {}
        if halt is None:
            halt, outputs = self._outputs()
        call.ending = _ending(halt)
        halt = first_failure(halt, self._walk_finally())
        if halt is not None and halt.kind is HaltKind.FAILED:
            self._context.former = StepStatus.FAILED
        return halt, {} if halt is not None else outputs

    def _take(self, templates: Mapping[str, object]) -> None:
        """Work out the inputs when the call begins, and those that a resume with new inputs of the run has changed."""
        run, step_id = self._run, self._context.step_id
        known = run.state.calls.get(step_id)
        if known is not None and known.generation == run.state.generation:
            return
        evaluated = self._context.evaluate(dict(templates))
        given = {name: as_json(value) for name, value in evaluated.items() if value is not None}  # type: ignore[attr-defined]
        if known is not None and given == known.given:
            return
        auto = default_agent(run.project_root)
        values = resolve_inputs(self._workflow.inputs, given, auto_integration=auto)
        changed = [name for name in values if known is None or given.get(name) != known.given.get(name)]
        if known is not None:
            values = {**known.inputs, **{name: values[name] for name in changed}}
        run.journal.append(
            "workflow_called",
            step_id=step_id,
            workflow=self._workflow.id,
            given=given,
            inputs=values,
            changed=changed,
        )

    def _limit_spending(self) -> None:
        """Let the budget of the workflow limit the step that calls it, as the step's own does."""
        own = self._context.step_budget
        tightest = _tightest(own, self._workflow.budget)
        if tightest is not None and tightest != own:
            self._run.budgets.declare(self._context.step_id, self._context.written_id, tightest)

    def _walk(self, block: tuple[Step, ...], terms: Any = None) -> Halt | None:
        place = self._context.place
        terms = terms or place.terms
        env = variables_of(self._run, self._scope)
        if env:
            terms = replace(terms, env={**(terms.env or {}), **env})
        return interpreter.run_block(self._run, block, place.of_called(self._call, terms))

    def _walk_finally(self) -> Halt | None:
        """Walk the steps of `finally`, all of them, also after a cancel; return the first failure among them."""
        steps = self._workflow.finally_steps
        if not steps:
            return None
        terms = replace(self._context.place.terms, cancellation=Cancellation(self._run.cancellation_of_the_end()))
        first: Halt | None = None
        for step in steps:
            halt = self._walk((step,), terms)
            while halt is not None and halt.kind is HaltKind.WAITING:
                wait_until(terms.cancellation, halt.until or 0.0)
                halt = self._walk((step,), terms)
            if halt is not None and halt.kind is HaltKind.INTERRUPTED:
                return halt
            first = first or halt
        return first

    def _forget_finally(self) -> None:
        """Forget the steps of `finally` of a call that has failed: they run once more, at the end still to come."""
        run, call = self._run, self._call
        prefix, state = call.prefix, run.state
        last = [prefix + step.id for step in self._workflow.finally_steps]
        if not any(step_id in state.records for step_id in last):
            return
        at_its_end = all(state.settled(prefix + step.id) for step in self._workflow.steps)
        if at_its_end and self._context.former is not StepStatus.FAILED:
            return
        with run.journal.lock:
            gone = inside(state, last)
            run.journal.append("records_forgotten", step_ids=gone, unsettled=[], decisions=[])

    def _outputs(self) -> tuple[Halt | None, dict[str, object]]:
        values = self._scope.values(self._run)
        try:
            outputs = {name: _evaluated(value, values) for name, value in self._workflow.outputs.items()}
        except EvaluationError as error:
            return Halt(HaltKind.FAILED, self._context.step_id, f"`outputs`: {error}"), {}
        return None, outputs


def _ending(halt: Halt | None) -> dict[str, object]:
    """Return how a workflow is about to end; what is still interrupted here has been cancelled."""
    if halt is None:
        return {"status": RunStatus.COMPLETED.value, "error": None}
    if halt.kind is HaltKind.INTERRUPTED:
        return {"status": RunStatus.ABORTED.value, "error": "cancelled"}
    return {"status": halt.run_status.value, "error": halt.error}


def _evaluated(value: object, values: dict[str, object]) -> object:
    """Evaluate an output, leaving a stored text where it is if that is all the value is."""
    return value.evaluate(values, keep_lazy=True) if isinstance(value, Template) else evaluate_value(value, values)


def _with_defaults_of(caller: Workflow, called: Workflow, context: RunContext) -> Workflow:
    """Return a called workflow with what it does not say for itself as its caller says it."""
    integration = called.default_integration or context.evaluated_default(caller.default_integration)
    model = called.default_model or context.evaluated_default(caller.default_model)
    return replace(
        called,
        default_integration=integration,
        default_model=model,
        permissions=called.permissions or caller.permissions,
        limits=_strictest(caller.limits, called.limits),
    )


def _recorded(workflow: Workflow, run: Run) -> dict[str, object]:
    """Return the defaults that records of the steps show, where they are not the run's own."""
    known = run.state.recorded
    own = {"integration": workflow.default_integration, "model": workflow.default_model}
    return {key: value for key, value in own.items() if value != known.get(key)}


def _strictest(one: Mapping[str, AgentLimits], other: Mapping[str, AgentLimits]) -> Mapping[str, AgentLimits]:
    if not one or not other:
        return one or other
    nothing = AgentLimits()
    pairs = {name: (one.get(name, nothing), other.get(name, nothing)) for name in {**one, **other}}
    return {name: AgentLimits(*map(_least, *pair)) for name, pair in pairs.items()}


def _tightest(one: Budget | None, other: Budget | None) -> Budget | None:
    return one or other if one is None or other is None else Budget(*map(_least, one, other))


def _least(one: Any, other: Any) -> Any:
    return one if other is None else other if one is None else min(one, other)
