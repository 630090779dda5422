"""The tools that only look: nothing runs and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from mcp_types import CallToolResult
from pydantic import Field

from plait.api import WorkflowEngine
from plait.errors import InvalidWorkflowError, UsageError
from plait.journal.folder import describe
from plait.load import WorkflowDefinition
from plait.mcp.confinement import workflow_source
from plait.mcp.payloads import Plan, Runs, Verdict, Workflows
from plait.mcp.results import result_of
from plait.packages.project import Project
from plait.packages.registry import Registry
from plait.runs import RecordedRuns
from plait.views.installed import installed_payload
from plait.views.palette import Palette
from plait.views.plan_payload import workflow_plan_payload
from plait.views.problems import judged, problems_lines, problems_payload
from plait.views.table import runs_payload
from plait.views.workflow_plan import Look, workflow_plan_lines

if TYPE_CHECKING:
    from pathlib import Path

Source = Annotated[
    str, Field(description="A .yml file inside the project, relative to it, or the id of an installed workflow.")
]
Inputs = Annotated[
    dict[str, str | int | float | bool] | None, Field(description="Values of the workflow's inputs, by name.")
]
_WIDTH = 120
_TEXT = "workflow.yml"
"""What problems of a text call it."""


class Looking:
    """Tools that look at the workflows and runs of one project."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list_workflows(self) -> Annotated[CallToolResult, Workflows]:
        """List the workflows that are installed in the project; files beside the code can be named by their path."""
        return result_of(installed_payload(Registry(Project(self._root), "workflows").sound))

    def list_runs(
        self, limit: Annotated[int, Field(ge=1, le=1000, description="At most so many, the newest first.")] = 20
    ) -> Annotated[CallToolResult, Runs]:
        """List the runs of the project with their status, the newest first."""
        return result_of({"runs": runs_payload(RecordedRuns(self._root).summaries()[:limit])})

    def validate(
        self,
        source: Annotated[str | None, Field(description="A .yml file inside the project, or an installed id.")] = None,
        text: Annotated[str | None, Field(description="In place of `source`: the YAML text itself.")] = None,
        inputs: Inputs = None,
        *,
        strict: Annotated[bool, Field(description="Take warnings for errors.")] = False,
    ) -> Annotated[CallToolResult, Verdict]:
        """Say everything that is wrong with a workflow, each with line, column and a hint; runs nothing.

        Call it after every change of a file, until `valid` is true.
        """
        if (source is None) == (text is None):
            raise UsageError("give either `source` or `text`")
        name = _TEXT if source is None else source
        engine = WorkflowEngine(self._root)
        try:
            definition = self._definition(engine, source, text)
            problems = engine.validate(definition)
            if not any(problem.is_error for problem in problems):
                problems += engine.check_agents(definition, inputs)
        except InvalidWorkflowError as error:
            problems = list(error.problems)
        verdict = judged(problems, strict=strict)
        return result_of(problems_payload(name, verdict), "\n".join(problems_lines(name, verdict)))

    def plan(self, source: Source, inputs: Inputs = None) -> Annotated[CallToolResult, Plan]:
        """Show what a run would do: each step with its texts as far as they are known, agents, limits, an estimate.

        Runs nothing, needs no agent, and takes inputs that are missing for unknown.
        """
        engine = WorkflowEngine(self._root)
        planned = engine.plan(self._definition(engine, source, None), inputs)
        estimate = engine.estimate(planned)
        look = Look.of(Palette(colours=False), _WIDTH, full=True)
        text = "\n".join(workflow_plan_lines(planned, estimate, look))
        return result_of(workflow_plan_payload(planned, estimate), text)

    def _definition(self, engine: WorkflowEngine, source: str | None, text: str | None) -> WorkflowDefinition:
        """Read what a client named, or what it sent."""
        if source is None:
            return WorkflowDefinition.from_string(text or "", source=_TEXT)
        try:
            return engine.load_workflow(workflow_source(self._root, source))
        except OSError as error:
            raise UsageError(f"cannot read the workflow: {describe(error)}") from error
