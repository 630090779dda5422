"""What is kept of one occurrence of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from plait.model.status import StepStatus

_PEER_KEYS = ("type", "integration", "model", "options", "input", "output", "status", "error")
_NOTHING: Mapping[str, object] = {}


class StepRecord(Mapping[str, object]):
    """The record of one occurrence of a step; as a mapping it has the keys that expressions know (ENG-05).

    Times are seconds since the epoch. `alias` is the plain id that answers with this record while it is the latest
    pass of a loop. `order` is the step's place in the document.
    """

    __slots__ = (
        "alias",
        "attempt",
        "continued",
        "ended",
        "error",
        "failures",
        "id",
        "index",
        "iteration",
        "name",
        "order",
        "output",
        "parent",
        "recorded",
        "started",
        "status",
        "type",
    )

    def __init__(self, step_id: str, step_type: str, order: int = -1) -> None:
        self.id = step_id
        self.type = step_type
        self.order = order
        self.status = StepStatus.RUNNING
        self.output: dict[str, object] = {}
        self.error: str | None = None
        self.attempt = 1
        self.failures = 0
        self.started = 0.0
        self.ended: float | None = None
        self.parent: str | None = None
        self.index: int | None = None
        self.iteration = 0
        self.name: str | None = None
        self.continued = False
        self.alias: str | None = None
        self.recorded: Mapping[str, object] = _NOTHING

    @property
    def settled(self) -> bool:
        """Whether this occurrence has ended for good and never runs again."""
        status = self.status
        return (
            status is StepStatus.COMPLETED
            or status is StepStatus.SKIPPED
            or (status is StepStatus.FAILED and self.continued)
        )

    def seconds(self, now: float) -> float:
        """Return how long this occurrence has taken, up to `now` if it has not ended."""
        return (self.ended if self.ended is not None else now) - self.started

    def facts(self) -> dict[str, Any]:
        """Return the record as a dictionary with the keys of Spec Kit's state, in their order (ENG-05)."""
        output, recorded = self.output, self.recorded
        return {
            "type": self.type,
            "integration": output.get("integration") or recorded.get("integration"),
            "model": output.get("model") or recorded.get("model"),
            "options": output.get("options") or recorded.get("options") or {},
            "input": output.get("input") or recorded.get("input") or {},
            "output": output,
            "status": self.status.value,
            "error": self.error,
        }

    def __getitem__(self, key: str) -> object:
        read = _READ.get(key)
        return self.facts()[key] if read is None else read(self)

    def __iter__(self) -> Iterator[str]:
        return iter(_PEER_KEYS)

    def __len__(self) -> int:
        return len(_PEER_KEYS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self) == dict(other)

    __hash__ = None  # type: ignore[assignment]


_READ: dict[str, Callable[[StepRecord], object]] = {
    "output": lambda record: record.output,
    "status": lambda record: record.status.value,
    "error": lambda record: record.error,
    "name": lambda record: record.name,
    "attempt": lambda record: record.attempt,
}
_second: tuple[int, str] = (-1, "")


def timestamp(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC, with microseconds (RST-06)."""
    global _second  # noqa: PLW0603 - the last answer, replaced whole: most calls fall into the same second
    whole = int(seconds)
    known, text = _second
    if known != whole:
        text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _second = (whole, text)
    return f"{text}.{int((seconds - whole) * 1_000_000):06d}+00:00"
