"""How long a plan is likely to take and what it is likely to cost, judged by earlier runs.

Each step has taken something in each earlier run. Of these figures the 10th and the 90th percentile are taken, of fewer
than ten the least and the greatest; along the walk both ends are added up. `docs/plan-and-graph.md` explains it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import quantiles
from typing import TYPE_CHECKING, NamedTuple

from plait.expressions.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plait.model.spending import Budget
    from plait.preview.blocks import Path
    from plait.preview.history import History, Sample
    from plait.preview.plan import BlockPlan, Plan, StepPlan

_ENOUGH = 10
_WAITING = ("gate", "slot")
"""Types of steps whose own time is not a matter of earlier runs."""


class Interval(NamedTuple):
    """From the least to the greatest that is likely."""

    low: float = 0.0
    high: float = 0.0

    def plus(self, other: Interval) -> Interval:
        """Return the sum of both."""
        return Interval(self.low + other.low, self.high + other.high)

    def times(self, number: Interval) -> Interval:
        """Return this so many times."""
        return Interval(self.low * number.low, self.high * number.high)


class Cost(NamedTuple):
    """What a step or a block takes: seconds from its start to its end, and what its agents use."""

    seconds: Interval = Interval()
    tokens: Interval = Interval()
    usd: Interval = Interval()
    minutes: Interval = Interval()

    def plus(self, other: Cost) -> Cost:
        """Return what both take, one after the other."""
        return Cost(*(own.plus(theirs) for own, theirs in zip(self, other, strict=True)))

    def times(self, number: Interval) -> Cost:
        """Return what this takes so many times, one after the other."""
        return Cost(*(own.times(number) for own in self))

    def or_nothing(self) -> Cost:
        """Return the cost of what may also not be run."""
        return Cost(*(Interval(0.0, own.high) for own in self))


NOTHING = Cost()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan takes in all; `by_path` has each step for one occurrence.

    `runs` are those that it is based on, `others` how many more there are. `unseen` are the ids of steps that no run
    tells anything of, `unpriced` those of agent steps of which no cost was reported: the figures leave them out.
    `gates` is how many gates may wait for a person, which is not counted either.
    """

    total: Cost
    by_path: Mapping[Path, Cost]
    runs: tuple[str, ...]
    others: int = 0
    unseen: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()
    gates: int = 0


class OverBudget(NamedTuple):
    """A budget that the high end of an estimate exceeds; `step_id` is None for the run's own."""

    step_id: str | None
    unit: str
    limit: float
    likely: Interval


def estimate(plan: Plan, history: History) -> Estimate | None:
    """Return what a plan is likely to take; None if earlier runs tell nothing of any of its steps."""
    slots = plan.max_parallel.value if plan.max_parallel is not None and plan.max_parallel.is_known else None
    sums = _Sums(history, slots if isinstance(slots, int) and slots > 0 else None)
    total = sums.of_all(plan.steps).plus(sums.of_all(plan.finally_steps))
    if not sums.by_path:
        return None
    return Estimate(
        total, sums.by_path, history.runs, history.others, tuple(sums.unseen), tuple(sums.unpriced), sums.gates
    )


def over_budget(plan: Plan, found: Estimate) -> list[OverBudget]:
    """Return the budgets of the run and of its steps that may not be enough."""
    told = list(_exceeded(None, plan.workflow.budget, found.total))
    for step in plan.walk():
        cost = found.by_path.get(step.path)
        if cost is not None and step.outcome in ("runs", "maybe"):
            told += _exceeded(step.id, step.budget, cost)
    return told


def _exceeded(step_id: str | None, budget: Budget | None, cost: Cost) -> Iterable[OverBudget]:
    if budget is None:
        return
    for unit, limit, likely in (
        ("usd", budget.usd, cost.usd),
        ("tokens", budget.tokens, cost.tokens),
        ("minutes", budget.minutes, cost.minutes),
    ):
        if limit is not None and likely.high > limit:
            yield OverBudget(step_id, unit, limit, likely)


@dataclass(slots=True)
class _Sums:
    """Adds up a plan, and notes what there is nothing to add for."""

    history: History
    slots: int | None
    by_path: dict[Path, Cost] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)
    unpriced: list[str] = field(default_factory=list)
    gates: int = 0

    def of_all(self, steps: Sequence[StepPlan]) -> Cost:
        total = NOTHING
        for step in steps:
            total = total.plus(self.of(step))
        return total

    def of(self, step: StepPlan) -> Cost:
        if step.outcome in ("skipped", "not taken"):
            return NOTHING
        unseen_before = len(self.unseen)
        if step.blocks:
            found = self._of_blocks(step)
        elif step.type in _WAITING:
            self.gates += step.type == "gate"
            return NOTHING
        else:
            found = self._of_leaf(step)
        if step.verdict is not None and step.verdict.holds is None and not self.history.always_ran(step.path):
            found = found.or_nothing()
        is_seen = step.path in self.history.samples and len(self.unseen) == unseen_before
        if found != NOTHING or is_seen:
            self.by_path[step.path] = found
        return found

    def _of_leaf(self, step: StepPlan) -> Cost:
        samples = [each for each in self.history.samples.get(step.path, ()) if _is_like(each, step)]
        if not samples:
            self.unseen.append(step.id)
            return NOTHING
        if step.agent is not None and not any(each.spent.usd for each in samples):
            self.unpriced.append(step.id)
        spent = [each.spent for each in samples]
        return Cost(
            likely([each.seconds for each in samples]),
            likely([float(each.tokens) for each in spent]),
            likely([each.usd for each in spent]),
            likely([each.minutes for each in spent]),
        )

    def _of_blocks(self, step: StepPlan) -> Cost:
        taken = [block for block in step.blocks if block.outcome != "not taken"]
        roles = {block.role for block in taken}
        if roles & {"case", "otherwise"}:
            return self._of_cases(taken)
        if roles & {"pass", "item"}:
            return self._of_repeated(step, taken)
        if "branch" in roles:
            costs = [self.of_all(block.steps) for block in taken]
            return side_by_side(costs, self._width(step, len(costs)))
        total = NOTHING
        for block in taken:
            total = total.plus(self.of_all(block.steps))
        return total

    def _of_cases(self, taken: Sequence[BlockPlan]) -> Cost:
        costs = [self.of_all(block.steps) for block in taken]
        each_part = zip(*costs, strict=True)
        return Cost(*(Interval(min(one.low for one in part), max(one.high for one in part)) for part in each_part))

    def _of_repeated(self, step: StepPlan, taken: Sequence[BlockPlan]) -> Cost:
        number = self._number(step)
        if number is not None and number.high <= 0:
            return NOTHING
        body = self.of_all([each for block in taken for each in block.steps])
        if number is None:
            self.unseen.append(step.id)
            return NOTHING
        total = body.times(number)
        if any(block.role == "item" for block in taken):
            return total._replace(seconds=items_time(body.seconds, number, self._width(step, number.high)))
        return total

    def _number(self, step: StepPlan) -> Interval | None:
        """Return how many items or passes there are."""
        count = step.count
        if count is None:
            return Interval(1, 1)
        if count.number is not None:
            return Interval(count.number, count.number)
        samples = self.history.samples.get(step.path, ())
        if not samples:
            return None
        seen = likely([each.inside for each in samples])
        most = float("inf") if count.most is None else count.most
        return Interval(min(max(seen.low, count.least), most), min(max(seen.high, count.least), most))

    def _width(self, step: StepPlan, number: float) -> Interval:
        """Return how many run at once, at least and at most."""
        width = None if step.count is None else step.count.width
        most = number if self.slots is None else min(number, self.slots)
        if width is None:
            return Interval(1, max(most, 1))
        return Interval(*[max(min(width, most), 1)] * 2)


def items_time(item: Interval, number: Interval, width: Interval) -> Interval:
    """Return how long so many items take, so many at once.

    At best they fill all places to the end. At worst the last item begins when all others are done.
    """
    if number.high <= 0:
        return Interval()
    low = max(item.low * number.low / width.high, item.low if number.low >= 1 else 0.0)
    high = item.high * (number.high / width.low + 1 - 1 / width.low)
    return Interval(low, high)


def side_by_side(costs: Sequence[Cost], width: Interval) -> Cost:
    """Return what different blocks take that run at the same time, so many at once."""
    total = NOTHING
    for each in costs:
        total = total.plus(each)
    if not costs:
        return NOTHING
    slowest = Interval(max(each.seconds.low for each in costs), max(each.seconds.high for each in costs))
    low = max(slowest.low, total.seconds.low / width.high)
    all_at_once = width.low >= len(costs)
    high = slowest.high if all_at_once else total.seconds.high / width.low + slowest.high * (1 - 1 / width.low)
    return total._replace(seconds=Interval(low, high))


def likely(values: Sequence[float]) -> Interval:
    """Return the 10th and the 90th percentile of values; of fewer than ten the least and the greatest."""
    if len(values) < _ENOUGH:
        return Interval(min(values), max(values))
    tenths = quantiles(values, n=10, method="inclusive")
    return Interval(tenths[0], tenths[-1])


def _is_like(sample: Sample, step: StepPlan) -> bool:
    """Whether a sample was made by an agent, and a model, that are the planned ones as far as both are known."""
    if step.agent is None:
        return True
    agent, model = step.agent.agent, step.agent.model
    if agent.is_known and agent.value and sample.agent not in (None, agent.value):
        return sample.agent in {to_text(each.value) for each in step.agent.fallback}
    wanted = model.value if model is not None and model.is_known else None
    return not wanted or sample.model in (None, wanted)
