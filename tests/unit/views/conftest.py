from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plait.journal import RunFolder, RunState
from plait.journal.state import fold

BEGIN = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)


class Story:
    """A run told event by event, a second apart; listeners see each event as they would in a real run."""

    def __init__(self, folder: RunFolder) -> None:
        self.state = RunState(folder)
        self.listeners: list[Any] = []
        self.now = BEGIN

    def tell(self, name: str, /, **fields: Any) -> None:
        event = {"v": 1, "timestamp": self.now.isoformat(), "event": name, **fields}
        fold(self.state, event)
        for listener in self.listeners:
            listener.on_event(event, self.state)
        self.now += timedelta(seconds=1)

    def begin(self) -> None:
        self.tell("run_created", run_id=self.state.run_id, workflow_id="demo")
        self.tell("run_started", pid=1, host="here")

    def start(self, step_id: str, step_type: str = "shell", **fields: Any) -> None:
        self.tell("step_started", step_id=step_id, type=step_type, order=0, **fields)

    def end(self, step_id: str, status: str = "completed", **fields: Any) -> None:
        self.tell("step_completed", step_id=step_id, type="shell", status=status, **fields)

    def step(self, step_id: str, status: str = "completed", **fields: Any) -> None:
        self.start(step_id)
        self.end(step_id, status, **fields)

    def gate(self, step_id: str, message: str = "Ship it?", **fields: Any) -> None:
        output = {"message": message, "options": ["approve", "reject"], "on_reject": "abort", "choice": None}
        self.start(step_id, "gate", **fields)
        self.end(step_id, "paused", output=output)

    def finish(self, status: str, **fields: Any) -> None:
        self.tell("workflow_finished", status=status, **fields)

    @property
    def seconds(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def story(tmp_path) -> Story:
    told = Story(RunFolder(tmp_path / "r1"))
    told.begin()
    return told


@pytest.fixture
def fan_out(story) -> Callable[[int], Story]:
    def build(total: int) -> Story:
        story.start("fan", "fan-out")
        story.tell("decided", step_id="fan", key="items", value=list(range(total)))
        return story

    return build
