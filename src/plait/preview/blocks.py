"""The blocks of steps inside a step, and what each of them is there for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from plait.engine.written import called_by
from plait.steps.fan_out import FanOutConfig
from plait.steps.if_step import IfConfig
from plait.steps.loops import DoWhileStep, LoopConfig
from plait.steps.parallel import ParallelConfig
from plait.steps.switch import SwitchConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.model.workflow import Block, Step, Workflow

Role = Literal["case", "otherwise", "branch", "pass", "item", "called", "finally", "inside"]
"""What a block is: one of several of which one is run (`case`), the one that is run if no other is (`otherwise`), one
of several that run side by side (`branch`), a loop's body (`pass`), a fan-out's (`item`), the steps of a called
workflow (`called`) and of its `finally`, or the steps of a type that is not known (`inside`)."""
MOST_STEPS = 10_000
"""How many steps are looked at before called workflows are no longer looked into: calls may multiply."""
Path = tuple[str, ...]
"""Where a step stands in the tree: the ids of all steps around it, and its own."""


class BlockOf(NamedTuple):
    """A block of a step; `label` is its name there. `scope` is put before the ids of its steps.

    `workflow` is the one that its steps are written in; `via` stands between the paths of the step and of its steps.
    """

    role: Role
    label: str
    steps: Block
    scope: str
    workflow: Workflow
    via: Path = ()


def blocks_of(step: Step, workflow: Workflow, step_id: str, scope: str = "") -> Iterator[BlockOf]:
    """Yield the blocks inside a step of a workflow, in the order in which they are written.

    `step_id` is its id in the run, `scope` what is put before the ids of the steps in it.
    """
    config = step.config

    def of(role: Role, label: str, steps: Block, inner: str = scope) -> BlockOf:
        return BlockOf(role, label, steps, inner, workflow)

    if isinstance(config, IfConfig):
        yield of("case", "then", config.then)
        yield of("otherwise", "else", config.otherwise or ())
    elif isinstance(config, SwitchConfig):
        for name, block in config.cases.items():
            yield of("case", name, block)
        yield of("otherwise", "default", config.default or ())
    elif isinstance(config, LoopConfig):
        yield of("pass", "each pass", config.steps)
    elif isinstance(config, ParallelConfig):
        for name, block in config.branches.items():
            yield of("branch", name, block)
    elif isinstance(config, FanOutConfig):
        yield _item_block(config, workflow, f"{step_id}:")
    elif (called := called_by(step, workflow)) is not None:
        inner = f"{step_id}:"
        yield BlockOf("called", called.id, called.steps, inner, called)
        if called.finally_steps:
            yield BlockOf("finally", "finally", called.finally_steps, inner, called)
    elif step.children:
        yield of("inside", "steps", step.children)


def _item_block(config: FanOutConfig, workflow: Workflow, prefix: str) -> BlockOf:
    if config.step is not None:
        return BlockOf("item", "each item", (config.step,), prefix, workflow)
    return BlockOf("item", "each item", config.steps or (), f"{prefix}item:*:", workflow, ("item",))


def tests_at_the_end(step: Step) -> bool:
    """Whether a loop runs its first pass in any case."""
    return isinstance(step.type, DoWhileStep)


def shown_id(step: Step, block: BlockOf) -> str:
    """Return the id of a step of a block as its run has it, with `*` for the number of an item."""
    if block.role == "item" and not block.via:
        return f"{block.scope}{step.id}:*"
    return f"{block.scope}{step.id}"


def inner_scope(step_id: str, block: BlockOf) -> str:
    """Return what is put before the ids of the steps inside a step of a block, whose own id is given."""
    return f"{step_id}:" if step_id.endswith(":*") else block.scope
