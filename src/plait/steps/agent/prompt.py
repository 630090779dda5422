"""`prompt`: something an agent is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.steps.agent.agent_step import AgentStep
from plait.steps.agent.choice import TaskError
from plait.steps.agent.config import PromptConfig
from plait.steps.agent.task import Named, merged_options, task_of

if TYPE_CHECKING:
    from plait.agents.agent import Agent
    from plait.model.step_type import StepContext
    from plait.steps.agent.task import Task


class PromptStep(AgentStep):
    """Has an agent do what it is told."""

    type_key = "prompt"
    Config = PromptConfig

    def task(self, config: PromptConfig, context: StepContext) -> Task:
        """Take the prompt as it is."""
        text = context.text(config.prompt)
        named = Named.of(config, context)
        said: dict[str, object] = {"prompt": text, "integration": named.integration, "model": named.model}
        if not text.strip():
            raise TaskError("the prompt is empty", {**said, "exit_code": 1, "dispatched": False})

        def prompt_for(agent: Agent, alone: bool) -> str:
            del agent, alone
            return text

        return task_of(config, context, named, said, prompt_for, merged_options(config, {}, context))
