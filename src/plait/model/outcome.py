"""What a step or a block came to: values that travel up, never shared state."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from plait.model.status import RunStatus, StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.model.workflow import Step


class HaltKind(StrEnum):
    """Why a walk stopped before its end."""

    FAILED = "failed"
    PAUSED = "paused"
    ABORTED = "aborted"
    WAITING = "waiting"
    """A limit of someone else's is to be waited out: the step is tried again at a known time, nobody has to act."""
    INTERRUPTED = "interrupted"
    """Told to stop from outside (Ctrl-C, SIGTERM, `pause`): what ran is not settled and runs again."""


class Halt(NamedTuple):
    """The one thing that stopped a block: what happened, in which occurrence of a step, and its error.

    `waiting` names every step that waits for a person, when that is why it stopped. `until` is the time, in seconds
    since the epoch, from which a step that waits for one may be tried again.
    """

    kind: HaltKind
    step_id: str
    error: str | None = None
    waiting: tuple[str, ...] = ()
    until: float | None = None

    @property
    def run_status(self) -> RunStatus:
        """The status of a run that this halt ended."""
        return _RUN_STATUS[self.kind]

    @property
    def step_status(self) -> StepStatus:
        """The status of the steps around the one it happened in."""
        return _STEP_STATUS[self.kind]


_RUN_STATUS = {
    HaltKind.FAILED: RunStatus.FAILED,
    HaltKind.PAUSED: RunStatus.PAUSED,
    HaltKind.ABORTED: RunStatus.ABORTED,
    HaltKind.WAITING: RunStatus.PAUSED,
    HaltKind.INTERRUPTED: RunStatus.PAUSED,
}
_STEP_STATUS = {
    HaltKind.FAILED: StepStatus.FAILED,
    HaltKind.PAUSED: StepStatus.PAUSED,
    HaltKind.ABORTED: StepStatus.FAILED,
    HaltKind.WAITING: StepStatus.PENDING,
    HaltKind.INTERRUPTED: StepStatus.PENDING,
}


@dataclass(slots=True)
class StepResult:
    """What one execution of a step came to.

    A failure is a value: `status` FAILED with an `error`; an exception is a bug of the step type. `failure` is the
    class that `retry.on` matches, a `plait.model.workflow.Failure`. `again_at` is a time, in seconds since the epoch,
    at which a failure is worth another try whatever `retry` says, because it is a limit that passes; the item's place
    in its pool is free until then. A step that ran blocks passes on what stopped them as `halt`. `next_steps` are
    steps to run after this one, in its place: step mappings as in YAML, or `Step` values.
    """

    status: StepStatus = StepStatus.COMPLETED
    output: dict[str, object] = field(default_factory=dict)
    next_steps: Sequence[Mapping[str, object] | Step] = ()
    error: str | None = None
    halt: Halt | None = None
    failure: str = "error"
    again_at: float | None = None

    @classmethod
    def failed(
        cls,
        error: str,
        output: dict[str, object] | None = None,
        *,
        failure: str = "error",
        again_at: float | None = None,
    ) -> StepResult:
        """Build the result of a step that failed, with what it has to show for it."""
        return cls(StepStatus.FAILED, output or {}, error=error, failure=failure, again_at=again_at)

    @classmethod
    def paused(cls, message: str, output: dict[str, object] | None = None) -> StepResult:
        """Build the result of a step that cannot go on until a person does something; `message` says what."""
        return cls(StepStatus.PAUSED, {**(output or {}), "message": message})

    @classmethod
    def after(cls, halt: Halt | None, output: dict[str, object]) -> StepResult:
        """Build the result of a step that ran a block: completed, or stopped as the block was."""
        if halt is None:
            return cls(output=output)
        return cls(halt.step_status, output, error=halt.error, halt=halt)
