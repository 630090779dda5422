"""A run told line by line, for logs, pipes and terminals that cannot redraw."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from plait.views.text import clip, duration, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.journal import RunState, StepRecord
    from plait.views.palette import Palette

_SECONDS_BETWEEN = 5.0
_LONGEST = 200
_FINISHED = ("completed", "skipped", "failed", "paused")


class PlainProgress:
    """Writes a line when a step starts (EXI-12), when one fails or waits, and at times how far a fan-out is."""

    def __init__(
        self, write: Callable[[str], None], palette: Palette, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._palette = palette
        self._clock = clock
        self._told = clock()

    def on_step_start(self, step_id: str, label: str) -> None:
        """Say that a step began."""
        sign = self._palette.sign("running")
        self._write(f"{sign} [{one_line(step_id)}] {clip(one_line(label), _LONGEST)} …")

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """Say what a person would want to know of an event."""
        match event["event"]:
            case "step_completed":
                self._step_completed(event, state)
            case "attempt_failed":
                wait = duration(float(event.get("delay") or 0))
                text = f"try {event.get('attempt', 1)} failed, trying again in {wait}"
                self._say("paused", event["step_id"], text, event.get("error"))
            case "gate_answered":
                by = f" by {one_line(str(event['by']))}" if event.get("by") else ""
                self._say("completed", event["step_id"], f"answered{by}", event.get("choice"))

    def on_output(self, step_id: str, line: str) -> None:
        """Leave what children print to `plait logs`."""

    def _step_completed(self, event: dict[str, Any], state: RunState) -> None:
        record = state.records[event["step_id"]]
        status = record.status.value
        if status == "failed":
            self._say(status, record.id, "failed, going on" if record.continued else "failed", record.error)
        elif status == "paused" and not self._holds_others(record, state):
            self._say(status, record.id, "waits", record.output.get("message"))
        elif record.index is not None and record.parent is not None:
            self._tell_how_far(record.parent, state)

    @staticmethod
    def _holds_others(record: StepRecord, state: RunState) -> bool:
        return record.id in state.tally

    def _tell_how_far(self, holder: str, state: RunState) -> None:
        now = self._clock()
        if now - self._told < _SECONDS_BETWEEN:
            return
        self._told = now
        tally = {status.value: count for status, count in state.tally.get(holder, {}).items()}
        done = sum(tally.get(status, 0) for status in _FINISHED)
        text = f"{plural(done, 'item')} finished, {tally.get('running', 0)} running, {tally.get('failed', 0)} failed"
        self._write(f"  [{one_line(holder)}] {text}")

    def _say(self, status: str, step_id: str, what: str, why: object) -> None:
        reason = f": {clip(one_line(str(why)), _LONGEST)}" if why else ""
        self._write(f"{self._palette.sign(status)} [{one_line(step_id)}] {what}{reason}")
