"""What the standard variables of OpenTelemetry ask for."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTALL = "pip install 'plait[otel]'"
PREFIX = "OTEL_"
_PACKAGES = ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_SPOKEN = "http/protobuf"


class Asked(NamedTuple):
    """Which signals are to be exported, and what is wrong with how it was asked, if anything is."""

    traces: bool = False
    metrics: bool = False
    warning: str = ""

    def __bool__(self) -> bool:
        return self.traces or self.metrics


def asked_for(environ: Mapping[str, str]) -> Asked:
    """Return what the environment asks for: nothing unless it names an endpoint or an exporter."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Asked()
    traces, warning = _is_asked("TRACES", environ)
    metrics, other = _is_asked("METRICS", environ)
    if warning or other:
        return Asked(warning=warning or other)
    asked = Asked(traces, metrics)
    if asked and not is_installed():
        return Asked(warning=f"telemetry is asked for by {_asking(environ)}, and needs `{INSTALL}`")
    return asked


def is_installed() -> bool:
    """Whether the SDK and its exporter can be imported."""
    return all(find_spec(name) is not None for name in _PACKAGES)


def _is_asked(signal: str, environ: Mapping[str, str]) -> tuple[bool, str]:
    """Return whether one signal is asked for, and why it cannot be had if so."""
    variable = f"OTEL_{signal}_EXPORTER"
    exporter = environ.get(variable, "").strip().lower()
    endpoint = environ.get(_ENDPOINT, "").strip() or environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", "").strip()
    if exporter == "none" or not (exporter or endpoint):
        return False, ""
    if exporter not in ("", "otlp"):
        return False, f"{variable} is {exporter!r}: Plait exports by `otlp` alone"
    own = f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"
    name = own if environ.get(own, "").strip() else _PROTOCOL
    protocol = environ.get(name, "").strip().lower() or _SPOKEN
    if protocol != _SPOKEN:
        return False, f"{name} is {protocol!r}: Plait speaks `{_SPOKEN}` alone (usually at port 4318)"
    return True, ""


def _asking(environ: Mapping[str, str]) -> str:
    names = sorted(name for name in environ if name.startswith(PREFIX) and name.endswith(("_ENDPOINT", "_EXPORTER")))
    return names[0]
