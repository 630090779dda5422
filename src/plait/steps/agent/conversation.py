"""The calls of one attempt to one agent: one conversation, where the agent can go on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.agents.invocation import takes_schema
from plait.agents.reply import Reply, Usage
from plait.agents.request import Request
from plait.errors import PlaitError
from plait.steps.agent import wording
from plait.steps.agent.call import Called, Caller
from plait.steps.agent.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.agent import Agent
    from plait.model.step_type import StepContext
    from plait.steps.agent.choice import Candidate
    from plait.steps.agent.memory import Memory
    from plait.steps.agent.task import Task

_MOST_DENIED = 200
_LONGEST_KEPT = 64 * 1024
"""Characters of an answer that the journal takes twice; a longer one is asked for again after a crash."""
_COUNTS = 3
_LOST = frozenset({"error", "crashed"})
"""Classes of failures that an agent may have because there is no such session any more."""


class Session(NamedTuple):
    """A session to go on with, and what it has used so far, where that is known; without an id there is none."""

    id: str | None = None
    usage: Usage | None = None


def usage_of(counts: object) -> Usage | None:
    """Return the tokens that a record tells of; None if it tells of none."""
    if not isinstance(counts, (list, tuple)) or len(counts) != _COUNTS or not all(type(each) is int for each in counts):
        return None
    return Usage(*counts)


def _counts(usage: Usage | None) -> tuple[int, ...]:
    return () if usage is None else (usage.input, usage.cached, usage.output)


class Conversation:
    """Asks, and adds up what the calls of the attempt have come to; `last` is the latest one."""

    def __init__(self, task: Task, candidate: Candidate, agent: Agent, context: StepContext, memory: Memory) -> None:
        self._task = task
        self._agent = agent
        self._model = candidate.model
        self._context = context
        self._memory = memory
        speaks_acp = self._speaks_acp = task.config.via == "acp"
        self._caller = Caller(agent, context, task.limits.get(agent.key), speaks_acp=speaks_acp)
        self._native = task.schema is not None and not speaks_acp and takes_schema(agent, task.schema)
        self.can_continue = speaks_acp or agent.can_continue
        self.session: str | None = None
        self.session_usage: Usage | None = None
        self.last = Called(Reply(), 1)
        self.calls = 0
        self.usage: Usage | None = None
        self.denied: list[Mapping[str, object]] = []

    def begin(self, earlier: Session) -> Trouble | None:
        """Put the task to the agent: in the session it was left in, in an earlier one, or in one of its own."""
        memory = self._memory
        if memory.answer is not None:
            self._take_up(memory.answer)
            return None
        goes_on = bool(memory.session) and self.can_continue and self._task.config.on_retry == "continue"
        try:
            prompt = self._whole(alone=not goes_on)
        except PlaitError as error:
            return Trouble.of("refused", error)
        self.session, self.session_usage = earlier
        if goes_on:
            self._context.tell(f"continues session {memory.session}: {memory.ended or 'the process was ended'}")
            self.session, self.session_usage = memory.session, usage_of(memory.used)
            prompt = wording.going_on(prompt, memory.ended)
        trouble = self._ask(prompt)
        if goes_on and trouble is not None and self.last.is_lost:
            self._begin_afresh()
            trouble = self._ask(wording.going_on(self._whole(), memory.ended))
        elif goes_on and trouble is not None and trouble.kind in _LOST and self.last.reply.session is None:
            # The session itself may be what is wrong.
            memory.session = ""
        if trouble is not None and self._native and trouble.kind == "error" and "schema" in trouble.message.lower():
            self._context.tell("the agent does not take the schema; asking in words")
            self._native = False
            return self._ask(self._whole())
        return trouble

    def follow_up(self, message: str) -> Trouble | None:
        """Say something about the last answer, in the same session where the agent can go on with it."""
        answer = self.last.reply.text
        if self.can_continue and self.session is not None:
            trouble = self._ask(message)
            if trouble is None or not self.last.is_lost:
                return trouble
        self._begin_afresh()
        return self._ask(wording.afresh(self._whole(), answer, message))

    def _keep_answer(self) -> None:
        """Journal the latest answer and what it has cost: what follows it may take long, or be killed."""
        reply = self.last.reply
        if len(reply.text) > _LONGEST_KEPT:
            return
        self._memory.answer = {
            "text": reply.text,
            "data": reply.data,
            "denied": [dict(each) for each in self.denied],
            "calls": self.calls,
            "usage": None if self.usage is None else list(self.usage),
        }
        self._memory.keep(self._context)

    def _take_up(self, answer: Mapping[str, Any]) -> None:
        """Go on from an answer that an earlier attempt was given before it was ended."""
        memory = self._memory
        self._context.tell("goes on from the answer that was given before the process was ended")
        self.session, self.session_usage = memory.session or None, usage_of(memory.used)
        reply = Reply(text=answer["text"], session=self.session, data=answer["data"], complete=True)
        self.last = Called(reply, 0)
        self.calls, self.denied = answer["calls"], answer["denied"]
        self.usage = None if answer["usage"] is None else Usage(*answer["usage"])

    def _begin_afresh(self) -> None:
        """Let the next call have a session of its own, because there is none to go on with."""
        if self.session is not None:
            self._context.tell(f"session {self.session} cannot be gone on with; begins a new one")
            # Some keep a session no longer than their process runs.
            self.can_continue = self.can_continue and not self._speaks_acp
        self.session = self.session_usage = None
        self._memory.session, self._memory.used = "", ()

    def _whole(self, *, alone: bool = False) -> str:
        """Return the task with all that belongs to it; `alone` tells that nothing will be put around it."""
        schema = None if self._native else self._task.schema
        text = self._task.prompt_for(self._agent, alone and schema is None)
        return text if schema is None else wording.with_schema(text, schema)

    def _ask(self, prompt: str) -> Trouble | None:
        task = self._task
        request = Request(
            prompt=prompt,
            model=self._model,
            permission=task.permission,
            session=self.session,
            schema=task.schema if self._native else None,
            options=task.options,
            extra=task.extra,
        )
        called = self._caller.call(request, self._keep_session, self.session_usage if self.session else None)
        if called.trouble is not None and not called.trouble.was_called:
            self.last = called if self.calls == 0 else self.last
            return called.trouble
        self.last = called
        self.calls += 1
        if called.session_usage is not None:
            self.session_usage, self._memory.used = called.session_usage, _counts(called.session_usage)
            self._memory.keep(self._context)
        reply = called.reply
        if reply.usage is not None:
            self.usage = reply.usage if self.usage is None else self.usage.plus(reply.usage)
        self.denied = [*self.denied, *reply.denied][:_MOST_DENIED]
        if called.trouble is None:
            self._keep_answer()
        return called.trouble

    def _keep_session(self, session: str) -> None:
        self.session = session
        memory = self._memory
        if memory.session != session or memory.ended:
            memory.session, memory.ended = session, ""
            memory.used = _counts(self.session_usage)
            memory.keep(self._context)
