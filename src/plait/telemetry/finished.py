"""What is told of a run, without the SDK: spans that are over, and measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.telemetry.trace import TraceParent

Value = str | int | float | bool
Attributes = dict[str, Value]


class Moment(NamedTuple):
    """Something that happened while a span lasted; `at` is in nanoseconds since the epoch."""

    name: str
    at: int
    attributes: Mapping[str, Value] = {}


class Span(NamedTuple):
    """A span that is over. Times are in nanoseconds since the epoch; `problem` is why it failed, None if it did not.

    `trace` names the trace, its flags and its state; its span id is that of this span. `parent` is 0 for a root, and
    `remote_parent` tells that another program made it.
    """

    name: str
    trace: TraceParent
    parent: int
    began: int
    ended: int
    attributes: Mapping[str, Value]
    problem: str | None = None
    moments: Sequence[Moment] = ()
    links: Sequence[TraceParent] = ()
    is_call: bool = False
    remote_parent: bool = False


class Measurement(NamedTuple):
    """One value for an instrument of `measures.py`, which `name` is the name of."""

    name: str
    value: float
    attributes: Mapping[str, Value]


class Sink(Protocol):
    """Takes what is told; must be quick, as the run waits."""

    def is_sampled(self, parent: TraceParent | None, trace_id: int, name: str) -> bool:
        """Whether the spans of a trace are wanted."""

    def put(self, told: Span | Measurement) -> None:
        """Take one."""
