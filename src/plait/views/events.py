"""A run as a stream of its events, one JSON object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.journal.encode import encode_event
from plait.views.json_text import without_controls

if TYPE_CHECKING:
    from typing import BinaryIO

    from plait.journal import RunState


class EventStream:
    """Writes every event as the journal has it; a reader that goes away does not stop the run."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: BinaryIO | None = stream

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """Write one event."""
        del state
        if self._stream is None:
            return
        try:
            fields = {key: value for key, value in event.items() if key not in ("v", "timestamp", "event")}
            line = encode_event(event["timestamp"], event["event"], fields)
            self._stream.write(line if line.isascii() else without_controls(line.decode()).encode())
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None

    def on_output(self, step_id: str, line: str) -> None:
        """Leave output to the attempts' logs."""
