"""The workflows of one project: found, loaded with its step types, checked against its agents."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from plait.agents import STEP_TYPES
from plait.agents.default_agent import default_agent
from plait.errors import InvalidWorkflowError, UsageError
from plait.load import FrozenWorkflows, Loaded, WorkflowDefinition, load_block, load_workflow
from plait.model.fields import is_file_reference
from plait.model.inputs import resolve_inputs
from plait.packages.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from plait.journal.folder import RunFolder
    from plait.journal.state import RunState
    from plait.load.called import FindWorkflow
    from plait.model.problems import Problem
    from plait.model.step_type import StepBase
    from plait.model.workflow import Block, Step, Workflow


class ProjectWorkflows:
    """What the workflows of a project are; `step_types` are all that their steps may have.

    `further_problems` are told with those of every workflow: of step packages that cannot be loaded.
    """

    def __init__(
        self, project_root: Path, step_types: Mapping[str, StepBase], further_problems: Callable[[], Iterable[Problem]]
    ) -> None:
        self.project_root = project_root
        self._step_types = step_types
        self._further_problems = further_problems
        self._last_loaded: tuple[WorkflowDefinition | None, Loaded | None] = (None, None)

    def read(self, source: str | Path) -> WorkflowDefinition:
        """Read a workflow file, or the installed workflow of this id with its overlays."""
        path = Path(source).expanduser()
        if path.suffix.lower() not in (".yml", ".yaml"):
            from plait.packages.installed import load_installed  # noqa: PLC0415 - only for installed workflows

            return load_installed(Project(self.project_root), str(source))
        if not path.is_file():
            raise UsageError(f"{path} is not a file" if path.exists() else f"no such file: {path}")
        return WorkflowDefinition.from_yaml(path)

    def load(self, definition: WorkflowDefinition, find_workflow: FindWorkflow | None = None) -> Workflow:
        """Return the workflow that a definition is; raises `InvalidWorkflowError` with all its problems."""
        loaded = self.checked(definition, find_workflow)
        if loaded.workflow is None:
            raise InvalidWorkflowError(loaded.problems, source=str(definition.source_path or "<string>"))
        return loaded.workflow

    def checked(self, definition: WorkflowDefinition, find_workflow: FindWorkflow | None = None) -> Loaded:
        """Load a definition, once for the one that is validated and then executed."""
        known, loaded = self._last_loaded
        if known is not definition or loaded is None:
            loaded = load_workflow(
                definition,
                self._step_types,
                agent_names=self._agent_names,
                find_workflow=self._find_workflow if find_workflow is None else find_workflow,
            )
            loaded = Loaded(loaded.workflow, (*loaded.problems, *self._further_problems()))
            self._last_loaded = (definition, loaded)
        return loaded

    def frozen(self, folder: RunFolder) -> Workflow:
        """Return the workflow of a run as it was when the run began; raises `UsageError` if the run has none."""
        if not folder.definition.is_file():
            raise UsageError(f"run {folder.run_id} has no workflow.yml: it ended before it began; start it again")
        return self.load(WorkflowDefinition.from_yaml(folder.definition), FrozenWorkflows(folder).find)

    def check_agents(
        self,
        definition: WorkflowDefinition,
        inputs: Mapping[str, object] | None = None,
        *,
        forgive_missing: bool = False,
    ) -> list[Problem]:
        """Return what keeps the agents of a valid workflow from being used here; see `WorkflowEngine.check_agents`."""
        workflow = self.load(definition)
        if not _uses_agents(workflow):
            return []
        from plait.agents.catalogue import agents_of  # noqa: PLC0415 - only for workflows that use agents
        from plait.agents.check_family import check_family_agents  # noqa: PLC0415 - only for workflows that use agents

        given = inputs or {}
        known = {name: each for name, each in workflow.inputs.items() if each.has_default or name in given}
        return check_family_agents(
            workflow,
            agents_of(self.project_root),
            os.environ,
            self.project_root,
            resolve_inputs(known, given, auto_integration=self.default_integration()),
            forgive_missing=forgive_missing,
        )

    def replaced_agents(self, definition: WorkflowDefinition) -> dict[str, str]:
        """Return the known agents that the project's own file gives another program; none if none is used."""
        if not _uses_agents(self.load(definition)):
            return {}
        from plait.agents.catalogue import agents_of  # noqa: PLC0415 - only for workflows that use agents

        agents = agents_of(self.project_root)
        return {key: agents[key].executable or "" for key in agents.replaced}

    def require_enabled(self, state: RunState) -> None:
        """Refuse a run of an installed workflow that has been disabled since (ENA-02)."""
        if state.installed_workflow_id is not None:
            from plait.packages.installed import require_enabled  # noqa: PLC0415 - only for installed workflows

            require_enabled(Project(self.project_root), state.installed_workflow_id)

    def resolve_again(
        self, workflow: Workflow, state: RunState, inputs: Mapping[str, object] | None
    ) -> dict[str, object] | None:
        """Return the inputs of a run with new values over the recorded ones; None if there are no new ones."""
        if not inputs:
            return None
        recorded = {name: value for name, value in state.inputs.items() if name in workflow.inputs}
        return resolve_inputs(workflow.inputs, {**recorded, **inputs}, auto_integration=self.default_integration())

    def block(self, steps: Sequence[Mapping[str, object]], after: Step) -> Block:
        """Load steps that a step has made while running; raises `InvalidWorkflowError`."""
        block = load_block(steps, self._step_types, source=f"<steps of {after.id}>")
        return tuple(_reordered(step, after.order) for step in block)

    def default_integration(self) -> str | None:
        """Return the project's default agent (FIL-17); None where it is not known."""
        return default_agent(self.project_root)

    def _agent_names(self) -> Collection[str]:
        from plait.agents.catalogue import agents_of  # noqa: PLC0415 - few files name agents outside their steps

        return agents_of(self.project_root)

    def _find_workflow(self, reference: str, caller: WorkflowDefinition) -> WorkflowDefinition:
        """Return what a step of `caller` calls: the file beside it, or the installed workflow of this id."""
        if is_file_reference(reference):
            folder = self.project_root if caller.source_path is None else caller.source_path.parent
            reference = str(folder / Path(reference).expanduser())
        try:
            return self.read(reference)
        except OSError as error:
            raise UsageError(f"cannot read {reference}: {error.strerror or error}") from error


def _uses_agents(workflow: Workflow) -> bool:
    return any(step.type.type_key in STEP_TYPES for each in workflow.family() for step in each.walk())


def _reordered(step: Step, order: int) -> Step:
    """Give steps made while running the place of the step that made them."""
    children = tuple(_reordered(child, order) for child in step.children)
    return dataclasses.replace(step, order=order, last=order, children=children)
