"""What a run of a workflow would do, as far as that is known before it begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plait.expressions.partial import Resolved, Verdict
    from plait.model.spending import Budget
    from plait.model.workflow import AgentLimits, Workflow
    from plait.preview.blocks import Path, Role

Outcome = Literal["runs", "maybe", "skipped", "not taken"]
"""What becomes of a step: it runs, that is decided while the workflow runs, its `if` rules it out, or it stands in a
block that is not run. A step that comes after another one that fails does not run, whatever is said here."""


class Count(NamedTuple):
    """How many items or passes there are, and how many of them at once: None where that is not known yet.

    `least` and `most` are the numbers that it is between. `width` is what the step asks for; `waits_for` are the
    paths that the number depends on.
    """

    what: Literal["item", "pass", "branch"]
    number: int | None
    least: int = 0
    most: int | None = None
    width: int | None = 1
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """Who does an agent step; a text that is not known yet says what it waits for.

    `installed` tells whether its program was found here, None where that cannot be told. `limits` are those of the
    workflow for this agent.
    """

    agent: Resolved
    model: Resolved | None
    permissions: Resolved
    installed: bool | None = None
    note: str = ""
    session: str | None = None
    fallback: tuple[Resolved, ...] = ()
    limits: AgentLimits | None = None


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """A block inside a step, and what becomes of it."""

    role: Role
    label: str
    outcome: Outcome
    steps: tuple[StepPlan, ...]


@dataclass(frozen=True, slots=True)
class StepPlan:
    """What is known of one step before the run.

    `id` is as in the run, with `*` for the number of an item; `path` are the ids of all around it and its own.
    `verdict` is its `if`. `fields` are what it does, by the keys of the file. `limits` are its time limits in seconds,
    retries and the like, `usual_limits` those that its type has. `decision` is what chooses among its blocks, or ends
    its passes. `troubles` say why it would fail.
    """

    id: str
    path: Path
    type: str
    name: str | None
    outcome: Outcome
    verdict: Verdict | None = None
    fields: Mapping[str, Resolved] = field(default_factory=dict)
    env: Mapping[str, Resolved] = field(default_factory=dict)
    limits: Mapping[str, object] = field(default_factory=dict)
    usual_limits: Mapping[str, float] = field(default_factory=dict)
    budget: Budget | None = None
    agent: AgentPlan | None = None
    decision: Verdict | None = None
    count: Count | None = None
    blocks: tuple[BlockPlan, ...] = ()
    notes: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    def walk(self) -> Iterator[StepPlan]:
        """Yield this step and all in it, in document order."""
        yield self
        for block in self.blocks:
            for step in block.steps:
                yield from step.walk()


class InputPlan(NamedTuple):
    """An input of the workflow: its value, where it is from, and what a person would be asked for a missing one."""

    name: str
    value: object
    source: Literal["given", "default", "missing", "none"]
    type: str | None = None
    question: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would run. `outputs` are the workflow's, `max_parallel` how many of its steps run at once, if limited.

    `left_out` is how many calls were not looked into, because there are too many steps.
    """

    workflow: Workflow
    inputs: tuple[InputPlan, ...]
    steps: tuple[StepPlan, ...]
    finally_steps: tuple[StepPlan, ...] = ()
    outputs: Mapping[str, Resolved] = field(default_factory=dict)
    env: Mapping[str, Resolved] = field(default_factory=dict)
    max_parallel: Resolved | None = None
    left_out: int = 0

    def walk(self) -> Iterator[StepPlan]:
        """Yield every step, those of `finally` last."""
        for step in (*self.steps, *self.finally_steps):
            yield from step.walk()

    @property
    def missing(self) -> tuple[InputPlan, ...]:
        """The inputs that a run would need."""
        return tuple(each for each in self.inputs if each.source == "missing")
