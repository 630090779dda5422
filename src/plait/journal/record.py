"""What is kept of one occurrence of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plait.model.status import StepStatus

if TYPE_CHECKING:
    from plait.model.spending import Spending

_PEER_KEYS = ("type", "integration", "model", "options", "input", "output", "status", "error")
_NOTHING: Mapping[str, object] = {}


@dataclass(slots=True)
class Extra:
    """What few records have, so that all the others need no room for it.

    `holds_back`: it is this step itself that waits until `waiting_until`, not one inside it.
    """

    memory: dict[str, object] = field(default_factory=dict)
    spent: Spending | None = None
    waits: int = 0
    waiting_until: float | None = None
    holds_back: bool = False


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
        "extra",
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
        self.extra: Extra | None = None

    @property
    def settled(self) -> bool:
        """Whether this occurrence has ended for good and never runs again."""
        status = self.status
        return (
            status is StepStatus.COMPLETED
            or status is StepStatus.SKIPPED
            or (status is StepStatus.FAILED and self.continued)
        )

    @property
    def waiting_until(self) -> float | None:
        """The time from which a limit that the step, or one inside it, ran into is expected to have passed."""
        return None if self.extra is None else self.extra.waiting_until

    @property
    def waits(self) -> int:
        """How often the step itself has waited for a limit to pass."""
        return 0 if self.extra is None else self.extra.waits

    @property
    def spent(self) -> Spending | None:
        """What agents have cost in this step and those inside it, over all its attempts; None for nothing."""
        return None if self.extra is None else self.extra.spent

    @property
    def memory(self) -> Mapping[str, object]:
        """What attempts of the step have left for later ones."""
        return _NOTHING if self.extra is None else self.extra.memory

    def more(self) -> Extra:
        """Return what few records have, to be changed."""
        if self.extra is None:
            self.extra = Extra()
        return self.extra

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
