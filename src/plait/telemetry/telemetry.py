"""Follows runs and hands on what becomes spans and measurements."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Self

from plait.journal.reader import read_events
from plait.model.status import RunStatus
from plait.telemetry.asked import asked_for
from plait.telemetry.finished import Measurement, Span
from plait.telemetry.open_steps import nanoseconds
from plait.telemetry.trace import SAMPLED, TraceParent, own_trace_id, parent_in
from plait.telemetry.walk import DIED, Origin, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.sdk.trace import SpanProcessor

    from plait.journal.facts import Event
    from plait.journal.state import RunState
    from plait.telemetry.export import Pipeline
    from plait.telemetry.finished import Sink

_BEGINNINGS = ("run_started", "run_resumed")


class Telemetry:
    """Tells OpenTelemetry of the runs of an engine; hand it over as `WorkflowEngine(telemetry=…)`.

    Used as a context manager it closes itself. What goes wrong in here is kept in `trouble`, and never reaches a run.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._walks: dict[str, Walk] = {}
        self._died: dict[str, int] = {}
        """When the processes died that had begun the latest walk of runs, in nanoseconds since the epoch."""
        self.trouble = ""
        """What went wrong, for a person; empty for nothing."""

    @classmethod
    def from_environment(cls, *, warn: Callable[[str], object] | None = None) -> Telemetry | None:
        """Return what the standard variables (`OTEL_…`) ask for; None if that is nothing, or cannot be had.

        `warn` is told why what they ask for cannot be had.
        """
        asked = asked_for(os.environ)
        if asked.warning and warn is not None:
            warn(asked.warning)
        if not asked:
            return None
        from plait.telemetry.export import Pipeline  # noqa: PLC0415 - the SDK, imported only by who exports

        try:
            return cls(Pipeline.from_environment(asked))
        except Exception as error:  # noqa: BLE001 - whatever the SDK makes of the variables, the run does not need it
            if warn is not None:
                warn(f"telemetry is off: {error}")
            return None

    @classmethod
    def through(
        cls, span_processor: SpanProcessor | None = None, meter_provider: MeterProvider | None = None
    ) -> Telemetry:
        """Return one that uses what a program has set up itself; closing it shuts neither of them down.

        Both are of `opentelemetry.sdk`; None leaves out spans, or measurements. The ids of spans are Plait's own.
        """
        from plait.telemetry.export import Pipeline  # noqa: PLC0415 - the SDK, imported only by who exports

        return cls(Pipeline(span_processor, meter_provider))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def opened(self, state: RunState) -> None:
        """See a recorded run before it goes on: what a process that died had begun is told of now."""
        if state.status is RunStatus.RUNNING:
            self._died[state.run_id] = nanoseconds(state.updated_at)

    def on_event(self, event: Event, state: RunState) -> None:
        """Take one event into account."""
        try:
            if event["event"] in _BEGINNINGS:
                if (died := self._died.pop(state.run_id, None)) is not None:
                    _tell_of_the_dead(state, died, self._pipeline)
                self._walks[state.run_id] = _begin(event, state, self._pipeline, parent_in(os.environ))
            elif (walk := self._walks.get(state.run_id)) is not None:
                walk.see(event)
                if walk.is_over:
                    del self._walks[state.run_id]
        except Exception as error:  # noqa: BLE001 - a mistake in here must not end a run
            self._walks.pop(state.run_id, None)
            self._note(error)

    def on_output(self, step_id: str, line: str) -> None:
        """Nothing is told of what steps print."""

    def child_variables(self, state: RunState, step_id: str, attempt: int) -> Mapping[str, str]:
        """Return the environment variables that tell a child of its try's span."""
        walk = self._walks.get(state.run_id)
        if walk is None:
            return {}
        trace = walk.trace(walk.ids.attempt(step_id, attempt))
        # An empty state beside ours hides one that came with another parent.
        state_is_told = trace.state or "TRACESTATE" in os.environ
        return {"TRACEPARENT": trace.text, **({"TRACESTATE": trace.state} if state_is_told else {})}

    def close(self) -> None:
        """End what is open, and send what is left, for a few seconds at most."""
        try:
            for walk in self._walks.values():
                walk.end(time.time_ns(), "interrupted")
            self._walks.clear()
            lost = self._pipeline.close()
        except Exception as error:  # noqa: BLE001 - what the run came to stands
            self._note(error)
        else:
            self.trouble = self.trouble or lost

    def _note(self, error: Exception) -> None:
        self.trouble = self.trouble or f"telemetry stopped: {type(error).__name__}: {error}"


def _origin_of(state: RunState, here: TraceParent | None) -> Origin:
    parent = TraceParent.of(state.traceparent, state.tracestate)
    trace_id = own_trace_id(state.run_id, state.created_at) if parent is None else parent.trace_id
    link = None if here is None or (parent is not None and here.span_id == parent.span_id) else here
    return Origin(state.run_id, state.workflow_id, trace_id, parent, link)


def _begin(event: Event, state: RunState, sink: Sink, here: TraceParent | None) -> Walk:
    origin = _origin_of(state, here)
    sampled = sink.is_sampled(origin.parent, origin.trace_id, f"run {origin.workflow_id}")
    return Walk(origin, event, sink, flags=SAMPLED if sampled else 0)


def _tell_of_the_dead(state: RunState, died: int, sink: Sink) -> None:
    """Tell of the spans that were open when the last process died: those before had been told."""
    told = _Held(sink)
    before = walk = None
    for _, event in read_events(state.folder.journal):
        if event["event"] in _BEGINNINGS:
            before, walk = walk, _begin(event, state, told, None)
        elif walk is not None:
            walk.see(event)
    if before is not None and not before.is_over:
        told.passes_spans = True
        before.end(died, "interrupted", DIED)


class _Held:
    """Keeps back what has been told before."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.passes_spans = False

    def is_sampled(self, parent: TraceParent | None, trace_id: int, name: str) -> bool:
        return self._sink.is_sampled(parent, trace_id, name)

    def put(self, told: Span | Measurement) -> None:
        if self.passes_spans and isinstance(told, Span):
            self._sink.put(told)
