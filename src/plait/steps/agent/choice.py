"""Who does it: the agent that a step names, and those that take over from it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from plait.agents.default_agent import default_agent
from plait.expressions.values import kind
from plait.model.fields import parse_deep
from plait.model.inputs import AUTO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.agent import Agent
    from plait.agents.catalogue import Agents
    from plait.model.step_type import StepContext
    from plait.steps.agent.config import AgentConfig
    from plait.steps.agent.field_types import FallbackAgent


class TaskError(Exception):
    """A step that cannot be handed to any agent as it is; the message is the step's error, `output` its record."""

    def __init__(self, message: str, output: Mapping[str, object] = MappingProxyType({})) -> None:
        super().__init__(message)
        self.output = output


class Candidate(NamedTuple):
    """An agent and the model it is to use; without an agent, `problem` says why."""

    key: str
    agent: Agent | None
    model: str | None = None
    problem: str = ""


def chosen_text(name: str, value: object, default: str | None, context: StepContext) -> str | None:
    """Return a step's own value, else the workflow's default; raises `TaskError` if it is not text (CMD-03)."""
    given = context.evaluate(value)
    if given is None or given == "":
        given = context.evaluate(parse_deep(default))
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise TaskError(f"`{name}` must be text, but it is {kind(given)}")
    return given


def chosen_agent(config: AgentConfig, context: StepContext) -> str | None:
    """Return the name of the agent a step wants; `auto`, and nothing at all, mean the project's default."""
    name = chosen_text("integration", config.integration, context.default_integration, context)
    return default_agent(context.project_root) or name if name in (None, AUTO) else name


def candidates(
    config: AgentConfig, context: StepContext, agents: Agents, key: str | None, model: str | None
) -> tuple[Candidate, ...]:
    """Return the agents to try, in order: the one named `key`, then its fallbacks, none of them twice."""
    first = _candidate(key, model, agents)
    if config.fallback is not None:
        others = [_fallback(entry, context, agents) for entry in config.fallback]
    else:
        others = [_candidate(name, None, agents) for name in (first.agent.fallback if first.agent else ())]
    found = {first.key: first}
    for other in others:
        found.setdefault(other.key, other)
    return tuple(found.values())


def _fallback(entry: FallbackAgent, context: StepContext, agents: Agents) -> Candidate:
    model = context.text(entry.model) if entry.model is not None else None
    return _candidate(context.text(entry.agent), model or None, agents)


def _candidate(key: str | None, model: str | None, agents: Agents) -> Candidate:
    if not key or key == AUTO:
        text = "no agent is named, and the project has no default one"
        return Candidate("", None, model, f"{text}; write `integration: NAME`, or run `plait init --agent NAME`")
    agent = agents.get(key)
    if agent is None:
        return Candidate(key, None, model, f"there is no agent `{key}`; {agents.hint_for(key)}")
    if agent.executable is None:
        return Candidate(key, None, model, f"{agent.name} cannot be driven: {agent.reason or 'it has no command line'}")
    return Candidate(key, agent, model)
