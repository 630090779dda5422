"""All there is of a run, for people: the facts, the tree with what each step came to, and a timeline."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from plait.history.timeline import timeline_of
from plait.history.walks import walks_of
from plait.journal.record import timestamp
from plait.model.status import RunStatus, StepStatus
from plait.views.outcome import waiting_lines
from plait.views.payload import details_payload
from plait.views.step_outcome import outcome_text
from plait.views.text import duration, one_line
from plait.views.timeline import timeline_lines
from plait.views.tree import fact_rows, step_line, tree_rows
from plait.views.waits import parked, parked_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.history.recorded import RecordedRun
    from plait.history.spans import Span
    from plait.journal import StepRecord
    from plait.views.palette import Palette
    from plait.views.tree import TreeRow

_FEW = 12
_FIRST, _SLOWEST = 3, 3
_SETTLED_WELL = (StepStatus.COMPLETED, StepStatus.SKIPPED)


def show_lines(
    run: RecordedRun, palette: Palette, *, now: float, width: int, everything: bool = False, suffix: str = ""
) -> Iterator[str]:
    """Yield the run's facts, its tree and its timeline; long fan-outs are folded unless `everything`."""
    state, walks = run.state, walks_of(run.events, run.now)
    for name, value in fact_rows(state, run.status, palette):
        yield f"{palette.paint(f'{name:<9}', 'dim')} {value}"
    if walks:
        took = sum(walk.end - walk.start for walk in walks)
        resumes = f" in {len(walks)} processes" if len(walks) > 1 else ""
        yield f"{palette.paint('took'.ljust(9), 'dim')} {duration(took)}{resumes}"
    if not state.records:
        return
    end = run.now if run.now is not None else (walks[-1].end if walks else now)
    rows = list(tree_rows(state, list if everything else (lambda children: telling(children, end))))
    yield ""
    yield from _tree(run, rows, palette, end)
    spans = {span.step_id: span for span in timeline_of(state, run.events, run.now)}
    lines = list(timeline_lines(rows, spans, walks, palette, width=width))
    if lines:
        yield ""
        yield from lines
    if state.waiting:
        yield ""
        yield from waiting_lines(state, palette, suffix=suffix)
    if run.status != "running" and parked(state):
        yield ""
        yield from parked_lines(state, palette, now)


def _tree(run: RecordedRun, rows: Sequence[TreeRow], palette: Palette, now: float) -> Iterator[str]:
    state, is_over = run.state, run.state.status is RunStatus.ABORTED
    for depth, record, folded in rows:
        indent = "  " * depth
        if record is None:
            yield indent + palette.paint(f"… {_counted(folded)} (--all shows them)", "dim")
            continue
        more, holds_others = outcome_text(record, state), record.id in state.tally
        yield indent + step_line(record, palette, now, holds_others=holds_others, is_over=is_over, more=more)


def _counted(folded: Sequence[StepRecord]) -> str:
    """Return how many are not shown, by status: `9,870 more completed, 3 skipped`."""
    counts = Counter(record.status.value for record in folded)
    (first, number), *others = counts.most_common()
    return ", ".join([f"{number:,} more {first}", *(f"{count:,} {status}" for status, count in others)])


def telling(children: Sequence[StepRecord], now: float) -> Sequence[StepRecord]:
    """Return the steps of one holder that are shown: all but of many items or passes.

    Of these the first few, those that did not simply succeed and the slowest.
    """
    many = [child for child in children if child.index is not None or child.iteration > 1]
    if len(many) <= _FEW:
        return children
    odd = [child for child in many if child.status not in _SETTLED_WELL or child.attempt > 1]
    odd.sort(key=lambda child: child.status is not StepStatus.FAILED)
    slowest = sorted(many, key=lambda child: child.seconds(now), reverse=True)[:_SLOWEST]
    chosen = {id(child) for child in (*many[:_FIRST], *odd[:_FEW], *slowest)}
    held = {id(child) for child in many}
    return [child for child in children if id(child) in chosen or id(child) not in held]


def show_payload(run: RecordedRun) -> dict[str, Any]:
    """Return what `runs show` always did, and `timeline`: each step's attempts and waits; and `processes`."""
    spans = timeline_of(run.state, run.events, run.now)
    return {
        **details_payload(run.state, run.status),
        "processes": [
            {
                "pid": walk.pid,
                "started_at": timestamp(walk.start),
                "ended_at": timestamp(walk.end),
                "ended_as": walk.ended_as,
            }
            for walk in walks_of(run.events, run.now)
        ],
        "timeline": [span_payload(span) for span in spans],
    }


def span_payload(span: Span) -> dict[str, Any]:
    """Return one step in time as an object; times are ISO 8601."""
    return {
        "step_id": span.step_id,
        "parent": span.parent,
        "type": span.type,
        "name": None if span.name is None else one_line(span.name),
        "status": span.status,
        "start": timestamp(span.start),
        "end": timestamp(span.end),
        "attempts": [
            {
                "number": attempt.number,
                "start": timestamp(attempt.start),
                "end": timestamp(attempt.end),
                "ended_as": attempt.ended_as,
                "forgotten": attempt.forgotten,
            }
            for attempt in span.attempts
        ],
        "waits": [
            {"start": timestamp(wait.start), "end": timestamp(wait.end), "reason": wait.reason} for wait in span.waits
        ],
    }
