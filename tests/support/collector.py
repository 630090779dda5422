"""An OpenTelemetry collector on this machine for tests: it takes OTLP over HTTP and keeps what it is told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from support.web_server import Answer, Asked, WebServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Span:
    """A span that arrived; ids are in hexadecimal, an empty `parent` is none."""

    name: str
    trace: str
    id: str
    parent: str
    began: int
    ended: int
    kind: int
    status: str
    description: str
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    resource: dict[str, Any] = field(default_factory=dict)
    state: str = ""


class Collector:
    """Answers at `url`; `spans` has what arrived, `raw` every body as it came."""

    def __init__(self) -> None:
        self.server = WebServer()
        self.url = self.server.url
        self.spans: list[Span] = []
        self.raw: list[bytes] = []
        self._metrics: dict[str, Any] = {}
        self.server.pages["/v1/traces"] = self._take_spans
        self.server.pages["/v1/metrics"] = self._take_metrics

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send telemetry here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url}

    def named(self, name: str) -> list[Span]:
        """Return the spans of a name, in the order in which they began."""
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.began)

    def one(self, name: str) -> Span:
        """Return the only span of a name."""
        [span] = self.named(name)
        return span

    def children(self, span: Span) -> list[Span]:
        """Return the spans in a span, in the order in which they began."""
        return sorted((each for each in self.spans if each.parent == span.id), key=lambda each: each.began)

    def metric(self, name: str) -> Any:
        """Return the latest word on a metric, as protobuf has it."""
        return self._metrics[name]

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """Return the points of a metric: their attributes, and the sum of a counter or the count of a histogram."""
        metric = self._metrics[name]
        if metric.HasField("sum"):
            return [(_plain(point.attributes), point.as_double or point.as_int) for point in metric.sum.data_points]
        return [(_plain(point.attributes), point.count) for point in metric.histogram.data_points]

    def _take_spans(self, asked: Asked) -> Answer:
        self.raw.append(asked.body)
        request = ExportTraceServiceRequest.FromString(asked.body)
        for batch in request.resource_spans:
            resource = _plain(batch.resource.attributes)
            self.spans += [_span(each, resource) for scope in batch.scope_spans for each in scope.spans]
        return Answer()

    def _take_metrics(self, asked: Asked) -> Answer:
        self.raw.append(asked.body)
        request = ExportMetricsServiceRequest.FromString(asked.body)
        for batch in request.resource_metrics:
            self._metrics |= {each.name: each for scope in batch.scope_metrics for each in scope.metrics}
        return Answer()


def _span(span: Any, resource: dict[str, Any]) -> Span:
    return Span(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.kind,
        {0: "unset", 1: "ok", 2: "error"}[span.status.code],
        span.status.message,
        _plain(span.attributes),
        [(event.name, _plain(event.attributes)) for event in span.events],
        [link.span_id.hex() for link in span.links],
        resource,
        span.trace_state,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def collector() -> Iterator[Collector]:
    """Yield a running collector."""
    running = Collector()
    try:
        yield running
    finally:
        running.server.close()
