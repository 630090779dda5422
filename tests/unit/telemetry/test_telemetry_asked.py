"""What the standard variables ask for."""

import pytest

from plait.telemetry import asked
from plait.telemetry.asked import asked_for

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setattr(asked, "is_installed", lambda: True)


@pytest.mark.parametrize(
    ("environ", "traces", "metrics"),
    [
        ({}, False, False),
        ({"OTEL_SERVICE_NAME": "x"}, False, False),
        (ENDPOINT, True, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False, False),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "TRUE"}, False, False),
        (ENDPOINT | {"OTEL_METRICS_EXPORTER": "none"}, True, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1/v1/metrics"}, False, True),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True, True),
    ],
)
def test_signals_are_exported_where_an_endpoint_or_an_exporter_is_named(environ, traces, metrics):
    assert asked_for(environ) == (traces, metrics, "")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is 'zipkin'"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is 'grpc'"),
    ],
)
def test_what_cannot_be_had_is_said_and_nothing_is_exported(environ, said):
    found = asked_for(environ)
    assert not found
    assert said in found.warning


def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(asked, "is_installed", lambda: False)
    found = asked_for(ENDPOINT)
    assert (bool(found), "pip install 'plait[otel]'" in found.warning) == (False, True)
    assert asked_for({}).warning == ""
