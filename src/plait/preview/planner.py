"""Walks a workflow as a run would, without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.expressions.partial import decide
from plait.preview.agents import AgentsHere, level_trouble
from plait.preview.around import calling, known_inputs, outermost
from plait.preview.blocks import MOST_STEPS, blocks_of, inner_scope, shown_id
from plait.preview.plan import BlockPlan, Plan, StepPlan
from plait.preview.steps import Told, limits_of, tell, usual_limits
from plait.preview.values import resolve_value, resolve_variables
from plait.steps.agent.config import AgentConfig
from plait.steps.workflow_step import WorkflowConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path as FilePath

    from plait.expressions.partial import Resolved, Verdict
    from plait.model.workflow import Block, Step, Workflow
    from plait.preview.around import Around
    from plait.preview.blocks import BlockOf, Path
    from plait.preview.plan import Outcome


def plan_workflow(
    workflow: Workflow, given: Mapping[str, object], project_root: FilePath, default_agent: str | None = None
) -> Plan:
    """Return what a run with these inputs would do; nothing is run, read from a secret or written.

    `default_agent` is the project's. An input that is missing stays unknown. Raises `InputError` for an input that is
    not declared or does not fit.
    """
    values, inputs, trouble = known_inputs(workflow.inputs, given, (), default_agent)
    if trouble is not None:
        from plait.errors import InputError  # noqa: PLC0415 - only for a mistake

        raise InputError(trouble)
    missing = {each.name for each in inputs if each.source == "missing"}
    around = outermost(workflow, values, missing)
    walk = _Walk(AgentsHere(project_root, default_agent), default_agent)
    steps = walk.block(workflow.steps, around)
    last = walk.block(workflow.finally_steps, around.at_the_end())
    return Plan(
        workflow,
        inputs,
        steps,
        last,
        outputs={name: resolve_value(value, around.scope) for name, value in workflow.outputs.items()},
        env=resolve_variables(workflow.env, around.scope),
        max_parallel=None if workflow.max_parallel is None else resolve_value(workflow.max_parallel, around.scope),
        left_out=walk.left_out,
    )


class _Walk:
    """One walk over a workflow and those that it calls."""

    def __init__(self, agents: AgentsHere, default_agent: str | None) -> None:
        self._agents = agents
        self._default_agent = default_agent
        self._seen = 0
        self.left_out = 0

    def block(self, steps: Block, around: Around) -> tuple[StepPlan, ...]:
        return tuple(self._step(step, around, step.id, (step.id,), "", "runs") for step in steps)

    def _step(self, step: Step, around: Around, step_id: str, path: Path, scope: str, outcome: Outcome) -> StepPlan:
        self._seen += 1
        verdict = None if step.settings.condition is None else decide(step.settings.condition, around.scope)
        outcome = _narrowed(outcome, verdict)
        told = tell(step, around)
        config = step.config
        agent = self._agents.plan_of(config, around) if isinstance(config, AgentConfig) else None
        wrong = level_trouble(agent.permissions) if agent else None
        blocks, more = self._blocks(step, around, told, (path, step_id, scope), outcome)
        return StepPlan(
            step_id,
            path,
            step.type.type_key,
            step.settings.name,
            outcome,
            verdict=verdict,
            fields=_with_folder(step, told, around),
            env={**resolve_variables(step.settings.env, around.scope), **told.env},
            limits=limits_of(step, around.scope),
            usual_limits=usual_limits(step),
            budget=step.settings.budget,
            agent=agent,
            decision=told.decision,
            count=told.count,
            blocks=blocks,
            notes=told.notes,
            troubles=(*_troubles(told, verdict), *([wrong] if wrong else []), *more),
        )

    def _blocks(
        self, step: Step, around: Around, told: Told, place: tuple[Path, str, str], outcome: Outcome
    ) -> tuple[tuple[BlockPlan, ...], tuple[str, ...]]:
        troubles: tuple[str, ...] = ()
        inside = around
        path, step_id, scope = place
        if isinstance(step.config, WorkflowConfig):
            called = around.workflow.calls.get(step.config.workflow)
            if called is not None and self._seen > MOST_STEPS:
                self.left_out += 1
                return (), ("it is not looked into: there are too many steps",)
            if called is not None:
                given = {name: resolve_value(value, around.scope) for name, value in step.config.input.items()}
                inside, _, trouble = calling(around, called, given, self._default_agent)
                troubles = (trouble,) if trouble else ()
        found = [
            self._inside(block, _block_outcome(block, told, outcome), inside, path)
            for block in blocks_of(step, around.workflow, step_id, scope)
        ]
        return tuple(found), troubles

    def _inside(self, block: BlockOf, outcome: Outcome, around: Around, path: Path) -> BlockPlan:
        if block.role == "item":
            around = around.inside_item()
        elif block.role == "finally":
            around = around.at_the_end()
        steps = []
        for step in block.steps:
            step_id = shown_id(step, block)
            inner = inner_scope(step_id, block)
            steps.append(self._step(step, around, step_id, (*path, *block.via, step.id), inner, outcome))
        return BlockPlan(block.role, block.label, outcome, tuple(steps))


def _narrowed(outcome: Outcome, verdict: Verdict | None) -> Outcome:
    """Return what becomes of a step of a block, given what becomes of the block and the step's own `if`."""
    if outcome == "not taken" or verdict is None or verdict.holds:
        return outcome
    return "skipped" if verdict.holds is False else "maybe"


def _block_outcome(block: BlockOf, told: Told, outcome: Outcome) -> Outcome:
    """Return what becomes of a block inside a step."""
    if outcome in ("skipped", "not taken"):
        return "not taken"
    if block.role in ("case", "otherwise"):
        return _chosen(block, told, outcome)
    if block.role in ("item", "pass") and told.count is not None:
        return "not taken" if told.count.number == 0 else outcome if told.count.least else "maybe"
    return outcome


def _chosen(block: BlockOf, told: Told, outcome: Outcome) -> Outcome:
    decision = told.decision
    if decision is None or decision.holds is None:
        return "maybe"
    wanted = told.case if told.case is not None else "then" if decision.holds else "else"
    is_chosen = block.label == wanted and (block.role == "case") == decision.holds
    return outcome if is_chosen else "not taken"


def _with_folder(step: Step, told: Told, around: Around) -> Mapping[str, Resolved]:
    if step.settings.cwd is None:
        return told.fields
    return {**told.fields, "cwd": resolve_value(step.settings.cwd, around.scope)}


def _troubles(told: Told, verdict: Verdict | None) -> tuple[str, ...]:
    """Return why a step would fail as it is."""
    found = [*told.troubles]
    if verdict is not None and verdict.error:
        found.append(f"`if`: {verdict.error}")
    found += [f"`{name}`: {value.error}" for name, value in told.fields.items() if value.error]
    return tuple(dict.fromkeys(found))
