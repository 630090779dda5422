"""One attempt at a step: the agents that may do it, one after the other, until one has, or none can."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, NamedTuple

from plait.agents import patience
from plait.model.outcome import StepResult
from plait.steps.agent.changes import Watch
from plait.steps.agent.conversation import Session, usage_of
from plait.steps.agent.exhaustion import Account, Exhaustion
from plait.steps.agent.memory import Memory
from plait.steps.agent.record import output_of, undispatched
from plait.steps.agent.trouble import FOR_ANOTHER, KEEPS_ANSWER, PASSING, Trouble
from plait.steps.agent.work import Work

if TYPE_CHECKING:
    from plait.agents.reply import Failure
    from plait.model.step_type import StepContext
    from plait.steps.agent.task import Task


def perform(task: Task, context: StepContext) -> StepResult:
    """Do a task, with the next agent where one cannot."""
    memory = Memory.of(context)
    memory.place = min(memory.place, len(task.candidates) - 1)
    while True:
        result, trouble = _try(task, context, memory)
        if trouble is None:
            return result
        if not _is_for_another(task, memory, trouble, result):
            return result
        memory.place += 1
        memory.session, memory.ended, memory.used, memory.answer = "", "", (), None
        other = task.candidates[memory.place].key
        context.tell(f"{trouble.kind}: {trouble.message}; falls back to {other}")


def _try(task: Task, context: StepContext, memory: Memory) -> tuple[StepResult, Trouble | None]:
    """Let the agent whose turn it is try."""
    candidate = task.candidates[memory.place]
    agent = candidate.agent
    if agent is None:
        return _refused(task, candidate.problem)
    if agent.key != memory.agent:
        memory.agent, memory.session, memory.used = agent.key, "", ()
    account = Account.of(agent.key, candidate.model, context)
    if (known := context.shared(Exhaustion).ahead(account, time.time())) is not None:
        return _put_off(task, context, memory, account, known)
    earlier = Session()
    if task.config.session is not None:
        found = _session_of(task.config.session, agent.key, context)
        if isinstance(found, Trouble):
            if memory.place == 0:
                return _refused(task, found.message)
        else:
            earlier = found
    watch = Watch.begin(context, memory)
    if task.config.expects != "any" and (problem := watch.problem):
        return _refused(task, f"`expects: {task.config.expects}` needs a git repository to look at: {problem}")
    memory.keep(context)
    work = Work.of(task, candidate, agent, context, memory, watch)
    work.do(earlier)
    return _concluded(work, memory, account)


def _refused(task: Task, message: str) -> tuple[StepResult, Trouble]:
    trouble = Trouble("refused", message)
    return undispatched(task, trouble), trouble


def _put_off(
    task: Task, context: StepContext, memory: Memory, account: Account, known: Failure
) -> tuple[StepResult, Trouble]:
    """Return the result of an attempt that is not worth a call before a limit has passed."""
    trouble = Trouble(known.kind, known.message, known)
    wait = _wait(task, memory, trouble, context.shared(Exhaustion).waits(account, time.time()))
    result = undispatched(task, trouble)
    result.again_at, result.error = wait.until, trouble.message + wait.why_not
    memory.keep(context)
    return result, trouble


def _session_of(step_id: str, agent: str, context: StepContext) -> Session | Trouble:
    """Return the session of an earlier step; none for a step that continues its own, the first time."""
    output = context.output_of(step_id)
    session, other = output.get("session"), output.get("agent")
    if not output and step_id in context.step_id.split(":"):
        return Session()
    if not isinstance(session, str) or not session:
        return Trouble("refused", f"`session: continue {step_id}`: that step has no session to go on with")
    if other != agent:
        text = f"`session: continue {step_id}`: that session is one of {other}, and this step is for {agent}"
        return Trouble("refused", text)
    used = output.get("session_usage")
    return Session(session, usage_of(list(used.values()) if isinstance(used, dict) else None))


def _concluded(work: Work, memory: Memory, account: Account) -> tuple[StepResult, Trouble | None]:
    """Turn an attempt into the step's result, and keep what the next attempt needs to know."""
    trouble = work.trouble
    if work.talk.calls and (trouble is None or trouble.failure is None):
        work.context.shared(Exhaustion).come_through(account, time.time())
    if trouble is None:
        return StepResult(output=output_of(work)), None
    if not work.talk.calls and not trouble.was_sent:
        return undispatched(work.task, trouble), trouble
    output = output_of(work)
    if trouble.kind not in KEEPS_ANSWER:
        memory.answer = None
    if trouble.kind == "budget":
        memory.ended = "the budget was used up"
        memory.keep(work.context)
        return StepResult.paused(trouble.message, {**output, "waits_for": "budget"}), trouble
    if trouble.kind == "stopped":
        return StepResult.failed(trouble.message, output), trouble
    memory.ended = trouble.message
    wait = _after_limit(work, memory, trouble, account)
    memory.keep(work.context)
    error = trouble.message + wait.why_not
    return StepResult.failed(error, output, failure=trouble.failure_class, again_at=wait.until), trouble


class _Wait(NamedTuple):
    """When to try again; None if a limit is not waited for, with what the error says of that."""

    until: float | None = None
    why_not: str = ""


def _after_limit(work: Work, memory: Memory, trouble: Trouble, account: Account) -> _Wait:
    """Return when to try again, having noted what other calls would run into."""
    failure, exhaustion, now = trouble.failure, work.context.shared(Exhaustion), time.time()
    if failure is None or trouble.kind not in PASSING:
        return _Wait()
    wait = _wait(work.task, memory, trouble, max(memory.waits, exhaustion.waits(account, now)))
    memory.waits += 1
    told = now + failure.retry_after if failure.retry_after is not None else failure.resets_at
    usual = now + patience.FIRST_QUOTA_PAUSE if failure.kind == "quota" else now
    exhaustion.meet(account, failure, told or wait.until or usual, now)
    return wait


def _wait(task: Task, memory: Memory, trouble: Trouble, waits: int) -> _Wait:
    """Return when to try again after a limit that passes, if it does so soon enough."""
    if trouble.failure is None or trouble.kind not in PASSING:
        return _Wait()
    if trouble.kind == "quota" and memory.place + 1 < len(task.candidates):
        return _Wait()
    now = time.time()
    again_at = patience.wait_after(trouble.failure, waits, now, random.random)
    if again_at is None:
        return _Wait(why_not=f"; not waited for: that was done {waits} times in a row")
    waited = memory.waited + again_at - now
    if task.config.max_wait is not None and waited > task.config.max_wait:
        return _Wait(why_not=f"; not waited for: `max_wait` is {task.config.max_wait:g} s")
    memory.waited = waited
    return _Wait(again_at)


def _is_for_another(task: Task, memory: Memory, trouble: Trouble, result: StepResult) -> bool:
    """Whether the next agent is to take over: there is one, and waiting will not help."""
    return memory.place + 1 < len(task.candidates) and trouble.kind in FOR_ANOTHER and result.again_at is None
