"""The public face: load a workflow, run it, resume it, ask about runs."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from plait.engine.budgets import check_budgets
from plait.engine.engine import Engine, check_origin, forgotten_by
from plait.engine.resume_plan import PlannedStep, plan_resume
from plait.errors import PlaitError, RunOwnedError
from plait.journal.folder import RunFolder, check_run_id, new_run_id
from plait.journal.reader import read_state
from plait.load import WorkflowDefinition, load_workflow
from plait.model.inputs import resolve_inputs
from plait.packages.project import Project
from plait.packages.step_types import AddedStepTypes
from plait.project_workflows import ProjectWorkflows
from plait.runs import RecordedRuns, RunSummary, shown_status
from plait.steps import StepTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Executor

    from plait.engine.run import Prompter
    from plait.journal.state import RunState
    from plait.journal.writer import Durability, Listener
    from plait.model.notification import Notification
    from plait.model.problems import Problem
    from plait.model.spending import Budget
    from plait.model.step_type import StepBase
    from plait.model.workflow import Workflow
    from plait.notify import Notices
    from plait.preview.estimate import Estimate
    from plait.preview.graph import Graph
    from plait.preview.plan import Plan
    from plait.stubs import Rehearsal
    from plait.telemetry import Telemetry

RUN_ID_VARIABLE = "SPECKIT_WORKFLOW_RUN_ID"


class WorkflowEngine:
    """Runs the workflows of one project.

    `step_types` are step types of your own, added to the built-in ones; workflows may use those of the project's
    step packages and of installed Python packages (entry points `plait.steps`), too. `executor` makes the pool that
    the items of a fan-out run on, given their greatest number at once; it must run them in this process. `signals`
    are handled while a run lasts, if it runs in the main thread: the first stops it so that it can be resumed.
    With a `rehearsal`, `execute` is a dry run: steps that act are answered by its stubs, and nothing is recorded here.
    `telemetry` tells OpenTelemetry of the runs. With `notify`, those named in the workflow and the settings are told
    how a run stopped; `warn` is told in words what went wrong with that, by default the logger `plait`.
    """

    def __init__(
        self,
        project_root: Path | str | None = None,
        step_types: Iterable[StepBase] | Mapping[str, StepBase] = (),
        *,
        listeners: Sequence[Listener] = (),
        prompter: Prompter | None = None,
        durability: Durability = "group",
        signals: Sequence[int] = (signal.SIGINT,),
        executor: Callable[[int], Executor] | None = None,
        adopt_orphans: bool = False,
        rehearsal: Rehearsal | None = None,
        telemetry: Telemetry | None = None,
        notify: bool = True,
        warn: Callable[[str], object] | None = None,
    ) -> None:
        self.project_root = Path.cwd() / (project_root or "")
        own = step_types.values() if hasattr(step_types, "values") else step_types
        added = AddedStepTypes(self.project_root)
        self.step_types: Mapping[str, StepBase] = StepTypes(own, added)
        self._rehearsal = rehearsal
        self._telemetry = telemetry
        self._notify = notify
        self._warn = warn
        if rehearsal is not None:
            self.step_types = rehearsal.step_types(self.step_types)
            prompter = rehearsal.prompter(prompter)
        self._workflows = ProjectWorkflows(self.project_root, self.step_types, lambda: added.problems)
        self.runs = RecordedRuns(self.project_root)
        self.on_step_start: Callable[[str, str], None] | None = None
        self._engine = Engine(
            self.project_root,
            self._workflows.block,
            listeners=listeners if telemetry is None else (*listeners, telemetry),
            prompter=prompter,
            durability=durability if rehearsal is None else "none",
            signals=signals,
            adopt_orphans=adopt_orphans,
            child_variables=None if telemetry is None else telemetry.child_variables,
            rehearsed_in=None if rehearsal is None else rehearsal.folder,
        )
        if executor is not None:
            self._engine.executor = executor

    def load_workflow(self, source: str | Path) -> WorkflowDefinition:
        """Read a workflow file, or the installed workflow of this id with its overlays.

        Raises `UsageError` if there is neither or it is disabled, `InvalidWorkflowError` if it is not YAML or an
        overlay does not fit.
        """
        return self._workflows.read(source)

    def workflow_of(self, definition: WorkflowDefinition) -> Workflow:
        """Return the workflow that a definition is; raises `InvalidWorkflowError` with all its problems."""
        return self._workflows.load(definition)

    def validate(self, definition: WorkflowDefinition) -> list[Problem]:
        """Return everything that is wrong with a definition, on whatever machine it runs."""
        return list(self._workflows.checked(definition).problems)

    def check_agents(
        self,
        definition: WorkflowDefinition,
        inputs: Mapping[str, object] | None = None,
        *,
        forgive_missing: bool = False,
    ) -> list[Problem]:
        """Return what keeps the agents of a valid workflow from being used here: unknown, not installed, too free.

        Agents that are chosen by inputs are found with these, and the defaults of others. `forgive_missing` makes a
        warning of an agent that only has to be installed. Raises `InputError` for an input that does not fit.
        """
        return self._workflows.check_agents(definition, inputs, forgive_missing=forgive_missing)

    def replaced_agents(self, definition: WorkflowDefinition) -> dict[str, str]:
        """Return the known agents that the project's own file gives another program, with that; none if none is used.

        `definition` is that of a valid workflow.
        """
        return self._workflows.replaced_agents(definition)

    def notifications(self, definition: WorkflowDefinition) -> tuple[Notification, ...]:
        """Return whom a workflow tells how its runs stop; raises `InvalidWorkflowError`."""
        return self._workflows.load(definition).notify

    def project_notices(self) -> list[str]:
        """Return what the project's own settings do when a run stops, a line each; none without notices.

        Raises `UsageError` for settings that are wrong.
        """
        from plait.notify.settings import project_file, wanted_by  # noqa: PLC0415 - few projects have such a file

        path = project_file(self.project_root)
        return [each.notification.summary for each in wanted_by(path)] if self._notify and path.exists() else []

    def execute(
        self,
        definition: WorkflowDefinition,
        inputs: Mapping[str, object] | None = None,
        run_id: str | None = None,
    ) -> RunState:
        """Run a workflow from its beginning until it ends or stops, and return its state.

        `run_id` beats the environment variable SPECKIT_WORKFLOW_RUN_ID; without either it is drawn at random.
        Raises `InvalidWorkflowError`, `InputError` or `UsageError` before anything is written; an exception that
        escapes a step type comes through, and the run is recorded as failed.
        """
        workflow = self._workflows.load(definition)
        resolved = resolve_inputs(workflow.inputs, inputs or {}, auto_integration=self._workflows.default_integration())
        chosen = run_id if run_id is not None else os.environ.get(RUN_ID_VARIABLE, "").strip() or new_run_id()
        check_run_id(chosen)
        self._engine.on_step_start = self.on_step_start
        if self._rehearsal is None:
            notices = self._notices()
            notices.expect(workflow)
            folder, origin = RunFolder.of(chosen, self.project_root), self._origin_of(workflow)
            return notices.around(folder, lambda: self._engine.start(workflow, resolved, chosen, origin))
        self._rehearsal.check(workflow)
        return self._rehearsal.run(lambda: self._engine.start(workflow, resolved, chosen, self._origin_of(workflow)))

    def resume(
        self,
        run_id: str,
        inputs: Mapping[str, object] | None = None,
        *,
        from_step: str | None = None,
        step: str | None = None,
        budget: Mapping[str | None, Budget] | None = None,
    ) -> RunState:
        """Go on with a run that paused, failed or was interrupted; nothing that is settled runs again.

        `inputs` are merged over the recorded ones. `from_step` forgets the records of that step and all after it,
        `step` those of one step or item. `budget` sets new limits: of the run under None, of a step that has a budget
        under its id, or that of one occurrence. Raises `RunOwnedError` while another process runs it.
        """
        self._engine.on_step_start = self.on_step_start
        folder = RunFolder.existing(run_id, self.project_root)
        notices = self._notices()

        def resolve(workflow: Workflow, state: RunState) -> dict[str, object] | None:
            self._workflows.require_enabled(state)
            notices.expect(workflow, state)
            if self._telemetry is not None:
                self._telemetry.opened(state)
            return self._workflows.resolve_again(workflow, state, inputs)

        def go_on() -> RunState:
            return self._engine.resume(
                folder,
                self._workflows.frozen,
                resolve,
                given=inputs or (),
                from_step=from_step,
                step=step,
                budget=budget,
            )

        return notices.around(folder, go_on)

    def plan_resume(
        self,
        run_id: str,
        inputs: Mapping[str, object] | None = None,
        *,
        from_step: str | None = None,
        step: str | None = None,
        budget: Mapping[str | None, Budget] | None = None,
    ) -> list[PlannedStep]:
        """Return what `resume` would reuse and run, and why; nothing is run or written."""
        folder = RunFolder.existing(run_id, self.project_root)
        workflow, state = self._workflows.frozen(folder), read_state(folder)
        check_origin(state)
        check_budgets(budget or {}, workflow, state)
        self._workflows.resolve_again(workflow, state, inputs)
        return plan_resume(workflow, state, forgotten_by(state, workflow, from_step, step))

    def plan(self, definition: WorkflowDefinition, inputs: Mapping[str, object] | None = None) -> Plan:
        """Return what `execute` would do, as far as that is known beforehand; nothing is run or written.

        Inputs that are missing stay unknown. Raises `InvalidWorkflowError`, and `InputError` for one that does not fit.
        """
        from plait.preview.planner import plan_workflow  # noqa: PLC0415 - runs need none of it

        return plan_workflow(
            self._workflows.load(definition), inputs or {}, self.project_root, self._workflows.default_integration()
        )

    def estimate(self, plan: Plan) -> Estimate | None:
        """Return what a plan is likely to take, judged by the project's earlier runs; None if they tell nothing."""
        from plait.preview.estimate import estimate  # noqa: PLC0415 - runs need none of it
        from plait.preview.history import read_history  # noqa: PLC0415 - runs need none of it

        return estimate(plan, read_history(plan.workflow.id, self.project_root))

    def graph(self, definition: WorkflowDefinition) -> Graph:
        """Return the graph of a workflow; raises `InvalidWorkflowError`."""
        from plait.preview.graph import graph_of  # noqa: PLC0415 - runs need none of it

        return graph_of(self._workflows.load(definition))

    def graph_of_run(self, run_id: str) -> Graph:
        """Return the graph of the workflow that a run was started with, and how its steps stand."""
        from plait.preview.graph import graph_of  # noqa: PLC0415 - runs need none of it
        from plait.preview.run_states import states_by_path  # noqa: PLC0415 - runs need none of it

        folder = RunFolder.existing(run_id, self.project_root)
        workflow, state = self._workflows.frozen(folder), read_state(folder)
        shown = self.status_of(state)
        return graph_of(workflow, states_by_path(state, shown), run_id=run_id, status=shown)

    def answer(
        self,
        run_id: str,
        choice: str,
        *,
        step_id: str | None = None,
        comment: str | None = None,
        by: str | None = None,
    ) -> str:
        """Answer a gate that waits; see `RecordedRuns.answer`."""
        return self.runs.answer(run_id, choice, step_id=step_id, comment=comment, by=by)

    def cancel(self, run_id: str, *, pause: bool = False) -> str:
        """End a run for good, or only `pause` it; see `RecordedRuns.cancel`.

        The `finally` of a run that nobody owns is run here, before this returns.
        """
        if pause or not self.runs.is_abandoned(run_id):
            return self.runs.cancel(run_id, pause=pause)
        try:
            workflow = self._workflows.frozen(RunFolder.existing(run_id, self.project_root))
        except PlaitError:
            return self.runs.cancel(run_id)
        if not workflow.finally_steps:
            return self.runs.cancel(run_id)
        self.runs.request_cancel(run_id)
        try:
            return self.resume(run_id).status.value
        except RunOwnedError:
            return "requested"

    def recorded_stubs(self, definition: WorkflowDefinition, state: RunState) -> tuple[str, int]:
        """Return the text of a stub file with which a dry run repeats a run of this engine, and how many it has."""
        from plait.stubs import record_stubs  # noqa: PLC0415 - few runs are recorded

        return record_stubs(state, self._workflows.load(definition))

    def redacted(self, text: str) -> str:
        """Return text with `***` for the values of secrets that the latest run of this engine has come to know."""
        return self._engine.redact(text)

    def list_runs(self) -> list[RunSummary]:
        """Return all runs of the project, the newest first; see `RecordedRuns.summaries`."""
        return self.runs.summaries()

    def recorded_workflow(self, run_id: str) -> Workflow:
        """Return the workflow of a run as it was when the run began.

        Raises `RunNotFoundError`, `UsageError` if the run has none, `InvalidWorkflowError` if it is not valid here.
        """
        return self._workflows.frozen(RunFolder.existing(run_id, self.project_root))

    def status_of(self, state: RunState) -> str:
        """Return the status of a run as it is shown: `interrupted` where its owner is dead."""
        return shown_status(state.status, state.folder)

    def _origin_of(self, workflow: Workflow) -> dict[str, object]:
        """Return what is recorded of where a workflow is from (RUN-21), and of the trace that it is run in."""
        trace: dict[str, object] = {}
        if "TRACEPARENT" in os.environ:
            from plait.telemetry.trace import recorded_fields  # noqa: PLC0415 - few runs are a part of something traced

            trace |= recorded_fields(os.environ)
        if workflow.path is None:
            return {"workflow_dir": None, **trace}
        folder = workflow.path.parent.resolve()
        if folder.parent != Project(self.project_root).workflows.resolve():
            return {"workflow_dir": str(folder), **trace}
        return {"workflow_dir": str(folder), "installed_workflow_id": folder.name, **trace}

    def _notices(self) -> Notices:
        """Return the notices of a run; raises `UsageError` for settings that are wrong, before anything is written."""
        from plait.notify import Notices  # noqa: PLC0415 - a dry run tells nobody

        if self._notify:
            return Notices.of(self.project_root, os.environ, self._warn or logging.getLogger("plait").warning)
        return Notices(self.project_root)


def validate_workflow(
    definition: WorkflowDefinition, step_types: Mapping[str, StepBase] | None = None
) -> list[Problem]:
    """Return everything that is wrong with a definition, in its order; never raises (API-02).

    `step_types` are all that its steps may have; by default the built-in ones.
    """
    types = StepTypes() if step_types is None else step_types
    return list(load_workflow(definition, types).problems)
