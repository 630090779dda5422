"""The tools that start, answer and end runs; a run is a process of its own and outlives the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import anyio
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from plait.api import WorkflowEngine
from plait.errors import InvalidWorkflowError, UsageError
from plait.journal import RunFolder
from plait.journal.folder import new_run_id
from plait.journal.ownership import owner_of
from plait.mcp.background import Detached, start
from plait.mcp.confinement import input_words, workflow_source
from plait.mcp.following import LONGEST_WAIT, begun, journal_size, settled
from plait.mcp.looking import Inputs, Source
from plait.mcp.payloads import Answered, Cancelled, Standing
from plait.mcp.recounting import RunId
from plait.mcp.results import result_of, told_error
from plait.runs import RecordedRuns, shown_status
from plait.views.payload import status_payload

if TYPE_CHECKING:
    from pathlib import Path

ANSWERED_BY = "mcp"
"""Who has given an answer that came over MCP, as the journal has it."""
Wait = Annotated[
    float,
    Field(ge=0, le=LONGEST_WAIT, description="Return when the run has ended or stopped, or after so many seconds."),
]


class Advancing:
    """Tools that change the runs of one project."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def run(
        self, ctx: Context, source: Source, inputs: Inputs = None, wait_seconds: Wait = 0
    ) -> Annotated[CallToolResult, Standing]:
        """Start a workflow in the background and return its run id at once; it goes on without this server.

        Validate and plan it before. Follow it with `status`; `paused` with `waiting` means that a person is asked.
        """
        path = workflow_source(self._root, source)
        words = input_words(inputs or {})
        await anyio.to_thread.run_sync(self._refuse_invalid, path)
        run_id = new_run_id()
        command = start(self._root, ["run", path, "--quiet", f"--run-id={run_id}", *words])
        return await self._followed(ctx, command, run_id, wait_seconds)

    async def resume(
        self,
        ctx: Context,
        run_id: RunId,
        inputs: Inputs = None,
        from_step: Annotated[str | None, Field(description="Run this step and all after it again.")] = None,
        step: Annotated[str | None, Field(description="Run this one step again, and nothing else.")] = None,
        budget: Annotated[
            list[str] | None,
            Field(description="New limits such as `usd=20` or `STEP:usd=5`; a person decides about money."),
        ] = None,
        wait_seconds: Wait = 0,
    ) -> Annotated[CallToolResult, Standing]:
        """Go on with a run that paused, failed or was interrupted, in the background; nothing settled runs again."""
        RunFolder.existing(run_id, self._root)
        chosen = {"from": from_step, "step": step}
        words = [f"--{name}={value}" for name, value in chosen.items() if value is not None]
        words += [f"--budget={each}" for each in budget or ()]
        if any("\0" in word for word in words):
            raise UsageError("a step's id or a budget holds a character that it may not hold")
        before = journal_size(run_id, self._root)
        command = start(self._root, ["resume", run_id, "--quiet", *words, *input_words(inputs or {})])
        return await self._followed(ctx, command, run_id, wait_seconds, before)

    async def status(self, ctx: Context, run_id: RunId, wait_seconds: Wait = 0) -> Annotated[CallToolResult, Standing]:
        """Say where a run stands, step by step, and what it waits for; may wait until it has ended or stopped."""
        RunFolder.existing(run_id, self._root)
        return await self._standing(ctx, run_id, wait_seconds)

    def answer(
        self,
        run_id: RunId,
        choice: Annotated[str, Field(description="One of the gate's options, as the person chose it.")],
        step_id: Annotated[str | None, Field(description="The gate; needed if several wait.")] = None,
        comment: Annotated[str | None, Field(description="Why, in the person's words; kept with the answer.")] = None,
    ) -> Annotated[CallToolResult, Answered]:
        """Answer a gate with what a person has decided.

        Show the person the question and its options first, and wait for their word: never choose for them. Unless
        the answer is taken at once (`running`), `resume` goes on.
        """
        runs = RecordedRuns(self._root)
        answered = runs.answer(run_id, choice, step_id=step_id, comment=comment, by=ANSWERED_BY)
        owned = owner_of(RunFolder.of(run_id, self._root)) is not None
        return result_of({"run_id": run_id, "step_id": answered, "choice": choice, "running": owned})

    async def cancel(
        self, run_id: RunId, *, pause: Annotated[bool, Field(description="Only stop it; `resume` goes on.")] = False
    ) -> Annotated[CallToolResult, Cancelled]:
        """End a run for good, or only pause it; what runs in it is ended, its `finally` steps run."""
        RunFolder.existing(run_id, self._root)
        command = start(self._root, ["cancel", run_id, *(["--pause"] if pause else [])])
        await command.ended()
        said = command.said()
        return _failed(command) if "error" in said or not said else result_of(said)

    def _refuse_invalid(self, source: str) -> None:
        """Raise `InvalidWorkflowError` here, where it can be told with every place in the file."""
        engine = WorkflowEngine(self._root)
        problems = engine.validate(engine.load_workflow(source))
        if any(problem.is_error for problem in problems):
            raise InvalidWorkflowError(problems, source=source)

    async def _followed(
        self, ctx: Context, command: Detached, run_id: str, seconds: float, before: int = 0
    ) -> CallToolResult:
        if not await begun(command, run_id, self._root, before):
            return _failed(command)
        return await self._standing(ctx, run_id, seconds, command)

    async def _standing(
        self, ctx: Context, run_id: str, seconds: float, command: Detached | None = None
    ) -> CallToolResult:
        async def tell(done: int, step_id: str) -> None:
            await ctx.report_progress(done, None, step_id)

        state = await settled(run_id, self._root, seconds, tell, command)
        return result_of(status_payload(state, shown_status(state.status, state.folder)))


def _failed(command: Detached) -> CallToolResult:
    """Return why a command ended without doing what it was to do."""
    error: Any = command.said().get("error")
    if not isinstance(error, dict):
        text = command.complained().strip() or f"the command ended with exit code {command.exit_code}"
        return told_error(text, {"type": "Unexpected", "message": text, "hint": None, "exit_code": command.exit_code})
    hint = f"\nhint: {error['hint']}" if error.get("hint") else ""
    return told_error(f"error: {error.get('message')}{hint}", error)
