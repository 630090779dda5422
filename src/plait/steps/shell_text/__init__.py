"""Shell text whose expressions reach the shell as variables, so that a value is never shell syntax."""

from plait.steps.shell_text.binding import ShellCommand
from plait.steps.shell_text.shell_text import ShellText

__all__ = ["ShellCommand", "ShellText"]
