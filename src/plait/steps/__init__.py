"""The built-in step types: one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.steps.fan_in import FanInStep
from plait.steps.fan_out import FanOutStep
from plait.steps.gate import GateStep
from plait.steps.if_step import IfStep
from plait.steps.loops import DoWhileStep, WhileStep
from plait.steps.parallel import ParallelStep
from plait.steps.shell import ShellStep
from plait.steps.switch import SwitchStep

if TYPE_CHECKING:
    from plait.model.step_type import StepBase


def builtin_step_types() -> dict[str, StepBase]:
    """Return a fresh mapping of every built-in step type, by the word after `type:`."""
    types: list[StepBase] = [
        ShellStep(),
        GateStep(),
        IfStep(),
        SwitchStep(),
        WhileStep(),
        DoWhileStep(),
        FanOutStep(),
        FanInStep(),
        ParallelStep(),
    ]
    return {step_type.type_key: step_type for step_type in types}
