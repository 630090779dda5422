"""The way to a collector: what is told of runs, as the SDK's spans and instruments. The one module that imports it."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, cast

from opentelemetry import trace as api
from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace.status import Status, StatusCode

from plait._version import __version__
from plait.telemetry.delivery import Delivery, MetricsOut, Quiet, SpansOut
from plait.telemetry.finished import Measurement, Span
from plait.telemetry.measures import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.metrics import Counter, Histogram, Meter, MeterProvider
    from opentelemetry.sdk.trace import SpanProcessor

    from plait.telemetry.asked import Asked
    from plait.telemetry.trace import TraceParent

PATIENCE = 5.0
"""Seconds that the end of a run waits for a collector, at most."""
_MOST_WAITING = 50_000
_LARGEST_QUEUE = 16_384
_DELAY_MILLIS = 1000
_PAUSE = 0.2
_SCOPE = InstrumentationScope("plait", __version__)


class Pipeline:
    """Takes what runs tell and passes it on from a thread of its own, so that no run waits for the SDK or a network.

    What waits is bounded: if more is told than can be passed on, the oldest is lost, and `close` says so.
    """

    def __init__(
        self,
        processor: SpanProcessor | None,
        meters: MeterProvider | None,
        *,
        provider: TracerProvider | None = None,
        delivery: Delivery | None = None,
    ) -> None:
        self._processor = processor
        self._meters = meters
        # Only its resource and its sampler are used, which it makes of the environment.
        self._provider = provider or TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._delivery = delivery or Delivery()
        self._is_ours = delivery is not None
        self._instruments = {} if meters is None else _instruments(meters.get_meter("plait", __version__))
        self._waiting: deque[Span | Measurement] = deque(maxlen=_MOST_WAITING)
        self._spans_told = 0
        self._closing = threading.Event()
        self._worker = threading.Thread(target=self._work, name="plait-telemetry", daemon=True)
        self._worker.start()

    @classmethod
    def from_environment(cls, asked: Asked) -> Pipeline:
        """Return one that exports by OTLP what is asked for, as the standard variables say."""
        delivery = Delivery(Quiet.installed())
        resource = _resource()
        processor = meters = None
        if asked.traces:
            processor = BatchSpanProcessor(
                SpansOut(delivery),
                max_queue_size=None if "OTEL_BSP_MAX_QUEUE_SIZE" in os.environ else _LARGEST_QUEUE,
                schedule_delay_millis=None if "OTEL_BSP_SCHEDULE_DELAY" in os.environ else _DELAY_MILLIS,
            )
        if asked.metrics:
            reader = PeriodicExportingMetricReader(MetricsOut(delivery))
            meters = SdkMeterProvider([reader], resource, shutdown_on_exit=False)
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        return cls(processor, meters, provider=provider, delivery=delivery)

    def is_sampled(self, parent: TraceParent | None, trace_id: int, name: str) -> bool:
        """Ask the sampler of the environment about a trace."""
        if self._processor is None:
            return False
        around = (
            None if parent is None else api.set_span_in_context(api.NonRecordingSpan(_context(parent, remote=True)))
        )
        decision = self._provider.sampler.should_sample(around, trace_id, name).decision
        return decision is Decision.RECORD_AND_SAMPLE

    def put(self, told: Span | Measurement) -> None:
        """Take one; never waits."""
        self._spans_told += isinstance(told, Span)
        self._waiting.append(told)

    def close(self) -> str:
        """Pass on and send what is left, for `PATIENCE` seconds at most; return in words what was lost, if anything."""
        until = time.monotonic() + PATIENCE
        self._closing.set()
        self._delivery.closing = True
        try:
            self._worker.join(PATIENCE)
            if self._is_ours:
                self._shut_down(until)
        except KeyboardInterrupt:
            pass  # whoever cannot wait loses what was not sent
        return self._delivery.lost(self._spans_told)

    def _shut_down(self, until: float) -> None:
        """Shut the SDK down; what hangs is left to its threads, which end with the process."""
        calls: list[Callable[[], object]] = []
        if self._processor is not None:
            calls.append(self._processor.shutdown)
        if isinstance(self._meters, SdkMeterProvider):
            calls.append(self._meters.shutdown)
        threads = [threading.Thread(target=call, daemon=True) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while not self._closing.wait(_PAUSE):
            self._pass_on()
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            told = self._waiting.popleft()
            if isinstance(told, Measurement):
                self._measure(told)
            elif self._processor is not None:
                self._processor.on_end(_readable(told, self._provider.resource))
                self._delivery.delivered += not self._is_ours

    def _measure(self, told: Measurement) -> None:
        record = self._instruments.get(told.name)
        if record is not None:
            self._delivery.metrics_lost = self._is_ours
            record(told.value, told.attributes)


def _resource() -> Resource:
    given = Resource.create().attributes
    own = {"service.name": "plait", "service.version": __version__}
    if not str(given.get("service.name", "unknown_service")).startswith("unknown_service"):
        own = {}
    return Resource.create({**own, "host.name": os.uname().nodename, "process.pid": os.getpid()})


def _instruments(meter: Meter) -> dict[str, Callable[[float, Mapping[str, str | int | float | bool]], None]]:
    made: dict[str, Callable[[float, Mapping[str, str | int | float | bool]], None]] = {}
    for name, each in INSTRUMENTS.items():
        if each.kind == "counter":
            counter: Counter = meter.create_counter(name, each.unit, each.description)
            made[name] = counter.add
        else:
            histogram: Histogram = meter.create_histogram(
                name, each.unit, each.description, explicit_bucket_boundaries_advisory=each.bounds
            )
            made[name] = histogram.record
    return made


def _context(span: TraceParent, *, remote: bool = False) -> api.SpanContext:
    state = api.TraceState.from_header([span.state]) if span.state else None
    return api.SpanContext(span.trace_id, span.span_id, remote, api.TraceFlags(span.flags), state)


def _readable(span: Span, resource: Resource) -> ReadableSpan:
    parent = None
    if span.parent:
        parent = _context(span.trace._replace(span_id=span.parent), remote=span.remote_parent)
    status = Status()
    if span.problem is not None:
        code = span.attributes.get("process.exit.code")
        status = Status(StatusCode.ERROR, span.problem if code is None else f"{span.problem}, exit code {code}")
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace),
        parent=parent,
        resource=resource,
        attributes=cast("dict[str, str | int | float | bool]", span.attributes),
        events=[Event(each.name, each.attributes, each.at) for each in span.moments],
        links=[api.Link(_context(each, remote=True)) for each in span.links],
        kind=api.SpanKind.CLIENT if span.is_call else api.SpanKind.INTERNAL,
        status=status,
        start_time=span.began,
        end_time=span.ended,
        instrumentation_scope=_SCOPE,
    )
