"""What one process does for a run, event by event, as spans and measurements.

Nothing of what a workflow works on is told: no inputs, prompts, outputs, messages or errors, which may quote any of
these. A failure is told by its class and its exit code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, get_args

from plait.model.workflow import Failure
from plait.telemetry import measures
from plait.telemetry.agents import OPERATION, Calls, measurements_of
from plait.telemetry.finished import Attributes, Measurement, Span
from plait.telemetry.open_steps import OpenAttempt, OpenStep, nanoseconds
from plait.telemetry.trace import SpanIds, TraceParent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plait.journal.facts import Event
    from plait.telemetry.finished import Sink

DIED = "process_died"
"""What ended a walk whose last event is missing."""
_ENDED = ("failed", "aborted")
_FAILURES = frozenset(get_args(Failure))
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_SECOND = 1_000_000_000


class Origin(NamedTuple):
    """Which run it is, and where its trace comes from: `parent` is the span that the run was started in, if any.

    `link` is the span that this process was started in, where that is not the parent.
    """

    run_id: str
    workflow_id: str
    trace_id: int
    parent: TraceParent | None = None
    link: TraceParent | None = None


class Walk:
    """The spans of one process's walk of a run, from the event with which it begins to the one with which it ends."""

    def __init__(self, origin: Origin, event: Event, sink: Sink, *, flags: int) -> None:
        self._origin = origin
        self._sink = sink
        self._began = nanoseconds(event["timestamp"])
        self._resumes = event["event"] == "run_resumed"
        self.ids = SpanIds(origin.trace_id, event["timestamp"], resumes=self._resumes)
        self._flags = flags
        self._state = origin.parent.state if origin.parent is not None else ""
        self._open: dict[str, OpenStep] = {}
        self._calls = 0
        self._reason = ""
        self.is_over = False
        self._handlers: Mapping[str, Callable[[Event, int], None]] = {
            "step_started": self._step_started,
            "step_completed": self._step_completed,
            "step_interrupted": self._step_interrupted,
            "step_waiting": self._step_waiting,
            "step_queued": self._step_queued,
            "attempt_failed": self._attempt_failed,
            "spent": self._spent,
            "gate_asked": self._gate_asked,
            "gate_answered": self._gate_answered,
            "workflow_finished": self._finished,
            "workflow_interrupted": self._interrupted,
            "workflow_failed": self._broken,
            "resume_failed": self._broken,
        }

    def trace(self, span_id: int) -> TraceParent:
        """Return a span of this walk as other programs are told of it."""
        return TraceParent(self._origin.trace_id, span_id, self._flags, self._state)

    def see(self, event: Event) -> None:
        """Take one event into account."""
        handle = self._handlers.get(event["event"])
        if handle is not None and not self.is_over:
            handle(event, nanoseconds(event["timestamp"]))

    def end(self, at: int, status: str, problem: str | None = None) -> None:
        """End what is still open, and the walk itself. Times are in nanoseconds since the epoch."""
        self.is_over = True
        for step in reversed(list(self._open.values())):
            if step.stopped_at is not None:
                self._end_step(step, step.stopped_at, step.status)
            else:
                self._end_step(step, at, "interrupted", problem if problem == DIED else None)
        origin = self._origin
        attributes: Attributes = {
            "plait.run.id": origin.run_id,
            "plait.workflow.id": origin.workflow_id,
            "plait.status": status,
        }
        if self._reason:
            attributes["plait.interruption"] = self._reason
        if self._calls:
            attributes |= {OPERATION: "invoke_workflow", "gen_ai.workflow.name": origin.workflow_id}
        if problem is not None:
            attributes["error.type"] = problem
        parent = origin.parent
        span = Span(
            f"{'resume' if self._resumes else 'run'} {origin.workflow_id}",
            self.trace(self.ids.walk),
            self.ids.first_walk if self._resumes else 0 if parent is None else parent.span_id,
            self._began,
            max(at, self._began),
            attributes,
            problem,
            links=() if origin.link is None else (origin.link,),
            remote_parent=not self._resumes and parent is not None,
        )
        self._put(span)
        kind: Attributes = {"plait.workflow.id": origin.workflow_id, "plait.status": status}
        self._sink.put(Measurement(measures.RUN_DURATION, _seconds(self._began, at), kind))

    def _put(self, span: Span) -> None:
        if self._flags:
            self._sink.put(span)

    def _begin(self, event: Event, at: int, attempt: int) -> OpenStep:
        step = OpenStep.of(event, at, self.ids.step(event["step_id"], attempt))
        self._open[step.step_id] = step
        return step

    def _step_started(self, event: Event, at: int) -> None:
        number = event.get("attempt", 1)
        step = self._open.get(event["step_id"])
        if step is None:
            step = self._begin(event, at, number)
        step.stopped_at = None
        if step.attempt is not None and step.attempt.number != number:
            self._end_attempt(step, at, "left", {})
        if step.attempt is None:
            step.attempt = OpenAttempt(number, at)
            step.attempts += 1

    def _step_completed(self, event: Event, at: int) -> None:
        step = self._open.get(event["step_id"])
        status = event["status"]
        if step is None:
            if "type" not in event:
                return
            step = self._begin(event, at, 0)
        output = event.get("output") or {}
        facts = _outcome(output.get("exit_code"))
        if step.attempt is not None and step.attempt.calls is not None:
            step.attempt.calls.session = _id(output.get("session"))
        problem = _failure(event) if status == "failed" else None
        self._end_attempt(step, at, status, facts, problem)
        if status == "paused":
            step.stopped_at, step.status = at, status
            step.note(
                "plait.waiting", at, {"plait.waits_for": "budget" if output.get("waits_for") == "budget" else "answer"}
            )
            return
        if event.get("continued"):
            facts["plait.continued"] = True
        self._end_step(step, at, status, problem, facts)

    def _attempt_failed(self, event: Event, at: int) -> None:
        step = self._open.get(event["step_id"])
        if step is None:
            return
        problem = _failure(event)
        self._end_attempt(step, at, "failed", _outcome(event.get("exit_code")), problem)
        facts: Attributes = {"plait.attempt": event["attempt"], "error.type": problem}
        if "until" in event:
            step.note("plait.waiting", at, {**facts, **_until(event)})
            step.stopped_at, step.status = at, "waiting"
        else:
            step.note("plait.retry", at, {**facts, "plait.delay": float(event["delay"])})
        kind = {**step.kind(self._origin.workflow_id), "error.type": problem}
        self._sink.put(Measurement(measures.RETRIES, 1, kind))

    def _step_waiting(self, event: Event, at: int) -> None:
        step = self._open.get(event["step_id"])
        if step is not None:
            step.note("plait.waiting", at, _until(event))
            step.stopped_at, step.status = at, "waiting"

    def _step_queued(self, event: Event, at: int) -> None:
        step = self._open.get(event["step_id"])
        if step is not None:
            step.note("plait.waiting", at, {"plait.waits_for": "turn"})

    def _gate_asked(self, event: Event, at: int) -> None:
        step = self._open.get(event["step_id"])
        if step is not None:
            step.note("plait.waiting", at, {"plait.waits_for": "answer"})

    def _gate_answered(self, event: Event, at: int) -> None:
        step = self._open.get(event["step_id"])
        if step is not None:
            step.note("plait.answered", at)

    def _spent(self, event: Event, at: int) -> None:
        del at
        self._calls += 1
        for each in measurements_of(event):
            self._sink.put(each)
        step = self._open.get(event["step_id"])
        if step is not None and step.attempt is not None:
            if step.attempt.calls is None:
                step.attempt.calls = Calls()
            step.attempt.calls.add(event)

    def _step_interrupted(self, event: Event, at: int) -> None:
        step = self._open.get(event["step_id"])
        if step is not None:
            self._end_step(step, at, "interrupted")

    def _finished(self, event: Event, at: int) -> None:
        status = event["status"]
        self.end(at, status, status if status in _ENDED else None)

    def _interrupted(self, event: Event, at: int) -> None:
        self._reason = str(event.get("reason") or "")
        self.end(at, "interrupted")

    def _broken(self, event: Event, at: int) -> None:
        del event
        self.end(at, "failed", "exception")

    def _end_attempt(self, step: OpenStep, at: int, status: str, facts: Attributes, problem: str | None = None) -> None:
        attempt = step.attempt
        if attempt is None:
            return
        step.attempt = None
        origin, calls = self._origin, attempt.calls
        attributes: Attributes = {
            "plait.step.id": step.step_id,
            "plait.attempt": attempt.number,
            "plait.status": status,
            **facts,
        }
        if problem is not None:
            attributes["error.type"] = problem
        name = "attempt"
        if calls is not None:
            attributes |= calls.attributes()
            name = f"invoke_agent {calls.agent}".rstrip()
        trace = self.trace(self.ids.attempt(step.step_id, attempt.number))
        parent = step.span_id
        is_call = calls is not None
        self._put(
            Span(name, trace, parent, attempt.began, max(at, attempt.began), attributes, problem, is_call=is_call)
        )
        kind = {**step.kind(origin.workflow_id), "plait.status": status}
        self._sink.put(Measurement(measures.ATTEMPT_DURATION, _seconds(attempt.began, at), kind))

    def _end_step(
        self, step: OpenStep, at: int, status: str, problem: str | None = None, facts: Attributes | None = None
    ) -> None:
        self._end_attempt(step, at, status, {}, problem)
        self._open.pop(step.step_id, None)
        origin = self._origin
        attributes: Attributes = {
            **step.attributes(origin.run_id),
            "plait.attempts": step.attempts,
            "plait.status": status,
            **(facts or {}),
        }
        if problem is not None:
            attributes["error.type"] = problem
        holder = self._open.get(step.parent or "")
        around = self.ids.walk if holder is None else holder.span_id
        trace = self.trace(step.span_id)
        self._put(Span(step.path, trace, around, step.began, max(at, step.began), attributes, problem, step.moments))
        if step.attempts:
            kind = {**step.kind(origin.workflow_id), "plait.status": status}
            self._sink.put(Measurement(measures.STEP_DURATION, _seconds(step.began, at), kind))
            if step.index is not None and status in ("completed", "failed"):
                self._sink.put(Measurement(measures.ITEMS, 1, kind))


def _failure(event: Event) -> str:
    """Return the class of a failure; what is no class that Plait knows may be somebody's text."""
    failure = event.get("failure")
    return str(failure) if failure in _FAILURES else "error"


def _until(event: Event) -> Attributes:
    return {"plait.waits_for": "limit", "plait.until": float(event["until"])}


def _outcome(exit_code: object) -> Attributes:
    return {"process.exit.code": exit_code} if isinstance(exit_code, int) and not isinstance(exit_code, bool) else {}


def _id(value: object) -> str:
    """Return what an agent calls a session; what is no id may be anything."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _seconds(began: int, ended: int) -> float:
    return max(0, ended - began) / _SECOND
