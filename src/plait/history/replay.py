"""A run's journal again, event by event: what is known of one occurrence of a step at each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.history.facts import Fact
from plait.history.values_read import text_of, values_read
from plait.history.walks import seconds_of
from plait.journal.state import RunState

if TYPE_CHECKING:
    from plait.history.places import Places
    from plait.history.recorded import RecordedRun
    from plait.journal.facts import Event


class Replay:
    """How far the journal has been read, and the facts of the occurrence `id` so far.

    `state` is that of the run before the event at hand. `halted` are the steps directly inside that stopped since it
    began, `stop` the request because of which the run stops, `resumed` the resume since which it has not begun again,
    `reused` the times of those at which it was settled already; `queued` is the event since which it waits for its
    turn. `began` is when its latest try did, in seconds since the epoch, and `calls` counts those to agents;
    `latest` is the last event of the process that walked the run.
    """

    def __init__(self, run: RecordedRun, step_id: str, places: Places) -> None:
        self.run = run
        self.id = step_id
        self.places = places
        self.step = places.step(step_id)
        self.state = RunState(run.state.folder)
        self.facts: list[Fact] = []
        self.halted: list[str] = []
        self.stop: Event | None = None
        self.resumed: dict[str, Any] | None = None
        self.reused: list[float] = []
        self.queued: Event | None = None
        self.agent: dict[str, Any] = {}
        self.began = 0.0
        self.latest: Event | None = None
        self.calls = 0
        self.pid: object = None

    def add(self, kind: str, at: float | None, **values: Any) -> None:
        """Note a fact."""
        self.facts.append(Fact(kind, at, values))

    def add_condition(self, at: float, *, holds: bool, error: str | None = None) -> None:
        """Note what the step's own `if` said, if it has one."""
        condition = None if self.step is None else self.step.settings.condition
        if condition is None:
            return
        read = values_read(condition, self.places.scope(self.id, self.state, {}))
        self.add("condition", at, expression=text_of(condition), holds=holds, read=read, error=error)

    def add_resume(self, at: float) -> None:
        """Note that a resume made it run again, once it does."""
        if self.resumed is not None:
            self.add("resumed", at, **self.resumed)
            self.resumed = None

    def add_loss(self) -> None:
        """Note that the process that ran it was gone before it ended."""
        self.add("lost", self.began if self.latest is None else seconds_of(self.latest), pid=self.pid)
        self.began = 0.0

    def add_reuse(self) -> None:
        """Note the resumes at which it was settled already."""
        record = self.state.records.get(self.id)
        if self.reused and record is not None:
            self.add("reused", self.reused[0], resumes=self.reused, status=record.status.value, ended=record.ended)
        self.reused = []
