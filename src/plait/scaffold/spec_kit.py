"""Spec Kit's own `specify init`: how it is called, and what it says."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SPECIFY = "specify"
_FRAME = " \t│─╭╮╰╯├└●○█═║╔╗╚╝"
_LAST_LINES = 3


class InitCall(NamedTuple):
    """What `specify init` is asked for; `target` is `--here`, `.` or the name of a folder (INI-03)."""

    target: str
    integration: str
    integration_options: str = ""
    script: str = ""
    preset: str = ""
    ignore_agent_tools: bool = True
    force: bool = False

    def words(self) -> list[str]:
        """Return the arguments that follow `specify`."""
        # A folder whose name looks like an option is still a folder.
        hidden = self.target.startswith("-") and self.target != "--here"
        words = ["init", f"./{self.target}" if hidden else self.target, "--integration", self.integration]
        for option, value in (
            ("--integration-options", self.integration_options),
            ("--script", self.script),
            ("--preset", self.preset),
        ):
            if value:
                words += [option, value]
        return [
            *words,
            *(["--ignore-agent-tools"] if self.ignore_agent_tools else []),
            *(["--force"] if self.force else []),
        ]


def find_specify(environ: Mapping[str, str]) -> str | None:
    """Return the path of `specify`; None where Spec Kit is not installed."""
    return shutil.which(SPECIFY, path=environ.get("PATH"))


def complaint(output: str) -> str:
    """Return the lines that say why `specify init` failed, without the frames drawn around them."""
    lines = [line for line in (each.strip(_FRAME) for each in output.splitlines()) if line]
    errors = [number for number, line in enumerate(lines) if line.startswith("Error")]
    said = lines[errors[-1] :] if errors else lines
    return " ".join(said[-_LAST_LINES:])
