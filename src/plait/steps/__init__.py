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
    "workflow": ("plait.steps.workflow_step", "WorkflowStep"),
    "slot": ("plait.steps.slot", "SlotStep"),
    "github": ("plait.steps.github", "GithubStep"),
    "parallel": ("plait.steps.parallel", "ParallelStep"),
    "command": ("plait.steps.agent.command", "CommandStep"),
    "prompt": ("plait.steps.agent.prompt", "PromptStep"),
    "init": ("plait.steps.init_step", "InitStep"),
}

BUILT_IN = frozenset(_HOMES)


class StepTypes(Mapping[str, "StepBase"]):
    """Step types by the word after `type:`: those given, then the built-in ones, then those that were added.

    A built-in type is imported when it is first asked for; `added` is asked for what is neither given nor built in.
    """

    def __init__(self, own: Iterable[StepBase] = (), added: Mapping[str, StepBase] | None = None) -> None:
        self._made = {step_type.type_key: step_type for step_type in own}
        self._added: Mapping[str, StepBase] = {} if added is None else added

    def __getitem__(self, key: str) -> StepBase:
        if key in self._made:
            return self._made[key]
        if key not in _HOMES:
            return self._added[key]
        module, name = _HOMES[key]
        made: StepBase = getattr(import_module(module), name)()
        return self._made.setdefault(key, made)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*_HOMES, *self._made, *self._added]))

    def __len__(self) -> int:
        return sum(1 for _ in self)
