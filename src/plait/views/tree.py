"""The steps of a run as an indented tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from plait.journal import StepRecord
from plait.model.status import RunStatus, StepStatus
from plait.views.outcome import waiting_lines
from plait.views.spending import spent_text
from plait.views.text import clip, duration, moment, one_line, plural
from plait.views.waits import parked, parked_lines, wait_text, waits

if TYPE_CHECKING:
    from plait.journal import RunState
    from plait.views.palette import Palette

_MOST_ITEMS = 12
_LONGEST_ERROR = 100
_SETTLED_WELL = (StepStatus.COMPLETED, StepStatus.SKIPPED)
_UNSETTLED = (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.PAUSED)


def status_lines(
    state: RunState, status: str, palette: Palette, *, now: float, everything: bool = False, suffix: str = ""
) -> Iterator[str]:
    """Yield where a run stands (STA-01); a long fan-out shows only its items worth a look, unless `everything`."""
    for name, value in fact_rows(state, status, palette):
        yield f"{palette.paint(f'{name:<9}', 'dim')} {value}"
    if state.records:
        yield ""
        yield from tree_lines(state, palette, now=now, everything=everything)
    if state.waiting:
        yield ""
        yield from waiting_lines(state, palette, suffix=suffix)
    if status != "running" and parked(state):
        yield ""
        yield from parked_lines(state, palette, now)


def fact_rows(state: RunState, status: str, palette: Palette) -> Iterator[tuple[str, str]]:
    """Yield what is known of the run as a whole, by name."""
    yield "run", palette.paint(state.run_id, "bold")
    yield "workflow", one_line(state.workflow_id)
    yield "status", palette.status(status)
    yield "created", moment(state.created_at)
    yield "updated", moment(state.updated_at)
    if state.current_step_id:
        yield "step", one_line(state.current_step_id)
    if cost := spent_text(state.spent):
        yield "spent", cost
    if status == "running" and state.owner:
        yield "owner", one_line(f"process {state.owner.get('pid')} on {state.owner.get('host')}")
    if state.error:
        yield "error", one_line(state.error)


class TreeRow(NamedTuple):
    """A line of the tree: a step, or a note that stands for those `folded` away in the same holder."""

    depth: int
    record: StepRecord | None = None
    folded: tuple[StepRecord, ...] = ()


Choice = Callable[[Sequence[StepRecord]], Sequence[StepRecord]]
"""Which of the steps in one holder are shown."""


def tree_rows(state: RunState, choose: Choice) -> Iterator[TreeRow]:
    """Yield the steps in the order in which they began, those inside another one below it, one level deeper."""
    below: dict[str | None, list[StepRecord]] = {}
    for record in state.records.values():
        parent = record.parent if record.parent in state.records else None
        below.setdefault(parent, []).append(record)

    def branch(parent: str | None, depth: int) -> Iterator[TreeRow]:
        children = below.get(parent, [])
        shown = choose(children)
        for record in shown:
            yield TreeRow(depth, record)
            yield from branch(record.id, depth + 1)
        if len(shown) < len(children):
            known = {id(each) for each in shown}
            yield TreeRow(depth, None, tuple(each for each in children if id(each) not in known))

    return branch(None, 0)


def tree_lines(state: RunState, palette: Palette, *, now: float, everything: bool = False) -> Iterator[str]:
    """Yield one line a step, the steps inside another one indented below it, in the order in which they began."""
    is_over = state.status is RunStatus.ABORTED
    for depth, record, folded in tree_rows(state, list if everything else worth_showing):
        if record is None:
            note = f"… {plural(len(folded), 'more item')} (--all shows them)"
            yield "  " * depth + palette.paint(note, "dim")
            continue
        holds_others = record.id in state.tally
        yield "  " * depth + step_line(record, palette, now, holds_others=holds_others, is_over=is_over)


def worth_showing(children: Sequence[StepRecord]) -> Sequence[StepRecord]:
    """Return the children that tell a person something: all of a few, else those that did not simply succeed."""
    if len(children) <= _MOST_ITEMS:
        return children
    odd = [child for child in children if child.status not in _SETTLED_WELL]
    return odd[:_MOST_ITEMS]


def step_line(
    record: StepRecord,
    palette: Palette,
    now: float,
    *,
    holds_others: bool = False,
    is_over: bool = False,
    more: str = "",
) -> str:
    """Return one line about a step: sign, id, type, time, tries, cost, `more` about it, what it waits for, error.

    One that `holds_others` is walked again at every resume, which are no tries. In a run that `is_over` because it was
    aborted nothing waits any more, whatever the record of the step says.
    """
    waiting = waits(record) and not is_over
    status = "paused" if waiting else record.status.value
    if is_over and record.status in _UNSETTLED:
        status = "aborted"
    parts = [palette.sign(status), one_line(record.id)]
    if record.name:
        parts.append(f"“{one_line(record.name)}”")
    parts.append(palette.paint(record.type, "dim"))
    if record.status is not StepStatus.PENDING and record.started:
        parts.append(palette.paint(duration(record.seconds(now)), "dim"))
    if record.attempt > 1 and not holds_others:
        parts.append(palette.paint(f"try {record.attempt}", "dim"))
    if record.spent is not None and (cost := spent_text(record.spent)):
        parts.append(palette.paint(cost, "dim"))
    if more:
        parts.append(palette.paint(more, "dim"))
    if waiting:
        return " ".join([*parts, palette.status(status, clip(wait_text(record, now), _LONGEST_ERROR))])
    if record.status not in _SETTLED_WELL:
        parts.append(palette.status(status))
    if record.error and not (is_over and waits(record)):
        parts.append(palette.status(status, clip(one_line(record.error), _LONGEST_ERROR)))
    return " ".join(parts)
