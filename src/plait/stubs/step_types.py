"""Step types that are answered by stubs, with the fields and the checks of the real ones."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from plait.model.outcome import StepResult
from plait.model.step_type import StepBase
from plait.stubs.answer import answer_of
from plait.stubs.work import work_of

if TYPE_CHECKING:
    from plait.model.step_type import StepContext
    from plait.stubs.stub import Stub
    from plait.stubs.work import Work

_GLANCE = 0.1
_STOPPED = "it was stopped"


class Stage(Protocol):
    """What stubbed steps ask of the dry run that they are in."""

    @property
    def stopped(self) -> bool:
        """Whether the run is to end at once."""

    def answer(self, context: StepContext, work: Work) -> Stub:
        """Note what a step would have been given, and return its answer; raises what ends the run if it has none."""

    def complain(self, stub: Stub, field: str, message: str) -> Exception:
        """Note that an answer does not fit, and return what is to be raised."""


class StubbedStep(StepBase):
    """Stands in for a step type that acts; `type_key`, `Config` and the defaults are those of the real type."""

    def __init__(self, real: StepBase, stage: Stage) -> None:
        self.real = real
        self._stage = stage

    def validate(self, config: Mapping[str, object]) -> list[str]:
        """Return what the real type says is wrong with a mapping."""
        return self.real.validate(config)

    def execute(self, config: Any, context: StepContext) -> StepResult:
        """Note what would have been done, and answer from the stubs."""
        from plait.steps.agent.choice import TaskError  # noqa: PLC0415 - the loader imports what it needs

        try:
            work = work_of(self.real, config, context)
        except TaskError as error:
            return StepResult.failed(str(error), dict(error.output))
        stub = self._stage.answer(context, work)
        answer = stub.at(context.attempt)
        passes = work.waits and answer is not stub
        if answer.spent is None:
            return self._answered(answer, work, context, passes=passes)
        with context.budgeted() as lacking:
            if lacking is not None:
                return StepResult.paused(lacking, {**work.output, "waits_for": "budget"})
            result = self._answered(answer, work, context, passes=passes)
            context.spend(answer.spent)
            return result

    def _answered(self, stub: Stub, work: Work, context: StepContext, *, passes: bool) -> StepResult:
        if stub.delay:
            with context.timed():
                late = self._wait(stub.delay, context)
            if late is not None:
                error, failure = late
                return StepResult.failed(error, {**work.output, "exit_code": -1}, failure=failure)

        def complain(field: str, text: str) -> Exception:
            return self._stage.complain(stub, field, text)

        return answer_of(stub, work, passes=passes, complain=complain)

    def _wait(self, seconds: float, context: StepContext) -> tuple[str, str] | None:
        """Wait as the stub says; return why the step ended before, and the class of that failure, if it did."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            limit = context.cancellation.deadline
            if limit is not None and limit <= time.monotonic():
                return f"timed out after {seconds - left:.3g} s", "timeout"
            left = left if limit is None else min(left, limit - time.monotonic())
            if context.cancellation.wait(max(0.0, min(left, _GLANCE))) or self._stage.stopped:
                return _STOPPED, "error"
        return None


class StubbedTypes(Mapping[str, StepBase]):
    """Step types of which those that act are answered by stubs."""

    def __init__(self, real: Mapping[str, StepBase], stage: Stage) -> None:
        self._real = real
        self._stage = stage
        self._made: dict[str, StepBase] = {}

    def __getitem__(self, key: str) -> StepBase:
        real = self._real[key]
        if not real.acts:
            return real
        if key not in self._made:
            self._made[key] = _stubbed(real, self._stage)
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)


def _stubbed(real: StepBase, stage: Stage) -> StubbedStep:
    same = ("type_key", "Config", "default_timeout", "default_idle_timeout", "owns_failures", "own_clock", "acts")
    made = type("StubbedStep", (StubbedStep,), {name: getattr(real, name) for name in same})
    stubbed: StubbedStep = made(real, stage)
    return stubbed
