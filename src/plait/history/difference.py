"""What differs between two runs of one workflow, or of two versions of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from plait.history.changes import Change, changes_of, text_diff
from plait.history.walks import walks_of
from plait.model.spending import Spending

if TYPE_CHECKING:
    from plait.history.recorded import RecordedRun
    from plait.journal import RunState, StepRecord

_NOT_COMPARED = frozenset(("session", "session_usage", "usage", "step_template", "answered_by", "items"))
"""Parts of outputs that differ by their nature, or are compared by themselves."""
_NOTABLY, _SECONDS = 1.5, 1.0


class StepDifference(NamedTuple):
    """How one occurrence differs: by item and pass, two runs' occurrences have the same id.

    `facts` are of status, error, attempts, agent, model, tokens and usd, and the step's decisions; `output` those of
    its output. `seconds` are both durations, if one is notably longer: that alone is no difference.
    """

    step_id: str
    type: str
    kind: Literal["added", "removed", "changed"]
    facts: tuple[Change, ...] = ()
    output: tuple[Change, ...] = ()
    seconds: tuple[float, float] | None = None

    @property
    def counts(self) -> bool:
        """Whether there is more to it than the time it took."""
        return self.kind != "changed" or bool(self.facts or self.output)


class WrittenDifference(NamedTuple):
    """How the workflows differ: the ids of steps in one alone or changed, and the unified diff of the files."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()


class Totals(NamedTuple):
    """What a run has taken: seconds in which it was run, tokens and dollars of its agents."""

    seconds: float
    tokens: int
    usd: float


class Difference(NamedTuple):
    """What differs between two runs; `run` is of the workflow's id, status and error."""

    before: str
    after: str
    run: tuple[Change, ...]
    inputs: tuple[Change, ...]
    written: WrittenDifference
    steps: tuple[StepDifference, ...]
    outputs: tuple[Change, ...]
    totals: tuple[Totals, Totals]

    @property
    def is_empty(self) -> bool:
        """Whether the runs are the same but for when they ran and how long that took."""
        return not (
            self.run or self.inputs or self.written.diff or self.outputs or any(each.counts for each in self.steps)
        )


def compare(before: RecordedRun, after: RecordedRun) -> Difference:
    """Return what differs between two runs."""
    old, new = before.state, after.state
    return Difference(
        old.run_id,
        new.run_id,
        changes_of(_of_run(before), _of_run(after)),
        changes_of(old.inputs, new.inputs),
        _written(before, after),
        tuple(_steps(before, after)),
        changes_of(old.outputs, new.outputs),
        (_totals(before), _totals(after)),
    )


def _of_run(run: RecordedRun) -> dict[str, object]:
    return {"workflow": run.state.workflow_id, "status": run.status, "error": run.state.error}


def _totals(run: RecordedRun) -> Totals:
    walks = walks_of(run.events, run.now)
    spent = run.state.spent
    return Totals(sum(walk.end - walk.start for walk in walks), spent.tokens, spent.usd)


def _written(before: RecordedRun, after: RecordedRun) -> WrittenDifference:
    texts = [_definition(run) for run in (before, after)]
    if texts[0] == texts[1]:
        return WrittenDifference()
    names = tuple(f"{run.state.run_id}/workflow.yml" for run in (before, after))
    diff = text_diff(texts[0], texts[1], (names[0], names[1]), context=3)
    old, new = ({step.id: step for step in run.workflow.walk()} if run.workflow else {} for run in (before, after))
    both = [step_id for step_id in new if step_id in old]
    own = {step_id: (_own_fields(old[step_id].written), _own_fields(new[step_id].written)) for step_id in both}
    return WrittenDifference(
        tuple(step_id for step_id in new if step_id not in old),
        tuple(step_id for step_id in old if step_id not in new),
        tuple(step_id for step_id, (one, other) in own.items() if one != other),
        diff,
    )


def _definition(run: RecordedRun) -> str:
    try:
        return run.state.folder.definition.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _own_fields(written: Any) -> Any:
    """Return a step as written without the steps in it: those are compared by themselves."""
    if isinstance(written, list) and written and all(isinstance(each, dict) and "id" in each for each in written):
        return [each["id"] for each in written]
    if isinstance(written, dict) or hasattr(written, "items"):
        return {
            key: value.get("id") if key == "step" and isinstance(value, dict) else _own_fields(value)
            for key, value in written.items()
        }
    return written


def _steps(before: RecordedRun, after: RecordedRun) -> list[StepDifference]:
    old, new = before.state.records, after.state.records
    decided = _decisions(before.state), _decisions(after.state)
    nows = [run.now if run.now is not None else 0.0 for run in (before, after)]
    found = []
    for step_id in dict.fromkeys((*old, *new)):
        one, other = old.get(step_id), new.get(step_id)
        if one is None or other is None:
            kind: Literal["added", "removed"] = "added" if one is None else "removed"
            there = other if one is None else one
            found.append(StepDifference(step_id, "" if there is None else there.type, kind))
            continue
        each = StepDifference(
            step_id,
            other.type,
            "changed",
            changes_of(
                {**_facts(one, before.state), **decided[0].get(step_id, {})},
                {**_facts(other, after.state), **decided[1].get(step_id, {})},
            ),
            changes_of(one.output, other.output, _NOT_COMPARED),
            _notable(one.seconds(nows[0] or one.started), other.seconds(nows[1] or other.started)),
        )
        if each.counts or each.seconds is not None:
            found.append(each)
    return found


def _facts(record: StepRecord, state: RunState) -> dict[str, Any]:
    spent = record.spent or Spending()
    holds_others = record.id in state.tally
    return {
        "type": record.type,
        "status": record.status.value,
        "error": record.error,
        "attempts": 1 if holds_others else record.attempt,
        "agent": record.output.get("agent"),
        "model": record["model"],
        "tokens": spent.tokens,
        "usd": round(spent.usd, 6),
    }


def _decisions(state: RunState) -> dict[str, dict[str, Any]]:
    """Return what steps decided, by their ids; items as a mapping, so that each is compared with its like."""
    found: dict[str, dict[str, Any]] = {}
    for (step_id, key), decision in state.decisions.items():
        found.setdefault(step_id, {})[f"decided {key}"] = decision.value
    return found


def _notable(before: float, after: float) -> tuple[float, float] | None:
    """Return both durations if one is so much longer that a person would want to know."""
    short, long = sorted((before, after))
    return (before, after) if long - short >= _SECONDS and long >= short * _NOTABLY else None
