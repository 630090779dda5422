"""Test files to tests that are ready to run, or to everything that is wrong with the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.agents.default_agent import default_agent
from plait.api import WorkflowEngine
from plait.errors import InputError, InvalidWorkflowError, PlaitError, UsageError
from plait.journal.folder import describe
from plait.load.source import read_source
from plait.model.inputs import resolve_inputs
from plait.stubs import Rehearsal, StubsError
from plait.stubs.ids import Ids
from plait.testing.case import Case, Trace
from plait.testing.expectations import read_expectations
from plait.testing.reading import read_test_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plait.load import WorkflowDefinition
    from plait.load.findings import Findings
    from plait.model.problems import Problem
    from plait.testing.reading import Draft


class TestFilesError(InvalidWorkflowError):
    """Test files with mistakes: nothing of them has run; `problems` say where and why."""

    __test__ = False

    def __init__(self, problems: Sequence[Problem], files: int) -> None:
        super().__init__(problems)
        errors = sum(1 for problem in problems if problem.is_error)
        which = "the test file cannot be run" if files == 1 else "the test files cannot be run"
        PlaitError.__init__(self, f"{which}: {errors} error{'s' * (errors != 1)}")


def prepare(files: Sequence[Path], project_root: Path, folder: Path) -> list[Case]:
    """Return the tests of files; the dry runs of each are to be kept in `folder`, which exists.

    Raises `TestFilesError` with everything that is wrong with any of the files.
    """
    preparing = _Preparing(project_root, folder)
    for file in files:
        preparing.take(file)
    if any(problem.is_error for problem in preparing.problems):
        raise TestFilesError(preparing.problems, len(files))
    return preparing.cases


class _Preparing:
    def __init__(self, project_root: Path, folder: Path) -> None:
        self.project_root = project_root
        self.folder = folder
        self.cases: list[Case] = []
        self.problems: list[Problem] = []
        self._definitions: dict[str, WorkflowDefinition] = {}

    def take(self, file: Path) -> None:
        """Prepare the tests of one file."""
        try:
            read = read_test_file(read_source(file), file)
        except InvalidWorkflowError as error:
            self._add(error.problems)
            return
        except OSError as error:
            raise UsageError(f"cannot read the test file: {describe(error)}") from error
        for draft in read.drafts:
            case = self._case(draft, file, read.findings)
            if case is not None:
                self.cases.append(case)
        self._add((*read.findings.problems, *read.problems))

    def _case(self, draft: Draft, file: Path, findings: Findings) -> Case | None:
        if draft.workflow is None:
            return None
        place = self.folder / str(len(self.cases))
        rehearsal, trace = Rehearsal(draft.stubs, place), Trace()
        engine = WorkflowEngine(self.project_root, listeners=[trace], signals=(), rehearsal=rehearsal)
        try:
            definition = self._definition(draft, file, engine)
            workflow = engine.workflow_of(definition)
        except InvalidWorkflowError as error:
            self._add(error.problems)
            return None
        except (PlaitError, OSError) as error:
            text = error.message if isinstance(error, PlaitError) else describe(error)
            findings.add(draft.workflow, text, ("workflow",))
            return None
        try:
            resolve_inputs(workflow.inputs, draft.inputs, auto_integration=default_agent(self.project_root))
        except InputError as error:
            findings.add(draft.inputs_place, error.message, (*draft.path, "inputs"), hint=error.hint)
        try:
            rehearsal.check(workflow)
        except StubsError as error:
            self._add(error.problems)
        checks = read_expectations(draft.expect, draft.place, Ids(workflow), findings, (*draft.path, "expect"))
        case = Case(file, draft.name, draft.place, definition, draft.inputs, draft.stubs, engine, rehearsal, trace)
        case.checks = checks
        return case

    def _definition(self, draft: Draft, file: Path, engine: WorkflowEngine) -> WorkflowDefinition:
        """Return the workflow that a test names: a file seen from the test's folder, or an installed one."""
        named = draft.workflow.text if draft.workflow is not None else ""
        is_file = named.lower().endswith((".yml", ".yaml"))
        source = str(file.parent / named) if is_file else named
        if source not in self._definitions:
            self._definitions[source] = engine.load_workflow(source)
        return self._definitions[source]

    def _add(self, problems: Sequence[Problem]) -> None:
        self.problems += [problem for problem in problems if problem not in self.problems]
