"""One run in this process: what its walk shares, from the first step to the last."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from plait.cancellation import Cancellation
from plait.engine.budgets import Budgets
from plait.engine.call import Call
from plait.engine.telling import Teller
from plait.process import end_processes
from plait.secrets import NamesForSecrets, SecretStore
from plait.secrets.store import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from plait.journal import RunState
    from plait.journal.mailbox import Request
    from plait.journal.writer import Journal
    from plait.model.step_type import Answer, Question
    from plait.model.workflow import Block, Step, Workflow


class Prompter(Protocol):
    """Asks a person who sits at this process's terminal."""

    def ask(self, question: Question) -> Answer | None:
        """Return the answer; None leaves the run waiting. Called from several threads."""

    def interrupt(self) -> None:
        """Let every `ask` that still waits return None, now and from now on."""


class Run:
    """What the steps of one run share. Its state changes through the journal alone."""

    def __init__(
        self,
        workflow: Workflow,
        journal: Journal,
        project_root: Path,
        *,
        mark: str,
        executor: Callable[[int], Executor],
        build_block: Callable[[Sequence[Mapping[str, object]], Step], Block],
        prompter: Prompter | None = None,
        on_step_start: Callable[[str, str], None] | None = None,
        child_variables: Callable[[RunState, str, int], Mapping[str, str]] | None = None,
        is_rehearsal: bool = False,
    ) -> None:
        self.workflow = workflow
        self.journal = journal
        self.project_root = project_root
        self.redactor = journal.redactor
        self.is_rehearsal = is_rehearsal
        """Whether pauses before another try are left out, and names stand for the values of secrets."""
        self.secrets = NamesForSecrets() if is_rehearsal else SecretStore(project_root, journal.redactor)
        self.mark = mark
        self.executor = executor
        self.build_block = build_block
        self.prompter = prompter
        self.on_step_start = on_step_start
        self.child_variables = child_variables
        self.cancellation = Cancellation()
        self.published: dict[str, Mapping[str, object]] = {}
        inherited = {name: value for name, value in os.environ.items() if not _is_own(name)}
        self.environment: Mapping[str, str] = {**inherited, "PLAIT_RUN_ID": journal.state.run_id}
        self.shared: dict[type, object] = {}
        state = journal.state
        self.main = Call(workflow, {"run_id": state.run_id, "workflow_dir": state.workflow_dir or ""})
        self.started_children = False
        self.resumed = False
        self.teller = Teller(journal.output)
        self.budgets = Budgets(journal, workflow.budget)
        self.deadlines: dict[str, float] = {}
        """When the time of steps is over in which something waits; they are walked again then, on the same clock."""
        self._answered: list[Callable[[str], None]] = []
        self._answered_lock = threading.Lock()

    @property
    def state(self) -> RunState:
        """The state of the run."""
        return self.journal.state

    def stop(self, kind: str, by: str, request: str | None = None) -> None:
        """End what runs and start nothing more; `kind` is `interrupt`, `pause` or `cancel`."""
        with self.journal.lock:
            if self.state.stop_request is None or kind == "cancel":
                self.journal.append("stop_requested", kind=kind, by=by, request=request)
        self.cancellation.cancel(kind)
        if self.prompter is not None:
            self.prompter.interrupt()

    def cancellation_of_the_end(self) -> Cancellation:
        """Return what stops steps of `finally`: not the cancel because of which they run, but one that comes later."""
        with self.journal.lock:
            if self.cancellation.cancelled:
                self.cancellation = Cancellation()
            return self.cancellation

    def kill(self) -> None:
        """End every child at once, without a grace period."""
        end_processes(self.mark, self.child_processes(), grace=0)

    def child_processes(self) -> list[tuple[int, float]]:
        """Return pid and start time of the children that are known to run."""
        with self.journal.lock:
            return [(child.pid, child.start) for child in self.state.children.values()]

    def take_request(self, request: Request) -> None:
        """Act on a request from the mailbox, once; one that does not fit what waits is dropped."""
        with self.journal.lock:
            if request.id in self.state.requests:
                return
            if request.kind == "answer":
                self._take_answer(request)
                return
        self.stop(request.kind, str(request.fields.get("by") or "request"), request.id)

    def _take_answer(self, request: Request) -> None:
        step_id, choice = request.fields.get("step_id"), request.fields.get("choice")
        record = self.state.records.get(step_id) if isinstance(step_id, str) else None
        if record is None or not isinstance(choice, str) or record.settled or record.id in self.state.answers:
            return
        comment, by = request.fields.get("comment"), request.fields.get("by")
        self.journal.append(
            "gate_answered", step_id=record.id, choice=choice, comment=comment, by=by, request=request.id
        )
        with self._answered_lock:
            listeners = list(self._answered)
        for listener in listeners:
            listener(record.id)

    @contextmanager
    def notified_of_answers(self, listener: Callable[[str], None]) -> Iterator[None]:
        """Call `listener` with the step id of each answer that arrives meanwhile."""
        with self._answered_lock:
            self._answered.append(listener)
        try:
            yield
        finally:
            with self._answered_lock:
                self._answered.remove(listener)


def _is_own(variable: str) -> bool:
    """Say whether a variable of the environment is meant for Plait and none of its children."""
    return variable == "SPECKIT_WORKFLOW_DIR" or variable.startswith(PREFIX)
