"""A shell text on its way to the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.model.step_type import StepContext
    from plait.steps.shell_text import ShellText
    from plait.steps.shell_text.binding import ShellCommand


def bound_command(text: ShellText, context: StepContext) -> ShellCommand:
    """Return the text with its values from the step's scope; raises `EvaluationError` for one that does not fit."""
    command = text.bind(lambda expression: expression.evaluate(context.scope()), context.files_folder)
    return command._replace(env={**workflow_variables(context), **command.env})


def workflow_variables(context: StepContext) -> dict[str, str]:
    """Return the variables that every command of a step has (ENV-04)."""
    return {"SPECKIT_WORKFLOW_DIR": context.workflow_dir} if context.workflow_dir else {}
