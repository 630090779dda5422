"""The built-in step types: one file each, imported when a workflow uses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.model.step_type import StepBase

_HOMES = {
    "shell": ("plait.steps.shell", "ShellStep"),
    "gate": ("plait.steps.gate", "GateStep"),
    "if": ("plait.steps.if_step", "IfStep"),
    "switch": ("plait.steps.switch", "SwitchStep"),
    "while": ("plait.steps.loops", "WhileStep"),
    "do-while": ("plait.steps.loops", "DoWhileStep"),
    "fan-out": ("plait.steps.fan_out", "FanOutStep"),
    "fan-in": ("plait.steps.fan_in", "FanInStep"),
    "parallel": ("plait.steps.parallel", "ParallelStep"),
    "command": ("plait.steps.agent.command", "CommandStep"),
    "prompt": ("plait.steps.agent.prompt", "PromptStep"),
    "init": ("plait.steps.init_step", "InitStep"),
}


class StepTypes(Mapping[str, "StepBase"]):
    """Step types by the word after `type:`: those given, and the built-in ones, each imported when first asked for."""

    def __init__(self, own: Iterable[StepBase] = ()) -> None:
        self._made = {step_type.type_key: step_type for step_type in own}

    def __getitem__(self, key: str) -> StepBase:
        if key not in self._made:
            module, name = _HOMES[key]
            self._made[key] = getattr(import_module(module), name)()
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter({**_HOMES, **self._made})

    def __len__(self) -> int:
        return len({**_HOMES, **self._made})
