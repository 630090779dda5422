"""Runs as traces and metrics of OpenTelemetry.

A listener of the journal's events makes spans and measurements of them; the engine knows nothing of it. The SDK, an
extra, is imported only by who exports.
"""

from plait.telemetry.asked import Asked, asked_for
from plait.telemetry.telemetry import Telemetry

__all__ = ["Asked", "Telemetry", "asked_for"]
