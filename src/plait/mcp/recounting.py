"""The tools that tell what happened in a run, and why."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

from mcp_types import CallToolResult
from pydantic import Field

from plait.api import WorkflowEngine
from plait.errors import PlaitError, UsageError
from plait.history.explain import explain as explained
from plait.history.recorded import read_recorded
from plait.journal import RunState
from plait.mcp.payloads import Explanation, Logs, Standing
from plait.mcp.results import result_of
from plait.views.explanation import explanation_lines, explanation_payload
from plait.views.logs import attempts_of, logs_payload
from plait.views.palette import Palette
from plait.views.show import show_payload

if TYPE_CHECKING:
    from pathlib import Path

RunId = Annotated[str, Field(description="The run's id, as `run` and `list_runs` return it.")]
_LONGEST_LOG = 200_000
_WIDTH = 120
_PLAIN = Palette(colours=False)


class Recounting:
    """Tools that look back on the runs of one project."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def logs(
        self,
        run_id: RunId,
        step_id: Annotated[str | None, Field(description="Only this step and those inside it.")] = None,
        attempt: Annotated[int | None, Field(ge=1, description="This try; by default the last one.")] = None,
        lines: Annotated[int, Field(ge=1, le=10_000, description="The last lines of each log.")] = 200,
    ) -> Annotated[CallToolResult, Logs]:
        """Return what the steps of a run printed."""
        state = RunState.load(run_id, self._root)
        if step_id is not None and step_id not in state.records and step_id not in state.latest:
            raise UsageError(f"run {state.run_id} has no step {step_id!r}", hint="`status` lists them")
        payload = logs_payload(run_id, attempts_of(state, step_id, attempt))
        for log in payload["logs"]:
            whole = log["text"]
            text = "".join(whole.splitlines(keepends=True)[-lines:])[-_LONGEST_LOG:]
            log |= {"text": text, "cut": len(text) < len(whole)}
        return result_of(payload)

    def show(self, run_id: RunId) -> Annotated[CallToolResult, Standing]:
        """Return everything recorded of a run: its inputs, each step's outputs, attempts, costs, and a timeline."""
        return result_of(show_payload(read_recorded(run_id, self._root)))

    def explain(
        self, run_id: RunId, step_id: Annotated[str, Field(description="The step's id, as `status` lists it.")]
    ) -> Annotated[CallToolResult, Explanation]:
        """Say why a step ran, was reused, was skipped, was tried again, waited or failed, with what decided it."""
        run = read_recorded(run_id, self._root)
        with suppress(PlaitError):  # without its workflow less can be said, but something
            run = run._replace(workflow=WorkflowEngine(self._root, signals=()).recorded_workflow(run_id))
        found = explained(run, step_id)
        text = "\n".join(explanation_lines(found, _PLAIN, width=_WIDTH))
        return result_of(explanation_payload(run.state.run_id, found), text)
