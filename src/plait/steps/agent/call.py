"""One call to an agent: it waits for its turn, is paid for, followed while it works, and judged by what it printed."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from plait.agents.failures import classify, is_lost_session
from plait.agents.invocation import find_executable, invoke, invoke_acp, missing_executable
from plait.agents.limits import hold
from plait.agents.reply import Reply, Usage
from plait.agents.streams import CUMULATIVE
from plait.errors import PlaitError
from plait.model.spending import AgentCall, Spending
from plait.model.workflow import AgentLimits
from plait.process import ProcessStartError
from plait.steps.agent.listening import AcpListening, Listening, short_line
from plait.steps.agent.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plait.agents.agent import Agent
    from plait.agents.request import Invocation, Request
    from plait.model.step_type import StepContext
    from plait.process import ProcessResult

_ENDED_EARLY = -1
_INTERRUPTED = 130
_NOT_STARTED = 127


class Called(NamedTuple):
    """What came of a call; `stderr` is a value for an output.

    `session_usage` is what the whole session has used so far, where the CLI counts that. `is_lost` tells that the
    session that was to be gone on with is not there.
    """

    reply: Reply
    exit_code: int
    stderr: object = ""
    trouble: Trouble | None = None
    session_usage: Usage | None = None
    is_lost: bool = False


class Caller:
    """Calls one agent on behalf of one step."""

    def __init__(self, agent: Agent, context: StepContext, limits: AgentLimits | None, *, speaks_acp: bool) -> None:
        self._agent = agent
        self._context = context
        self._limits = stricter(agent.limits, limits)
        self._speaks_acp = speaks_acp
        self._counts_sessions = agent.format in CUMULATIVE and not speaks_acp

    def call(self, request: Request, on_session: Callable[[str], None], used: Usage | None = None) -> Called:
        """Put a request to the agent and wait for what comes of it.

        `on_session` is told the conversation's id; `used` is what the session that it goes on with has used before.
        """
        try:
            invocation = self._invocation(request)
        except _MissingError as error:
            return Called(Reply(), 1, trouble=Trouble.of("not_installed", error))
        except PlaitError as error:
            return Called(Reply(), 1, trouble=Trouble.of("refused", error))
        listening: Listening | AcpListening
        if self._speaks_acp:
            listening = AcpListening(self._agent, request, self._context, on_session)
        else:
            listening = Listening(self._agent, invocation.stdin, self._context, on_session)
        with self._turn() as granted:
            if not granted:
                return Called(Reply(), _INTERRUPTED, trouble=_kept_from(self._context))
            with self._context.budgeted() as lacking:
                if lacking is not None:
                    return Called(Reply(), _ENDED_EARLY, trouble=Trouble("budget", lacking))
                return self._run(invocation, listening, used, request.model)

    def _invocation(self, request: Request) -> Invocation:
        environ = self._context.environment()
        if find_executable(self._agent, environ) is None:
            message, hint = missing_executable(self._agent, environ)
            raise _MissingError(message, hint=hint)
        if self._speaks_acp:
            return invoke_acp(self._agent, request, environ)
        return invoke(self._agent, request, self._context.files_folder(), environ)

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Hold one of the places of the agent; the run's slot is free while there is none."""
        with ExitStack() as waiting:

            def wait(why: str) -> None:
                waiting.enter_context(self._context.waiting(why))

            with hold(self._agent.key, self._limits, self._context.cancellation, wait) as granted:
                waiting.close()
                yield granted

    def _run(
        self, invocation: Invocation, listening: Listening | AcpListening, used: Usage | None, model: str | None
    ) -> Called:
        context = self._context
        try:
            with context.timed():
                result = context.run_process(invocation.argv, env=invocation.env, dialogue=listening)
        except ProcessStartError as error:
            return Called(Reply(), _NOT_STARTED, str(error), Trouble("not_installed", str(error), None, _NOT_STARTED))
        reply = listening.finish()
        total = reply.usage if self._counts_sessions else None
        if total is not None and used is not None:
            reply.usage = _beyond(total, used)
        usage = reply.usage or Usage()
        call = AgentCall(self._agent.key, model or "", usage.input, usage.output, usage.cached)
        context.spend(Spending(usage.cost_usd or 0.0, usage.input + usage.output, result.seconds / 60), call)
        return self._judged(result, reply)._replace(session_usage=total)

    def _judged(self, result: ProcessResult, reply: Reply) -> Called:
        stderr = self._context.kept(result.stderr)
        if result.ended_by == "cancelled":
            return Called(reply, _INTERRUPTED, stderr, _stopped())
        failure = classify(
            agent_key=self._agent.key,
            reply=reply,
            exit_code=result.exit_code,
            stderr=result.stderr.text or result.stderr.tail,
            stdout_tail=result.stdout.text or result.stdout.tail,
            ended_by=result.ended_by,
            now=time.time(),
        )
        exit_code = result.exit_code if result.ended_by == "exit" else _ENDED_EARLY
        if failure is None:
            # One that stayed when all was said, and was hung up on, has come to its end all the same.
            return Called(reply, 0, stderr)
        trouble = Trouble(failure.kind, short_line(failure.message), failure, exit_code)
        is_lost = is_lost_session(reply, result.stderr.text or result.stderr.tail)
        return Called(reply, exit_code, stderr, trouble, is_lost=is_lost)


class _MissingError(PlaitError):
    """The agent's executable is not there."""


def stricter(one: AgentLimits | None, other: AgentLimits | None) -> AgentLimits | None:
    """Return limits that keep to both."""
    if one is None or other is None:
        return one or other
    pairs = zip(one, other, strict=True)
    return AgentLimits(*(min((value for value in pair if value is not None), default=None) for pair in pairs))


def _beyond(total: Usage, used: Usage) -> Usage:
    """Return what was used beyond what had been used before."""
    return total._replace(
        input=max(0, total.input - used.input),
        cached=max(0, total.cached - used.cached),
        output=max(0, total.output - used.output),
    )


def _kept_from(context: StepContext) -> Trouble:
    """Say why a call did not begin."""
    if context.cancellation.cancelled:
        return _stopped()
    return Trouble("late", "the time limit of a step around this one has passed")


def _stopped() -> Trouble:
    return Trouble("stopped", "it was stopped", None, _INTERRUPTED)
