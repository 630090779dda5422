"""What the engine offers to a step that calls something outside: on which terms, how it is told of, what it cost."""

from __future__ import annotations

import copy
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from plait.cancellation import Cancellation
from plait.engine.budgets import Shortage
from plait.engine.children import environment_of, folder_of, run_child
from plait.engine.scope import Terms
from plait.errors import EvaluationError
from plait.expressions import Template
from plait.journal.values import as_json
from plait.model.step_type import StepContext
from plait.model.workflow import NO_SETTINGS
from plait.process.capture import OutputFile
from plait.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from plait.engine.budgets import Reservation
    from plait.engine.run import Run
    from plait.engine.scope import Place
    from plait.model.spending import AgentCall, Spending
    from plait.model.workflow import Step, StepSettings
    from plait.process import Dialogue, ProcessResult

T = TypeVar("T")
_NO_LIMIT: AbstractContextManager[None] = nullcontext()


class Calls(StepContext):
    """The part of a step's context that deals with what the step calls: children and agents."""

    _run: Run
    _step: Step
    place: Place
    overtime: float | None = None
    """The step's own time limit, in seconds, if the latest try has passed it."""
    deadline: float | None = None
    """When the time of the latest try is over, by `time.monotonic()`."""
    _parts: tuple[int, int] = (0, 0)
    """The attempt that children were last run in, and how many."""
    _allowance: float | None = None
    """Seconds that the step's own clock may run, for a type that has one."""
    _clock = 0.0
    _off_the_slot = False
    _log: OutputFile | None = None
    _reservation: Reservation | None = None
    shortage: Shortage | None = None
    """The budget that had not enough left for the latest call, if that is why there was none."""

    def time_limit(self) -> AbstractContextManager[None]:
        """Put the step's own environment, folder and time limits in force for one try."""
        settings = self._step.settings
        kind = self._step.type
        if settings is NO_SETTINGS and kind.default_timeout is None and kind.default_idle_timeout is None:
            return _NO_LIMIT
        return self._limited(settings)

    @contextmanager
    def _limited(self, settings: StepSettings) -> Iterator[None]:
        place, outer, kind = self.place, self.place.terms, self._step.type
        env, cwd, idle_timeout = outer.env, outer.cwd, outer.idle_timeout
        if idle_timeout is None:
            idle_timeout = kind.default_idle_timeout
        if settings.env:
            env = {**(env or {}), **{name: self._variable(value) for name, value in settings.env.items()}}
        if settings.cwd is not None:
            cwd = self.text(settings.cwd)
        if settings.idle_timeout is not None:
            idle_timeout = self._seconds("idle_timeout", settings.idle_timeout)
        timeout = settings.timeout
        seconds = kind.default_timeout if timeout is None else self._seconds("timeout", timeout)
        if settings.budget is not None:
            self._run.budgets.declare(place.id, self._step.id, settings.budget)
        self._allowance, self._clock, self.overtime = seconds if kind.own_clock else None, 0.0, None
        self.deadline = None if kind.own_clock else self._deadline(seconds)
        limit = Cancellation(outer.cancellation, deadline=self.deadline)
        place.terms = Terms(limit, env, cwd, idle_timeout, outer.pooled)
        try:
            yield
        finally:
            place.terms = outer
            if not kind.own_clock and limit.expired and not outer.cancellation.expired:
                self.overtime = seconds

    def _deadline(self, seconds: float | None) -> float | None:
        """Return when a try that begins now has to end; one that goes on after a wait has begun earlier."""
        kept = self._run.deadlines.pop(self.step_id, None)
        return kept if kept is not None or seconds is None else time.monotonic() + seconds

    def _variable(self, value: object) -> str:
        return self._run.secrets.value(value) if isinstance(value, Secret) else self.text(value)

    def _seconds(self, field: str, value: float | Template) -> float:
        number = self.evaluate(value) if isinstance(value, Template) else value
        try:
            seconds = float(number)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            seconds = -1.0
        if isinstance(number, bool) or not 0 < seconds < float("inf"):
            raise EvaluationError(f"`{field}` must be a positive number of seconds, not {number!r}")
        return seconds

    def run_process(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        dialogue: Dialogue | None = None,
    ) -> ProcessResult:
        attempt, parts = self._parts
        self._parts = (self.attempt, parts + 1 if attempt == self.attempt else 1)
        return run_child(self._run, self.place, self._parts, argv, env or {}, stdin, dialogue)

    def working_folder(self) -> Path:
        return folder_of(self._run, self.place)

    def environment(self) -> Mapping[str, str]:
        return environment_of(self._run, self.place)

    def tell(self, line: str) -> None:
        run = self._run
        if self._log is None:
            self._log = OutputFile(run.state.folder.attempt_log(self.step_id, self.attempt), append=True)
        line = run.redactor.redact_text(line)
        self._log.write(f"{line}\n".encode(errors="replace"))
        run.teller.tell(self.step_id, line)

    def fall_silent(self) -> None:
        """End what `tell` began: a try is over."""
        if self._log is not None:
            self._run.teller.finish(self.step_id)
            self._log.close()
            self._log = None

    @contextmanager
    def timed(self) -> Iterator[None]:
        if self._allowance is None:
            yield
            return
        place, outer, begun = self.place, self.place.terms, time.monotonic()
        limit = Cancellation(outer.cancellation, deadline=begun + max(0.0, self._allowance - self._clock))
        place.terms = replace(outer, cancellation=limit)
        try:
            yield
        finally:
            place.terms = outer
            self._clock += time.monotonic() - begun
            if limit.expired and not outer.cancellation.expired:
                self.overtime = self._allowance

    @contextmanager
    def waiting(self, why: str) -> Iterator[None]:
        self.tell(why)
        self._run.journal.append("step_queued", step_id=self.step_id, reason=why)
        if self._off_the_slot:
            yield
            return
        self._off_the_slot = True
        try:
            with self.place.scope.call.without_slot():
                yield
        finally:
            self._off_the_slot = False

    def remember(self, key: str, value: object) -> None:
        try:
            self._run.journal.append("remembered", step_id=self.step_id, key=key, value=as_json(value))
        except TypeError as error:
            raise EvaluationError(f"what is to be remembered cannot be kept as JSON: {error}") from error

    def remembered(self, key: str) -> object:
        record = self._run.state.records.get(self.step_id)
        return None if record is None else copy.deepcopy(record.memory.get(key))

    def shared(self, kind: type[T]) -> T:
        return cast("T", self._run.shared.setdefault(kind, kind()))

    @contextmanager
    def budgeted(self) -> Iterator[str | None]:
        budgets = self._run.budgets
        reservation = budgets.reserve(self.step_id)
        if isinstance(reservation, Shortage):
            self.shortage = reservation
            yield reservation.message
            return
        self.shortage = None
        self._reservation = reservation
        try:
            yield None
        finally:
            self._reservation = None
            budgets.release(reservation)

    def spend(self, spending: Spending, call: AgentCall | None = None) -> None:
        self._run.budgets.spend(self.step_id, spending, self._reservation, call)
