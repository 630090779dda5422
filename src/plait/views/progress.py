"""A run told line by line, for logs, pipes and terminals that cannot redraw."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from plait.views.spending import spent_text
from plait.views.text import clip, duration, one_line, plural
from plait.views.waits import wait_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.journal import RunState, StepRecord
    from plait.views.palette import Palette

_SECONDS_BETWEEN = 5.0
_SECONDS_OF_SILENCE = 30.0
_AGENTS = ("command", "prompt")
"""Types of steps that work for long and say what they do, which is told at times."""
_LONGEST = 200
_FINISHED = ("completed", "skipped", "failed", "paused")


class PlainProgress:
    """Writes a line when a step starts (EXI-12), when one fails or waits, and at times how far a fan-out is.

    Of agents it writes what they cost and, now and then, what they are doing.
    """

    def __init__(
        self, write: Callable[[str], None], palette: Palette, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._palette = palette
        self._clock = clock
        self._told = clock()
        self._agents: dict[str, float] = {}
        """When something was last told of each agent's step that is under way."""
        self._last_heard = clock() - _SECONDS_BETWEEN

    def on_step_start(self, step_id: str, label: str) -> None:
        """Say that a step began."""
        sign = self._palette.sign("running")
        self._write(f"{sign} [{one_line(step_id)}] {clip(one_line(label), _LONGEST)} …")

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """Say what a person would want to know of an event."""
        match event["event"]:
            case "step_started" if event["type"] in _AGENTS:
                self._agents[event["step_id"]] = self._clock()
            case "step_completed":
                self._agents.pop(event["step_id"], None)
                self._step_completed(event, state)
            case "attempt_failed" if event.get("until") is not None:
                record = state.records[event["step_id"]]
                self._say("paused", record.id, wait_text(record, time.time()), None)
            case "attempt_failed":
                wait = duration(float(event.get("delay") or 0))
                text = f"try {event.get('attempt', 1)} failed, trying again in {wait}"
                self._say("paused", event["step_id"], text, event.get("error"))
            case "gate_answered":
                by = f" by {one_line(str(event['by']))}" if event.get("by") else ""
                self._say("completed", event["step_id"], f"answered{by}", event.get("choice"))

    def on_output(self, step_id: str, line: str) -> None:
        """Say at times what an agent is doing; leave what other children print to `plait logs`."""
        told = self._agents.get(step_id)
        if told is None:
            return
        now = self._clock()
        if (
            now - told >= _SECONDS_OF_SILENCE
            and now - self._last_heard >= _SECONDS_BETWEEN
            and (said := one_line(line))
        ):
            self._agents[step_id] = self._last_heard = now
            self._write(f"  [{one_line(step_id)}] {clip(said, _LONGEST)}")

    def _step_completed(self, event: dict[str, Any], state: RunState) -> None:
        record = state.records[event["step_id"]]
        status = record.status.value
        if status == "failed":
            self._say(status, record.id, "failed, going on" if record.continued else "failed", record.error)
        elif status == "paused" and not self._holds_others(record, state):
            self._say(status, record.id, "waits", record.output.get("message"))
        elif status == "completed" and record.spent is not None and not self._holds_others(record, state):
            self._say(status, record.id, "done", spent_text(record.spent))
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
