"""`prompt`: something an agent is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext
from plait.steps.agent.attempt import perform
from plait.steps.agent.choice import TaskError
from plait.steps.agent.command import IDLE_TIMEOUT
from plait.steps.agent.config import PromptConfig
from plait.steps.agent.task import Named, merged_options, task_of

if TYPE_CHECKING:
    from plait.agents.agent import Agent


class PromptStep(StepBase):
    """Has an agent do what it is told."""

    type_key = "prompt"
    Config = PromptConfig
    default_idle_timeout = IDLE_TIMEOUT
    own_clock = True

    def execute(self, config: PromptConfig, context: StepContext) -> StepResult:
        """Send the prompt to the agent and see to what comes of it."""
        text = context.text(config.prompt)
        try:
            named = Named.of(config, context)
            said: dict[str, object] = {"prompt": text, "integration": named.integration, "model": named.model}
            if not text.strip():
                output = {**said, "exit_code": 1, "dispatched": False}
                return StepResult.failed("the prompt is empty", output)

            def prompt_for(agent: Agent, alone: bool) -> str:
                del agent, alone
                return text

            options = merged_options(config, {}, context)
            task = task_of(config, context, named, said, prompt_for, options)
        except TaskError as error:
            return StepResult.failed(str(error))
        return perform(task, context)
