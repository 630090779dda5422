"""Steps that run into a limit which passes, and a wall clock that a test can put forward."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

from plait.model.outcome import StepResult

if TYPE_CHECKING:
    from plait.model.step_type import StepContext
    from support.steps import Behaviour

HOUR = 3600.0


class WallClock:
    """The wall clock as the engine's waiting sees it: the real one, and as many seconds more as it was put forward."""

    def __init__(self, monkeypatch) -> None:
        self.ahead = 0.0
        here = SimpleNamespace(time=self.now, monotonic=time.monotonic)
        for module in ("pool", "waiting"):
            monkeypatch.setattr(f"plait.engine.{module}.time", here)

    def now(self) -> float:
        return time.time() + self.ahead

    def forward(self, seconds: float = HOUR) -> None:
        self.ahead += seconds


def waits(seconds: float = 0.0, *, times: int = 1, clock: WallClock | None = None) -> Behaviour:
    """Return a behaviour that runs into a limit so many times, each passing after `seconds`, and then completes."""

    def behave(context: StepContext) -> StepResult | None:
        if context.waits >= times:
            return None
        now = time.time() if clock is None else clock.now()
        return StepResult.failed(f"limit {context.waits + 1}", failure="quota", again_at=now + seconds)

    return behave
