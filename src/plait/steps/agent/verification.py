"""The commands that check an agent's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.process import ProcessStartError
from plait.steps.agent.listening import short_line
from plait.steps.agent.trouble import Trouble
from plait.steps.shell_command import bound_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.model.step_type import StepContext
    from plait.steps.agent.field_types import Check

TAIL = 4 * 1024
"""Characters of a command's output that are kept, and handed to the agent."""


class Finding(NamedTuple):
    """One command, how it ended and the end of what it printed."""

    command: str
    exit_code: int
    output: str


class Verification(NamedTuple):
    """What checking came to: every command that ran, the last of which failed unless all is well.

    `trouble` is why checking itself could not go on.
    """

    findings: tuple[Finding, ...] = ()
    passed: bool = False
    trouble: Trouble | None = None


def verify(checks: Sequence[Check], context: StepContext) -> Verification:
    """Run the commands, up to the first that fails."""
    findings: list[Finding] = []
    for check in checks:
        found = _run(check, context)
        if isinstance(found, Trouble):
            return Verification(tuple(findings), trouble=found)
        findings.append(found)
        if found.exit_code != 0:
            return Verification(tuple(findings))
    return Verification(tuple(findings), passed=True)


def _run(check: Check, context: StepContext) -> Finding | Trouble:
    shown = context.text(check.written)
    context.tell(f"verify: {short_line(shown)}")
    script, env = bound_command(check.text, context)
    try:
        with context.timed():
            # One stream, so that messages stand in the order in which they were printed.
            result = context.run_process(["/bin/sh", "-c", f"exec 2>&1\n{script}"], env=env)
    except ProcessStartError as error:
        return Finding(shown, 127, str(error))
    match result.ended_by:
        case "exit":
            context.tell(f"verify: exit code {result.exit_code}")
            return Finding(shown, result.exit_code, (result.stdout.text or result.stdout.tail)[-TAIL:])
        case "cancelled":
            return Trouble("stopped", "it was stopped", None, 130)
        case ended_by:
            why = "did not end in time" if ended_by == "timeout" else "printed nothing for too long"
            return Trouble(ended_by, f"the check {short_line(shown)!r} {why}", None, -1)
