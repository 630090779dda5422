"""What follows a run beside the person who started it: telemetry, and notices once it has stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

import click

from plait.views.text import one_line

if TYPE_CHECKING:
    from plait.telemetry import Telemetry

_TELEMETRY = "OTEL_"


class Observers:
    """Holds the telemetry of one command, and the warnings that are shown when all else has been said."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._lines: list[str] = []
        self.telemetry = self._asked_for()

    def _asked_for(self) -> Telemetry | None:
        if not any(name.startswith(_TELEMETRY) for name in os.environ):
            return None
        from plait.telemetry import Telemetry  # noqa: PLC0415 - only where the environment speaks of telemetry

        return Telemetry.from_environment(warn=lambda text: self.warn(f"warning: {text}"))

    def warn(self, line: str) -> None:
        """Keep a line that says what went wrong, or a note, which nobody sees who wants it quiet."""
        if not (self._quiet and line.startswith("note: ")):
            self._lines.append(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.telemetry is not None:
            self.telemetry.close()
            if self.telemetry.trouble:
                self.warn(f"warning: {self.telemetry.trouble}")
        for line in self._lines:
            click.echo(one_line(line), err=True)
