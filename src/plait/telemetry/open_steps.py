"""Steps and tries that have begun and not ended: what becomes their spans."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plait.telemetry.finished import Moment

if TYPE_CHECKING:
    from plait.journal.facts import Event
    from plait.telemetry.agents import Calls
    from plait.telemetry.finished import Attributes

_EPOCH = datetime.fromtimestamp(0, UTC)
_MOST_MOMENTS = 128
_LONGEST = 256


@dataclass(slots=True)
class OpenAttempt:
    """A try that has begun; `began` is in nanoseconds since the epoch."""

    number: int
    began: int
    calls: Calls | None = None


@dataclass(slots=True)
class OpenStep:
    """An occurrence of a step that has begun in this process.

    `stopped_at` is the time at which it stopped to wait, None while it is at work; `status` says what it waits for.
    """

    step_id: str
    span_id: int
    path: str
    type: str
    began: int
    parent: str | None = None
    index: int | None = None
    iteration: int = 0
    name: str | None = None
    attempt: OpenAttempt | None = None
    attempts: int = 0
    moments: list[Moment] = field(default_factory=list)
    stopped_at: int | None = None
    status: str = "running"

    @classmethod
    def of(cls, event: Event, at: int, span_id: int) -> OpenStep:
        """Return what an event says of a step that begins, or that ended without having begun."""
        step_id = event["step_id"]
        return cls(
            step_id,
            span_id,
            path_of(step_id),
            event["type"],
            at,
            event.get("parent"),
            event.get("index"),
            event.get("iteration", 0),
            event.get("name"),
        )

    def note(self, name: str, at: int, attributes: Attributes | None = None) -> None:
        """Keep something that happened, unless there is much of it already."""
        if len(self.moments) < _MOST_MOMENTS:
            self.moments.append(Moment(name, at, attributes or {}))

    def kind(self, workflow_id: str) -> Attributes:
        """Return the attributes that many occurrences share: those of measurements."""
        return {"plait.workflow.id": workflow_id, "plait.step.path": self.path, "plait.step.type": self.type}

    def attributes(self, run_id: str) -> Attributes:
        """Return the attributes of its span."""
        found: Attributes = {
            "plait.run.id": run_id,
            "plait.step.id": self.step_id,
            "plait.step.path": self.path,
            "plait.step.type": self.type,
        }
        if self.name:
            found["plait.step.name"] = self.name[:_LONGEST]
        if self.index is not None:
            found["plait.item.index"] = self.index
        if self.iteration:
            found["plait.iteration"] = self.iteration
        return found


def path_of(step_id: str) -> str:
    """Return the id of an occurrence without the numbers of items and passes: the same for all that are alike."""
    first, *rest = step_id.split(":")
    return ":".join((first, *(part for part in rest if not part.isdigit())))[:_LONGEST]


def nanoseconds(timestamp: str) -> int:
    """Return the time of an event in nanoseconds since the epoch."""
    since = datetime.fromisoformat(timestamp) - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
