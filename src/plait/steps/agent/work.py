"""One agent's attempt at a task: ask, read the answer, look at what was changed, check it, have it repaired."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plait.errors import PlaitError, StorageError
from plait.steps.agent import wording
from plait.steps.agent.answer import AnswerError, find_answer
from plait.steps.agent.changes import Changes
from plait.steps.agent.conversation import Conversation
from plait.steps.agent.listening import short_line
from plait.steps.agent.trouble import Trouble
from plait.steps.agent.verification import Verification, verify

if TYPE_CHECKING:
    from plait.agents.agent import Agent
    from plait.model.step_type import StepContext
    from plait.steps.agent.changes import Watch
    from plait.steps.agent.choice import Candidate
    from plait.steps.agent.conversation import Session
    from plait.steps.agent.memory import Memory
    from plait.steps.agent.task import Task

_NAMED_FILES = 5


@dataclass(slots=True)
class Work:
    """An attempt and what it has to show; `trouble` is why it failed, None if it did not."""

    task: Task
    context: StepContext
    watch: Watch
    agent: Agent
    talk: Conversation
    data: object = None
    changes: Changes = field(default_factory=Changes)
    verification: Verification = field(default_factory=Verification)
    trouble: Trouble | None = None

    @classmethod
    def of(
        cls, task: Task, candidate: Candidate, agent: Agent, context: StepContext, memory: Memory, watch: Watch
    ) -> Work:
        """Return an attempt that has not begun."""
        return cls(task, context, watch, agent, Conversation(task, candidate, agent, context, memory))

    def do(self, earlier: Session) -> None:
        """Work until there is a result that fits everything asked for, or trouble."""
        try:
            self.trouble = self.talk.begin(earlier) or self._settle()
        except StorageError:
            raise
        except PlaitError as error:
            # What the agent has said and cost stands, whatever could not be done afterwards.
            self.trouble = Trouble.of("error", error)
        if self.trouble is not None and self.talk.calls and self.trouble.kind != "stopped":
            self.changes = self.watch.changes()
        if self.changes and (self.trouble is None or self.trouble.kind != "stopped"):
            self.watch.keep_diff(self.changes, self.context)

    def _settle(self) -> Trouble | None:
        """Bring a first answer to a result: each repair is judged like the first answer."""
        config = self.task.config
        for repairs in range(config.verify_attempts + 1):
            trouble = self._read_answer() or self._judge_changes()
            if trouble is not None or not config.verify:
                return trouble
            self.verification = verify(config.verify, self.context)
            if self.verification.passed or self.verification.trouble is not None:
                return self.verification.trouble
            failed = self.verification.findings[-1]
            if repairs < config.verify_attempts:
                message = wording.repair(
                    failed.command, failed.exit_code, failed.output, has_schema=self.task.schema is not None
                )
                trouble = self.talk.follow_up(message)
                if trouble is not None:
                    return trouble
        return Trouble("verification", f"the check {short_line(failed.command)!r} exits with {failed.exit_code}")

    def _read_answer(self) -> Trouble | None:
        """Read the answer that the schema asks for, asking again as often as is allowed."""
        schema, attempts = self.task.schema, self.task.config.schema_attempts
        if schema is None:
            return None
        for asked_again in range(attempts + 1):
            reply = self.talk.last.reply
            try:
                self.data = find_answer(reply.text, reply.data, schema)
                return None
            except AnswerError as error:
                problem = str(error)
            if asked_again < attempts:
                self.context.tell(f"the answer does not fit, asking again: {short_line(problem)}")
                trouble = self.talk.follow_up(wording.answer_again(problem))
                if trouble is not None:
                    return trouble
        return Trouble("bad_output", f"the answer is not the JSON asked for: {short_line(problem)}")

    def _judge_changes(self) -> Trouble | None:
        """Compare what was changed with what was to be changed."""
        self.changes = self.watch.changes()
        expects = self.task.config.expects
        if expects != "any" and self.changes.listed is None:
            return Trouble("error", f"`expects: {expects}` cannot be told: {self.changes.problem}")
        if expects == "none" and self.changes:
            return Trouble("error", f"nothing was to be changed, but these files were: {_files(self.changes)}")
        if expects == "changes" and not self.changes:
            return self._no_changes()
        return None

    def _no_changes(self) -> Trouble:
        denied = self.talk.denied
        if not denied:
            return Trouble("no_changes", "the agent changed nothing, though `expects: changes` asks for it")
        tools = ", ".join(dict.fromkeys(short_line(str(each.get("tool", "a tool"))) for each in denied[:_NAMED_FILES]))
        level = {"read": "edit", "edit": "full"}.get(self.task.permission)
        advice = f"; `permissions: {level}` may allow it" if level else ""
        text = f"the agent changed nothing: it was refused {tools} (`permissions: {self.task.permission}`){advice}"
        return Trouble("permission", text)


def _files(changes: Changes) -> str:
    listed = changes.listed or []
    named = ", ".join(short_line(each["path"]) for each in listed[:_NAMED_FILES])
    more = len(listed) - _NAMED_FILES
    return f"{named} and {more} more" if more > 0 else named
