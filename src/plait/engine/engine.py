"""A run from its beginning to its end: own it, walk it, record how it ended."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.engine.budgets import check_budgets
from plait.engine.forget import Forgotten, forget_finally, forget_from, forget_step
from plait.engine.housekeeping import Housekeeping
from plait.engine.run import Prompter, Run
from plait.engine.walk import evaluate_outputs, first_failure, walk, walk_finally
from plait.errors import PlaitError, RunNotResumableError, StorageError
from plait.journal.called import keep_called
from plait.journal.encode import encode_text
from plait.journal.folder import RunFolder, write_atomically
from plait.journal.ownership import RunLock
from plait.journal.reader import cut_torn_line, read_state
from plait.journal.state import RunState
from plait.journal.writer import Durability, Journal, Listener
from plait.model.outcome import Halt, HaltKind
from plait.model.status import RunStatus
from plait.process import adopted_orphans, become_subreaper, end_processes, has_children
from plait.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from plait.model.spending import Budget
    from plait.model.workflow import Block, Step, Workflow

_DEEPEST_WALK = 20_000
_GRACE = 2.0
_ALLOCATIONS_PER_COLLECTION = 50_000
_FINISHED = (RunStatus.COMPLETED, RunStatus.ABORTED)


def _threads(width: int) -> Executor:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - many runs have no fan-out to pay for it

    return ThreadPoolExecutor(width, thread_name_prefix="plait-item")


@dataclass(slots=True)
class Engine:
    """Runs workflows of one project. Values of these fields are the same for all its runs.

    `executor` makes the pool that the items of a fan-out run on, given how many may run at once. `adopt_orphans`
    makes this process the parent of what its children leave behind, so that the end of a run finds all of it.
    """

    project_root: Path
    build_block: Callable[[Sequence[Mapping[str, object]], Step], Block]
    listeners: Sequence[Listener] = ()
    prompter: Prompter | None = None
    durability: Durability = "group"
    signals: Sequence[int] = ()
    executor: Callable[[int], Executor] = _threads
    on_step_start: Callable[[str, str], None] | None = None
    adopt_orphans: bool = False
    child_variables: Callable[[RunState, str, int], Mapping[str, str]] | None = None
    """Returns environment variables for the children of a step, given its occurrence and the number of the try."""
    rehearsed_in: Path | None = None
    """The folder whose runs these are, instead of the project's, if nothing is to happen but the walk itself."""
    redact: Callable[[str], str] = str
    """Puts `***` for the values of secrets that the latest run has come to know."""

    def start(
        self, workflow: Workflow, inputs: Mapping[str, object], run_id: str, origin: Mapping[str, object]
    ) -> RunState:
        """Create a run and walk it until it ends or stops. `inputs` are resolved; `origin` says what was run."""
        folder = RunFolder.of(run_id, self.rehearsed_in or self.project_root)
        folder.create()
        with RunLock(folder).acquire():
            folder.check_unused()
            keep_called(folder, workflow)
            write_atomically(folder.definition, workflow.text.encode())
            run = self._open(RunState(folder), workflow)
            write_atomically(folder.inputs, encode_text({"inputs": run.redactor.redact_value(dict(inputs))}))
            self._create(run, inputs, origin)
            return self._go(run, "run_started", "workflow_failed")

    def resume(
        self,
        folder: RunFolder,
        load: Callable[[RunFolder], Workflow],
        resolve: Callable[[Workflow, RunState], dict[str, object] | None],
        *,
        given: Collection[str] = (),
        from_step: str | None = None,
        step: str | None = None,
        budget: Mapping[str | None, Budget] | None = None,
    ) -> RunState:
        """Own a run that has stopped and walk it again; what is settled answers from its record.

        `resolve` returns new inputs, or None to keep those recorded; it may raise `InputError`: nothing has changed
        then. `given` names those that are given anew: a verdict among them may be used once more. `budget` has new
        limits: of the run under None, of a step with a budget under its id or that of one occurrence.
        """
        with RunLock(folder).acquire():
            workflow = load(folder)
            state = read_state(folder)
            check_origin(state)
            if not state.workflow_id:
                state.inputs = _recorded_inputs(folder)
            if state.status in _FINISHED and from_step is None and step is None:
                raise RunNotResumableError(
                    f"run {state.run_id} has {'been ' * (state.status is RunStatus.ABORTED)}{state.status.value}",
                    hint="`--from STEP` or `--step STEP` runs a part of it again",
                )
            forgotten = forgotten_by(state, workflow, from_step, step)
            inputs = resolve(workflow, state)
            check_budgets(budget or {}, workflow, state)
            cut_torn_line(folder.journal)
            run = self._open(state, workflow)
            run.resumed = True
            end_processes(run.mark, run.child_processes(), grace=_GRACE)
            if not state.workflow_id:
                self._create(run, state.inputs, {})
            _forget(run, forgotten, **_asked_for(from_step, step))
            _forget(run, forget_finally(state, workflow))
            if inputs is not None:
                write_atomically(folder.inputs, encode_text({"inputs": run.redactor.redact_value(inputs)}))
                run.journal.append("inputs_resolved", inputs=inputs, given=sorted(given))
            for step_id, limits in (budget or {}).items():
                run.journal.append("budget_raised", step_id=step_id, **limits._asdict())
            return self._go(run, "run_resumed", "resume_failed")

    def _open(self, state: RunState, workflow: Workflow) -> Run:
        journal = Journal(state, durability=self.durability, listeners=self.listeners)
        run = Run(
            workflow,
            journal,
            self.project_root,
            mark=state.folder.mark,
            executor=self.executor,
            build_block=self.build_block,
            prompter=self.prompter,
            on_step_start=self.on_step_start,
            child_variables=self.child_variables,
            is_rehearsal=self.rehearsed_in is not None,
        )
        self.redact = run.redactor.redact_text
        run.secrets.learn(_secrets_of(workflow))
        return run

    def _create(self, run: Run, inputs: Mapping[str, object], origin: Mapping[str, object]) -> None:
        workflow = run.workflow
        defaults = {"integration": workflow.default_integration, "model": workflow.default_model}
        fields = {**origin, **{key: value for key, value in defaults.items() if value is not None}}
        run.journal.append("run_created", run_id=run.state.run_id, workflow_id=workflow.id, inputs=inputs, **fields)
        run.main.context_values["workflow_dir"] = run.state.workflow_dir or ""

    def _go(self, run: Run, begun: str, failed: str) -> RunState:
        """Walk a run that is owned and open, and leave it closed, whatever happens."""
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _DEEPEST_WALK))
        if self.adopt_orphans:
            become_subreaper()
        run.journal.append(begun, pid=os.getpid(), host=os.uname().nodename)
        run.journal.write_snapshot()
        keeping = Housekeeping(run, self.signals)
        collections = gc.get_threshold()
        # Records are many and all stay: looking for garbage among them every few hundred is time lost.
        gc.set_threshold(max(_ALLOCATIONS_PER_COLLECTION, collections[0]), *collections[1:])
        try:
            with keeping:
                self._walk(run, failed)
                self._clear_away(run)
            if keeping.failure is not None:
                raise keeping.failure
            run.journal.sync()
            run.journal.write_snapshot()
        except StorageError as error:
            error.hint = error.hint or f"mend that, then `plait resume {run.state.run_id}`: what was recorded is kept"
            run.cancellation.cancel("storage")
            run.kill()
            raise
        finally:
            gc.set_threshold(*collections)
            run.journal.close()
        return run.state

    def _walk(self, run: Run, failed: str) -> None:
        try:
            halt = walk(run)
            self._end(run, halt)
        except KeyboardInterrupt:
            run.cancellation.cancel("interrupt")
            run.kill()
            run.journal.append("workflow_interrupted", reason="SIGINT")
        except StorageError:
            raise
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            if not run.main.ending:
                run.main.ending = {"status": RunStatus.FAILED.value, "error": text}
                with suppress(Exception):  # recorded with its step; the first exception is the one to raise
                    walk_finally(run)
            run.journal.append(failed, error=text)
            run.journal.sync()
            run.journal.write_snapshot()
            raise

    def _end(self, run: Run, halt: Halt | None) -> None:
        """Run `finally`, unless the run goes on later, and record how it ended."""
        stopped = run.state.stop_request
        if halt is not None and halt.kind is HaltKind.INTERRUPTED:
            if stopped != "cancel":
                run.journal.append("workflow_interrupted", reason=stopped or "cancelled")
                return
            halt = Halt(HaltKind.ABORTED, halt.step_id, "cancelled")
        status, error = (RunStatus.COMPLETED, None) if halt is None else (halt.run_status, halt.error)
        outputs: dict[str, object] = {}
        if status is not RunStatus.PAUSED:
            if halt is None:
                halt, outputs = evaluate_outputs(run)
                status, error = (RunStatus.COMPLETED, None) if halt is None else (halt.run_status, halt.error)
            run.main.ending = {"status": status.value, "error": error}
            halt = first_failure(halt, walk_finally(run))
            if halt is not None and halt.kind is HaltKind.INTERRUPTED:
                run.journal.append("workflow_interrupted", reason=run.state.stop_request or "cancelled")
                return
            status, error = (RunStatus.COMPLETED, None) if halt is None else (halt.run_status, halt.error)
        if halt is not None and halt.kind is HaltKind.ABORTED:
            run.journal.append("workflow_aborted", step_id=halt.step_id)
        fields: dict[str, object] = {"status": status.value}
        if halt is not None:
            fields |= {"step_id": halt.step_id, "error": error}
        if outputs:
            fields["outputs"] = outputs
        run.journal.append("workflow_finished", **fields)

    def _clear_away(self, run: Run) -> None:
        """End what the run's children have left behind, whichever way the run ended."""
        if run.started_children and (not self.adopt_orphans or has_children()):
            end_processes(run.mark, adopted_orphans() if self.adopt_orphans else (), grace=_GRACE)


def check_origin(state: RunState) -> None:
    """Raise `RunNotResumableError` for a run of Spec Kit: its log has the names of steps, but not their outputs."""
    if state.records and not state.workflow_id:
        raise RunNotResumableError(
            f"run {state.run_id} was not recorded by plait", hint="resume it with the program that started it"
        )


def forgotten_by(state: RunState, workflow: Workflow, from_step: str | None, step: str | None) -> Forgotten:
    """Return what `--from` or `--step` makes a run forget."""
    if from_step is not None:
        return forget_from(state, workflow, from_step)
    if step is not None:
        return forget_step(state, workflow, step)
    return Forgotten()


def _asked_for(from_step: str | None, step: str | None) -> dict[str, str]:
    """Return which option of a resume makes it forget, with the step that it names."""
    if from_step is not None:
        return {"from": from_step}
    return {} if step is None else {"step": step}


def _forget(run: Run, forgotten: Forgotten, **asked_for: str) -> None:
    if forgotten.step_ids or forgotten.unsettled or forgotten.decisions:
        run.journal.append(
            "records_forgotten",
            step_ids=list(forgotten.step_ids),
            unsettled=list(forgotten.unsettled),
            decisions=[list(key) for key in forgotten.decisions],
            **asked_for,
        )


def _secrets_of(workflow: Workflow) -> Iterator[Secret]:
    for each in workflow.family():
        for env in (each.env, *(step.settings.env for step in each.walk())):
            yield from (value for value in env.values() if isinstance(value, Secret))


def _recorded_inputs(folder: RunFolder) -> dict[str, object]:
    import json  # noqa: PLC0415 - only for a run that was killed before its first event

    try:
        inputs = json.loads(folder.inputs.read_bytes())["inputs"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlaitError(f"run {folder.run_id} ended before anything was recorded; start it again") from error
    return dict(inputs)
