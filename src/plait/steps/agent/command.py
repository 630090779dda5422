"""`command`: one of an agent's own commands, done by the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from plait.agents.command_files import find_command, invocation_text
from plait.expressions.values import to_text
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext
from plait.steps.agent.attempt import perform
from plait.steps.agent.choice import TaskError
from plait.steps.agent.config import CommandConfig
from plait.steps.agent.task import Named, merged_options, task_of

if TYPE_CHECKING:
    from plait.agents.agent import Agent

IDLE_TIMEOUT = 1200.0
"""Seconds without any output after which an agent is taken for stuck."""


class CommandStep(StepBase):
    """Has an agent do a command: what the command's file says, with the arguments in place."""

    type_key = "command"
    Config = CommandConfig
    default_idle_timeout = IDLE_TIMEOUT
    own_clock = True

    def execute(self, config: CommandConfig, context: StepContext) -> StepResult:
        """Send the command to the agent and see to what comes of it."""
        command = context.text(config.command)
        try:
            named = Named.of(config, context)
            options = merged_options(config, config.options, context)
            given = cast("dict[str, object]", context.evaluate(config.input))
            said = {
                "command": command,
                "integration": named.integration,
                "model": named.model,
                "options": options,
                "input": given,
                "integration_args": [context.text(word) for word in config.integration_args],
                "integration_options": context.evaluate(config.integration_options),
            }
            arguments = to_text(given.get("args"))

            def prompt_for(agent: Agent, alone: bool) -> str:
                return _prompt(agent, context, command, arguments, alone=alone)

            task = task_of(config, context, named, said, prompt_for, options)
        except TaskError as error:
            return StepResult.failed(str(error))
        return perform(task, context)


def _prompt(agent: Agent, context: StepContext, command: str, arguments: str, *, alone: bool) -> str:
    """Return the command as the agent is told it: by name where the CLI puts in the text itself, else in full."""
    if not (alone and agent.commands is not None and agent.commands.expands):
        file = find_command(agent, context.project_root, command)
        if file is not None:
            return file.prompt(arguments)
    return invocation_text(agent, command, arguments)
