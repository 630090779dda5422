"""Which ids the trace and the spans of a run have.

They follow from what the journal says, so that a child is told the id of a span that does not exist yet, and a process
that goes on with a run knows those of the one before it.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLED = 1
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_STATE = re.compile(r"[\x20-\x7e]{1,512}")


class TraceParent(NamedTuple):
    """A span of some trace, as `TRACEPARENT` names it; `state` is what `TRACESTATE` says beside it."""

    trace_id: int
    span_id: int
    flags: int = SAMPLED
    state: str = ""

    @classmethod
    def of(cls, parent: object, state: object = "") -> TraceParent | None:
        """Return the span that a text in the form of W3C Trace Context names; None for any other."""
        match = _PARENT.fullmatch(parent.strip()) if isinstance(parent, str) else None
        if match is None or (match[0].startswith("00") and match[4]):
            return None
        trace_id, span_id = int(match[1], 16), int(match[2], 16)
        if not trace_id or not span_id:
            return None
        kept = state if isinstance(state, str) and _STATE.fullmatch(state) else ""
        return cls(trace_id, span_id, int(match[3], 16), kept)

    @property
    def text(self) -> str:
        """The value of `TRACEPARENT`."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.flags & SAMPLED:02x}"


def parent_in(environ: Mapping[str, str]) -> TraceParent | None:
    """Return the span that this process was started in, if its environment names one."""
    return TraceParent.of(environ.get("TRACEPARENT"), environ.get("TRACESTATE", ""))


def recorded_fields(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a run's first event says of the trace that it belongs to; nothing if it is to have its own."""
    parent = parent_in(environ)
    if parent is None:
        return {}
    return {"traceparent": parent.text, **({"tracestate": parent.state} if parent.state else {})}


def own_trace_id(run_id: str, created_at: str) -> int:
    """Return the id of the trace of a run that is not part of another."""
    return int.from_bytes(_digest(16, "trace", run_id, created_at)) or 1


class SpanIds:
    """The ids of the spans that one process makes for a run.

    `began` is the time at which it began to walk the run, as its first event says it: a step that another process
    walks again has another span there.
    """

    def __init__(self, trace_id: int, began: str, *, resumes: bool) -> None:
        self._trace = f"{trace_id:x}"
        self._began = began
        self.first_walk = self._id("run")
        self.walk = self._id("resume", began) if resumes else self.first_walk

    def step(self, step_id: str, attempt: int) -> int:
        """Return the id of the span of an occurrence of a step; `attempt` is the first try in it, 0 for none.

        One that failed has another when it is tried again because a step around it is.
        """
        return self._id("step", self._began, step_id, str(attempt))

    def attempt(self, step_id: str, attempt: int) -> int:
        """Return the id of the span of one try."""
        return self._id("attempt", self._began, step_id, str(attempt))

    def _id(self, *words: str) -> int:
        return int.from_bytes(_digest(8, self._trace, *words)) or 1


def _digest(size: int, *words: str) -> bytes:
    return hashlib.blake2b("\0".join(words).encode("utf-8", "surrogatepass"), digest_size=size).digest()
