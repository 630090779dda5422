"""A step of a run in time: what is known of one occurrence."""

from __future__ import annotations

from typing import Literal, NamedTuple

AttemptEnd = Literal["completed", "skipped", "failed", "paused", "waiting", "interrupted", "lost", "running"]
"""How a try ended. `waiting`: a limit is to pass first; `lost`: the process that walked the run ended under it."""
WaitReason = Literal["retry", "limit", "turn", "person", "budget", "stopped"]
"""What is waited for. `turn`: for an agent that others use; `stopped`: for a resume, whoever stopped the run."""


class Attempt(NamedTuple):
    """One try of a step, from `start` to `end` in seconds since the epoch; `number` counts from 1.

    Of a step that holds others each walk through it counts. `forgotten`: a resume made it run anew afterwards.
    """

    number: int
    start: float
    end: float
    ended_as: AttemptEnd
    forgotten: bool = False


class Wait(NamedTuple):
    """A time, in seconds since the epoch, in which a step did nothing but wait."""

    start: float
    end: float
    reason: WaitReason


class Span(NamedTuple):
    """One occurrence of a step in time: from `start` to `end`, in seconds since the epoch, over all its attempts.

    `status` is the step's, or `forgotten` for one that a resume forgot and that has not run again. `parent` is the
    occurrence it is in, `order` its place in the document, `item_index` its place in a fan-out, `iteration` the pass
    of a loop from the second on, else 0. One that was skipped has no attempts.
    """

    step_id: str
    parent: str | None
    type: str
    name: str | None
    status: str
    start: float
    end: float
    attempts: tuple[Attempt, ...]
    waits: tuple[Wait, ...]
    order: int = -1
    item_index: int | None = None
    iteration: int = 0
