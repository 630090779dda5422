"""One step's work, with every expression evaluated: what is to be done, by whom, and what it must come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from plait.agents.catalogue import agents_of
from plait.model.fields import parse_deep
from plait.model.workflow import PERMISSIONS
from plait.steps.agent.choice import Candidate, TaskError, candidates, chosen_agent, chosen_text
from plait.steps.agent.schema_source import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plait.agents.agent import Agent
    from plait.agents.catalogue import Agents
    from plait.model.step_type import StepContext
    from plait.model.workflow import AgentLimits, Permission
    from plait.steps.agent.config import AgentConfig


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked, and `said`, the fields that every record of it repeats.

    `prompt_for` words it for an agent; the flag tells whether it is sent alone.
    """

    config: AgentConfig
    candidates: tuple[Candidate, ...]
    prompt_for: Callable[[Agent, bool], str]
    permission: Permission
    schema: Mapping[str, Any] | None
    options: Mapping[str, object]
    extra: tuple[str, ...]
    said: Mapping[str, object]
    limits: Mapping[str, AgentLimits] = field(default_factory=dict)


class Named(NamedTuple):
    """The agent and the model that a step names, as its record says them (CMD-03)."""

    integration: str | None
    model: str | None

    @classmethod
    def of(cls, config: AgentConfig, context: StepContext) -> Named:
        """Evaluate them; raises `TaskError` for one that is not text."""
        return cls(chosen_agent(config, context), chosen_text("model", config.model, context.default_model, context))


def task_of(
    config: AgentConfig,
    context: StepContext,
    named: Named,
    said: Mapping[str, object],
    prompt_for: Callable[[Agent, bool], str],
    options: Mapping[str, object],
) -> Task:
    """Evaluate a step's other fields; raises `TaskError` and `EvaluationError` for values that do not fit."""
    agents = agents_of(context.project_root)
    workflow = context.workflow
    return Task(
        config=config,
        candidates=candidates(config, context, agents, named.integration, named.model),
        prompt_for=prompt_for,
        permission=_permission(config, context, agents),
        schema=_schema(config, context),
        options=options,
        extra=tuple(context.text(word) for word in config.integration_args),
        said=said,
        limits=workflow.limits if workflow is not None else {},
    )


def merged_options(config: AgentConfig, own: Mapping[str, object], context: StepContext) -> dict[str, object]:
    """Return the workflow's options with the step's own over them, then its `integration_options` (CMD-04)."""
    merged: dict[str, object] = {}
    for options in (parse_deep(dict(context.default_options)), dict(own), dict(config.integration_options)):
        merged |= cast("dict[str, object]", context.evaluate(options))
    return merged


def _permission(config: AgentConfig, context: StepContext, agents: Agents) -> Permission:
    own = context.evaluate(config.permissions)
    workflow = context.workflow
    level = own or (workflow.permissions if workflow is not None else None) or agents.permissions or "edit"
    if level not in PERMISSIONS:
        raise TaskError(f"`permissions` must be read, edit or full, not {own!r}")
    return level


def _schema(config: AgentConfig, context: StepContext) -> Mapping[str, Any] | None:
    folders = [Path(context.workflow_dir)] if context.workflow_dir else []
    try:
        return config.schema_for_run([*folders, context.project_root])
    except SchemaError as error:
        raise TaskError(f"`output_schema` {error}") from None
