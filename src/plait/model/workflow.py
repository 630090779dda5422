"""A workflow: immutable, and valid once it exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from plait.model.problems import Document, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from plait.expressions import Condition, Template
    from plait.model.notification import Notification
    from plait.model.spending import Budget
    from plait.model.step_type import StepBase

START = Mark()
NOWHERE = Document()
Block = tuple["Step", ...]
Permission = Literal["read", "edit", "full"]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
"""From the least to the most."""
Failure = Literal[
    "error",
    "timeout",
    "idle",
    "rate_limit",
    "quota",
    "authentication",
    "overloaded",
    "permission",
    "bad_output",
    "verification",
    "no_changes",
    "crashed",
]
"""Classes of failures that `retry.on` can name; `error` is every one but `timeout` and `idle`."""


class Retry(NamedTuple):
    """How often, and how far apart, a failed step is tried again.

    `attempts` counts all tries, the first included. `delay` and `max_delay` are seconds; the wait before try *n* + 1
    is `delay * backoff ** (n - 1)`, at most `max_delay`, changed at random by up to the fraction `jitter`. `on` names
    what is worth another try: exit codes and classes of failures; empty means any failure.
    """

    attempts: int = 1
    delay: float = 0.0
    backoff: float = 1.0
    max_delay: float = 300.0
    jitter: float = 0.0
    on: tuple[int | str, ...] = ()


class AgentLimits(NamedTuple):
    """How much one agent may be used at once, over all runs of the machine: calls under way, calls begun a minute."""

    max_concurrency: int | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class StepSettings:
    """The fields that every step may have, whatever its type."""

    name: str | None = None
    condition: Condition | None = None
    env: Mapping[str, object] = field(default_factory=dict)
    cwd: Template | None = None
    timeout: float | Template | None = None
    idle_timeout: float | Template | None = None
    retry: Retry | None = None
    continue_on_error: bool = False
    outputs: Mapping[str, object] = field(default_factory=dict)
    budget: Budget | None = None
    """What an occurrence of the step, with all that is in it, may spend on agents."""
    on_interrupt: Literal["rerun", "fail", "ask"] = "rerun"
    overrides: Mapping[str, object] = field(default_factory=dict)
    """`integration`, `model`, `options`, `input` of a step whose type has no such field: recorded with it (DEF-13)."""


NO_SETTINGS = StepSettings()


@dataclass(frozen=True, slots=True)
class Step:
    """One step as written: its type, its settings and the configuration its type reads.

    `order` is the step's place in the document, counted over the whole tree from 0; a step's descendants follow it.
    `last` is the order of its last descendant. `config` is an instance of the type's configuration model, or the
    plain mapping of a type that has none.
    """

    id: str
    type: StepBase
    config: object
    settings: StepSettings = NO_SETTINGS
    order: int = 0
    last: int = 0
    parent: int | None = None
    """The `order` of the step this one is nested in; None at the top."""
    mark: Mark = START
    document: Document = NOWHERE
    """The file that it is written in, where `mark` is: the workflow's, or that of an overlay."""
    written: Mapping[str, object] = field(default_factory=dict)
    """The step's mapping as plain data, for records that show it."""
    children: tuple[Step, ...] = ()
    """Every step nested directly in this one, in document order, whichever block holds it."""

    def walk(self) -> Iterator[Step]:
        """Yield this step and everything below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Input:
    """The declaration of one input. `default` and `enum` values are already of the declared type."""

    name: str
    type: Literal["string", "number", "integer", "boolean"] | None = "string"
    required: bool = False
    has_default: bool = False
    default: object = None
    enum: tuple[object, ...] | None = None
    prompt: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow that can run. `text` is YAML that reads as the same, kept to freeze it with its runs."""

    id: str
    name: str
    version: str = "0.0.0"
    author: str = ""
    description: str = ""
    schema_version: str = "1.0"
    default_integration: str | None = None
    default_model: str | None = None
    default_options: Mapping[str, object] = field(default_factory=dict)
    requires: Mapping[str, object] = field(default_factory=dict)
    inputs: Mapping[str, Input] = field(default_factory=dict)
    steps: Block = ()
    finally_steps: Block = ()
    outputs: Mapping[str, object] = field(default_factory=dict)
    env: Mapping[str, object] = field(default_factory=dict)
    max_parallel: int | Template | None = None
    permissions: Permission | None = None
    """What agents may do in steps that say nothing of their own."""
    limits: Mapping[str, AgentLimits] = field(default_factory=dict)
    """By agent, how much of it may be used at once (`agents:`); the stricter of these and the settings' holds."""
    budget: Budget | None = None
    notify: tuple[Notification, ...] = ()
    text: str = ""
    path: Path | None = None
    calls: Mapping[str, Workflow] = field(default_factory=dict)
    """The workflows that its steps call, by the references written there."""

    def walk(self) -> Iterator[Step]:
        """Yield every step in document order, those of `finally` last."""
        for step in (*self.steps, *self.finally_steps):
            yield from step.walk()

    def doubtful(self) -> set[int]:
        """Return the steps, by their order, that a run may never reach: they or one around them depend on a choice."""
        found: set[int] = set()
        for step in self.walk():
            if step.parent in found or step.type.chooses or step.settings.condition is not None:
                found.add(step.order)
        return found

    def family(self) -> list[Workflow]:
        """Return this workflow and all that it calls, directly or not, each once."""
        found = {id(self): self}
        pending = [self]
        while pending:
            for called in pending.pop().calls.values():
                if id(called) not in found:
                    found[id(called)] = called
                    pending.append(called)
        return list(found.values())


class Surroundings(NamedTuple):
    """What a step's own checks may know of the workflow around it.

    `ids_before` holds the ids declared in document order up to and including the step itself; `folder` is where the
    file is, if it is one. `called` is the workflow that the step calls, if it does and that one has no errors.
    `kinds_before` has the types of the steps in `ids_before` that are sound, and `in_loop` tells that the step may run
    more than once.
    """

    step_id: str
    inputs: Mapping[str, Input]
    ids_before: frozenset[str] | set[str]
    inside_fan_out: bool = False
    inputs_are_valid: bool = True
    folder: Path | None = None
    called: Workflow | None = None
    kinds_before: Mapping[str, str] = {}
    in_loop: bool = False
