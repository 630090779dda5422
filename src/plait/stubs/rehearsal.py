"""A dry run: a real walk in which nothing happens outside of it."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from plait.model.problems import Severity
from plait.stubs.checking import missing_problem, stub_problems
from plait.stubs.gates import StubPrompter
from plait.stubs.reading import StubsError
from plait.stubs.step_types import StubbedTypes
from plait.stubs.stub import written_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plait.engine.run import Prompter
    from plait.journal.state import RunState
    from plait.model.problems import Problem
    from plait.model.step_type import StepBase, StepContext
    from plait.model.workflow import Workflow
    from plait.stubs.stub import Stub, Stubs
    from plait.stubs.work import Work


class Rehearsal:
    """Answers the steps of one run that act, and keeps that run in a folder of its own.

    `given` has what each occurrence of a step would have been given, one text an attempt. `stop` ends the run soon,
    from any thread. `tells`: the texts are shown to whoever watches the run, too; `on_given` is told each as a whole,
    with the id, from any thread.
    """

    def __init__(self, stubs: Stubs, folder: Path, *, tells: bool = False) -> None:
        self.stubs = stubs
        self.folder = folder
        self._tells = tells
        self.on_given: Callable[[str, str], None] | None = None
        self.given: dict[str, list[str]] = defaultdict(list)
        self.warnings: list[Problem] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._problems: list[Problem] = []
        self._workflow: Workflow | None = None

    @property
    def stopped(self) -> bool:
        """Whether the run is to end at once."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End the run at its next step."""
        self._stop.set()

    def step_types(self, real: Mapping[str, StepBase]) -> Mapping[str, StepBase]:
        """Return step types of which those that act are answered by the stubs."""
        return StubbedTypes(real, self)

    def prompter(self, otherwise: Prompter | None) -> Prompter:
        """Return what answers the gates; `otherwise` is asked where no stub does."""
        return StubPrompter(self.stubs, otherwise, self._note)

    def check(self, workflow: Workflow) -> None:
        """Raise `StubsError` with every stub that does not fit a workflow, and every step that has none."""
        if self._workflow is workflow:
            return
        problems = stub_problems(self.stubs, workflow)
        if any(problem.is_error for problem in problems):
            raise StubsError(problems, f"the stubs do not fit the workflow {workflow.id}")
        self.warnings = [problem for problem in problems if problem.severity is Severity.WARNING]
        self._workflow = workflow

    def run(self, walk: Callable[[], RunState]) -> RunState:
        """Walk; raises `StubsError` for steps that were met without an answer, or with one that does not fit."""
        try:
            return walk()
        except UnansweredError:
            what = "the dry run met steps that it has no answer for"
            raise StubsError(self._problems, what) from None

    def answer(self, context: StepContext, work: Work) -> Stub:
        """Note what a step would have been given, and return its answer."""
        step_id = context.step_id
        self._note(step_id, work.text)
        if self.on_given is not None:
            self.on_given(step_id, work.text)
        if self._tells:
            for line in work.text.splitlines():
                context.tell(line)
        if self.stopped:
            raise UnansweredError(step_id)
        stub = self.stubs.find(step_id)
        if stub is None:
            raise self._unanswered(step_id)
        return stub

    def complain(self, stub: Stub, field: str, message: str) -> Exception:
        """Note that an answer does not fit, at its place in the stub file."""
        place = stub.place(field)
        with self._lock:
            problem = place.source.problem(message, (place.start, place.end))
            if problem not in self._problems:
                self._problems.append(problem)
        return UnansweredError(message)

    def _note(self, step_id: str, text: str) -> None:
        with self._lock:
            self.given[step_id].append(text)

    def _unanswered(self, step_id: str) -> Exception:
        plain = written_id(step_id)
        steps: Any = () if self._workflow is None else (s for each in self._workflow.family() for s in each.walk())
        step = next((each for each in steps if each.id == plain and each.type.acts), None)
        if step is not None:
            problem = missing_problem(step)
            if step_id != plain:
                message = f"no stub answers `{step_id}`, an occurrence of the step `{plain}` ({step.type.type_key})"
                problem = problem._replace(message=message)
            with self._lock:
                if problem not in self._problems:
                    self._problems.append(problem)
        return UnansweredError(f"no stub answers {step_id}")


class UnansweredError(Exception):
    """A step that has no answer: it ends the run as no failure of a step could."""
