"""Exporters that keep count of what has arrived."""

from __future__ import annotations

import logging
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData
from opentelemetry.sdk.trace.export import SpanExportResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

_TIMEOUT = 3.0
_CODE = re.compile(r"\bcode: (\d{3})\b")


class Quiet(logging.Handler):
    """Keeps the SDK from writing on the terminal, and the HTTP status that it last complained of."""

    def __init__(self) -> None:
        super().__init__()
        self.status = ""

    @classmethod
    def installed(cls) -> Quiet:
        """Return one that takes what the SDK logs, unless the program around us has a place for it."""
        handler = cls()
        logger = logging.getLogger("opentelemetry")
        if not logging.getLogger().handlers and not logger.handlers:
            logger.propagate = False
        logger.addHandler(handler)
        return handler

    def emit(self, record: logging.LogRecord) -> None:
        """Look through one message."""
        found = _CODE.search(record.getMessage())
        if found:
            self.status = found[1]


class Delivery:
    """What the collector has taken."""

    def __init__(self, quiet: Quiet | None = None) -> None:
        self._quiet = quiet
        self.delivered = 0
        self.closing = False
        """Whether the process is about to end: then one failure is enough to give up."""
        self.failing = False
        self.metrics_lost = False

    def lost(self, total: int) -> str:
        """Return what did not arrive of so many spans, and of the metrics, in words; empty if all did."""
        spans = total - self.delivered
        if not spans and not self.metrics_lost:
            return ""
        what = [f"{spans:,} of {total:,} spans"] if spans else []
        what += ["the metrics"] if self.metrics_lost else []
        status = f" (HTTP status {self._quiet.status})" if self._quiet is not None and self._quiet.status else ""
        return f"telemetry: {' and '.join(what)} did not reach {_collector()}{status}"


class SpansOut(OTLPSpanExporter):
    """Sends spans, and counts them."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(timeout=_timeout("TRACES"))
        self._delivery = delivery

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        if self._delivery.closing and self._delivery.failing:
            return SpanExportResult.FAILURE
        result = super().export(spans)
        self._delivery.failing = result is not SpanExportResult.SUCCESS
        self._delivery.delivered += 0 if self._delivery.failing else len(spans)
        return result


class MetricsOut(OTLPMetricExporter):
    """Sends metrics, and remembers whether the last ones arrived: they hold all that came before."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(timeout=_timeout("METRICS"))
        self._delivery = delivery

    def export(self, metrics_data: MetricsData, *arguments: Any, **options: Any) -> MetricExportResult:
        """Send what was measured."""
        result = super().export(metrics_data, *arguments, **options)
        self._delivery.metrics_lost = result is not MetricExportResult.SUCCESS
        return result


def _timeout(signal: str) -> float | None:
    """Return the seconds to wait for an answer; None leaves them to the variables that say so."""
    names = ("OTEL_EXPORTER_OTLP_TIMEOUT", f"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT")
    return None if any(os.environ.get(name) for name in names) else _TIMEOUT


def _collector() -> str:
    """Return the host that telemetry goes to: the rest of its address may hold a key."""
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
    endpoint = next((value for name in names if (value := os.environ.get(name))), "http://localhost:4318")
    with suppress(ValueError):
        return urlsplit(endpoint).netloc.rpartition("@")[2] or "the collector"
    return "the collector"
