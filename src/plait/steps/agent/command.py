"""`command`: one of an agent's own commands, done by the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from plait.agents.command_files import find_command, invocation_text
from plait.expressions.values import to_text
from plait.steps.agent.agent_step import AgentStep
from plait.steps.agent.config import CommandConfig
from plait.steps.agent.task import Named, merged_options, task_of

if TYPE_CHECKING:
    from plait.agents.agent import Agent
    from plait.model.step_type import StepContext
    from plait.steps.agent.task import Task


class CommandStep(AgentStep):
    """Has an agent do a command: what the command's file says, with the arguments in place."""

    type_key = "command"
    Config = CommandConfig

    def task(self, config: CommandConfig, context: StepContext) -> Task:
        """Word the command for whichever agent does it."""
        command = context.text(config.command)
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

        return task_of(config, context, named, said, prompt_for, options)


def _prompt(agent: Agent, context: StepContext, command: str, arguments: str, *, alone: bool) -> str:
    """Return the command as the agent is told it: by name where the CLI puts in the text itself, else in full."""
    if not (alone and agent.commands is not None and agent.commands.expands):
        file = find_command(agent, context.project_root, command)
        if file is not None:
            return file.prompt(arguments)
    return invocation_text(agent, command, arguments)
