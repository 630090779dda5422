"""The state of a run: the fold of its journal. What each event does to it is in `folds.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.journal.facts import Expense
from plait.journal.folder import RunFolder
from plait.journal.folds import FOLDS
from plait.model.status import RunStatus, StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plait.journal.facts import CalledInputs, Child, Decision, Event
    from plait.journal.record import StepRecord
    from plait.model.spending import Budget, Spending
    from plait.model.step_type import Answer


class RunState:
    """Everything known of a run, folded from its journal.

    `records` has one entry an occurrence of a step, in the order in which they began. `current_step_id` is the last
    step that began or, once the run has stopped, the one that stopped it. Times are ISO 8601 in UTC.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.run_id = folder.run_id
        self.workflow_id = ""
        self.installed_workflow_id: str | None = None
        self.installed_registry_root: str | None = None
        self.workflow_dir: str | None = None
        self.traceparent: str | None = None
        """The span that the run was started in, as `TRACEPARENT` named it; `tracestate` is what stood beside it."""
        self.tracestate = ""
        self.status = RunStatus.CREATED
        self.error: str | None = None
        self.current_step_id: str | None = None
        self.current_step_index = 0
        self.created_at = ""
        self.updated_at = ""
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.generation = 0
        """How often new inputs were given to the run."""
        self.calls: dict[str, CalledInputs] = {}
        """The inputs of the workflows that steps call, by the occurrence of the step."""
        self.records: dict[str, StepRecord] = {}
        self.latest: dict[str, str] = {}
        self.decisions: dict[tuple[str, str], Decision] = {}
        self.children: dict[str, Child] = {}
        self.answers: dict[str, Answer] = {}
        self.asked: set[str] = set()
        """The steps whose question stands on the terminal of the run's owner."""
        self.expanded: dict[str, Event] = {}
        self.consumed_verdicts: dict[str, str] = {}
        self.requests: set[str] = set()
        self.stop_request: str | None = None
        self.owner: dict[str, Any] | None = None
        self.interruption: str | None = None
        self.recorded: Mapping[str, object] = {}
        """The default agent and model, which every record shows that has none of its own (ENG-06)."""
        self.expenses: dict[int | None, Expense] = {}
        """What agents have cost: by the order of the step that called them, and under None all of it."""
        self.budgets: dict[str | None, Budget] = {}
        """Limits set after the run began: of the run under None, of a step or an occurrence under its id."""
        self.tally: dict[str, dict[StepStatus, int]] = {}
        """For each step that holds others directly, how many of those are in which status."""

    @classmethod
    def load(cls, run_id: str, project_root: Path | str) -> RunState:
        """Read the state of a recorded run from its journal.

        Raises `UsageError` for a malformed id, `RunNotFoundError`, or `JournalDamagedError` naming the line.
        """
        from pathlib import Path  # noqa: PLC0415 - only needed for callers that pass text

        from plait.journal.reader import read_state  # noqa: PLC0415 - the reader folds into this class

        return read_state(RunFolder.existing(run_id, Path(project_root)))

    @property
    def step_results(self) -> dict[str, dict[str, Any]]:
        """The records as Spec Kit's state shows them: plain ids answer with the latest pass of a loop (WHI-04)."""
        results = {step_id: dict(record) for step_id, record in self.records.items()}
        for alias, step_id in self.latest.items():
            results[alias] = dict(self.records[step_id])
        return results

    @property
    def spent(self) -> Spending:
        """What the run has spent on agents; of what is run again, both times count."""
        return self.expenses.get(None, Expense()).total

    @property
    def waiting(self) -> list[StepRecord]:
        """The innermost steps that wait for a person, in the order in which they began to; none if aborted."""
        if self.status is RunStatus.ABORTED:
            return []
        asked = self.asked
        paused = [
            record for record in self.records.values() if record.status is StepStatus.PAUSED or record.id in asked
        ]
        holders = {record.parent for record in paused}
        return [record for record in paused if record.id not in holders]

    def settled(self, step_id: str) -> StepRecord | None:
        """Return the record of an occurrence that never runs again, or None."""
        record = self.records.get(step_id)
        return record if record is not None and record.settled else None

    def decided_values(self) -> Mapping[tuple[str, str], object]:
        """Return the values of all decisions."""
        return {key: decision.value for key, decision in self.decisions.items()}


def fold(state: RunState, event: Event) -> None:
    """Take one event into the state; events of unknown names only advance the time."""
    state.updated_at = event["timestamp"]
    folder = FOLDS.get(event["event"])
    if folder is not None:
        folder(state, event)
