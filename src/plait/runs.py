"""Runs as they are recorded: which there are, how they stand, and requests to those who run them.

Everything here works from another process than the one that runs a workflow, and loads none.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.errors import UsageError
from plait.journal.folder import RunFolder, recorded_runs
from plait.journal.mailbox import post
from plait.journal.ownership import RunLock, owner_of
from plait.journal.reader import cut_torn_line, read_state
from plait.journal.writer import Journal
from plait.model.spending import Spending
from plait.model.status import RunStatus
from plait.process import end_processes

if TYPE_CHECKING:
    from pathlib import Path

_ENDED = (RunStatus.COMPLETED, RunStatus.ABORTED, RunStatus.FAILED)
_GRACE = 2.0


class RunSummary(NamedTuple):
    """One line of a list of runs; `status` is `interrupted` where the owner of a running run is dead.

    `spent` is what its agents have cost.
    """

    run_id: str
    workflow_id: str
    status: str
    created_at: str
    updated_at: str
    spent: Spending = Spending()


class RecordedRuns:
    """The runs of one project."""

    def __init__(self, project_root: Path) -> None:
        self.project_root = project_root

    def summaries(self) -> list[RunSummary]:
        """Return all runs of the project, the newest first; folders that hold no readable run are left out."""
        summaries = [summary for folder in recorded_runs(self.project_root) if (summary := _summarise(folder))]
        return sorted(summaries, key=lambda summary: (summary.created_at, summary.run_id), reverse=True)

    def answer(
        self,
        run_id: str,
        choice: str,
        *,
        step_id: str | None = None,
        comment: str | None = None,
        by: str | None = None,
    ) -> str:
        """Answer a gate that waits, and return its step id; `step_id` is needed if several wait.

        The owner of the run takes the answer at once, else the next resume does.
        """
        folder = RunFolder.existing(run_id, self.project_root)
        paused = {record.id: record for record in read_state(folder).waiting}
        waiting = {name: record for name, record in paused.items() if record.output.get("waits_for") != "budget"}
        if step_id in paused.keys() - waiting.keys() or (paused and not waiting):
            raise UsageError(
                f"{step_id or next(iter(paused))} waits for a larger budget, not for an answer",
                hint=f"`plait resume {run_id} --budget usd=…` raises it",
            )
        if step_id is None and len(waiting) == 1:
            step_id = next(iter(waiting))
        if step_id is None or step_id not in waiting:
            names = ", ".join(waiting)
            problem = f"step {step_id!r} of run {run_id} does not wait" if step_id else f"{len(waiting)} steps wait"
            if not waiting:
                raise UsageError(f"no step of run {run_id} waits for an answer")
            raise UsageError(f"{problem} for an answer", hint=f"waiting: {names}")
        raw = waiting[step_id].output.get("options")
        options = [str(option) for option in raw] if isinstance(raw, list) else []
        chosen = next((option for option in options if option.lower() == choice.strip().lower()), None)
        if chosen is None:
            raise UsageError(f"{choice!r} is none of the options of {step_id}", hint=f"options: {', '.join(options)}")
        said = self._without_secrets(folder, comment) if comment else comment
        post(folder, "answer", step_id=step_id, choice=chosen, comment=said, by=by or _user())
        return step_id

    def _without_secrets(self, folder: RunFolder, text: str) -> str:
        """Return text with `***` for the values of the secrets: it may lie there until somebody resumes the run."""
        from plait.secrets import Redactor, SecretStore, secrets_named_in  # noqa: PLC0415 - only for a comment

        redactor = Redactor()
        try:
            definition = folder.definition.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return text
        SecretStore(self.project_root, redactor).learn(secrets_named_in(definition))
        return redactor.redact_text(text)

    def is_abandoned(self, run_id: str) -> bool:
        """Say whether a run has not ended and nobody owns it: to cancel it is to run its `finally`, if any."""
        folder = RunFolder.existing(run_id, self.project_root)
        return owner_of(folder) is None and read_state(folder).status not in _ENDED

    def request_cancel(self, run_id: str) -> None:
        """Leave a request to end a run, for its owner or the next resume."""
        post(RunFolder.existing(run_id, self.project_root), "cancel", by=_user())

    def cancel(self, run_id: str, *, pause: bool = False) -> str:
        """End a run for good, or only `pause` it; return its status, or `requested` where its owner will do it."""
        folder = RunFolder.existing(run_id, self.project_root)
        if owner_of(folder) is not None:
            post(folder, "pause" if pause else "cancel", by=_user())
            return "requested"
        return _stop(folder, _user(), pause=pause).value


def _stop(folder: RunFolder, by: str, *, pause: bool) -> RunStatus:
    """Record that a run which nobody owns is not to go on; end what its dead owner left running."""
    with RunLock(folder).acquire():
        state = read_state(folder)
        if state.status not in _ENDED:
            cut_torn_line(folder.journal)
            journal = Journal(state, durability="full")
            end_processes(folder.mark, [(child.pid, child.start) for child in state.children.values()], grace=_GRACE)
            journal.append("stop_requested", kind="pause" if pause else "cancel", by=by)
            if pause:
                journal.append("workflow_interrupted", reason=by)
            else:
                journal.append("workflow_finished", status="aborted", error=f"cancelled by {by}")
            journal.write_snapshot()
            journal.close()
        return state.status


def _summarise(folder: RunFolder) -> RunSummary | None:
    try:
        data: dict[str, Any] = json.loads(folder.state.read_bytes())
        status = RunStatus(data["status"])
        times = str(data.get("created_at") or ""), str(data.get("updated_at") or "")
        spent = Spending(**data["spent"]) if data.get("spent") else Spending()
        return RunSummary(folder.run_id, str(data["workflow_id"]), shown_status(status, folder), *times, spent)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def shown_status(status: RunStatus, folder: RunFolder) -> str:
    """Return a status as it is shown: `interrupted` where the owner of a running run is dead."""
    if status in (RunStatus.RUNNING, RunStatus.CREATED) and owner_of(folder) is None:
        return "interrupted"
    return status.value


def _user() -> str:
    import getpass  # noqa: PLC0415 - only for answers and requests

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
