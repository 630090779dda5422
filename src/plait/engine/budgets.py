"""Is there enough left for one more call to an agent?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from plait.engine.written import called_by
from plait.errors import UsageError
from plait.journal.facts import Expense
from plait.model.spending import Budget, Spending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plait.journal import RunState, StepRecord
    from plait.journal.writer import Journal
    from plait.model.spending import AgentCall
    from plait.model.workflow import Step, Workflow

_CENT = 0.01


class Shortage(NamedTuple):
    """A limit that one more call would pass: of the run's budget, if `step_id` is None.

    `expected` is what the calls under way and this one are likely to use.
    """

    step_id: str | None
    unit: str
    limit: float
    spent: float
    expected: float

    @property
    def message(self) -> str:
        """What has run out, for a person."""
        name = "the run's budget" if self.step_id is None else f"the budget of step {self.step_id}"
        expected = f", {_amount(self.unit, self.expected)} expected of the calls under way and this one"
        rest = expected if self.spent < self.limit else ""
        return f"{name} of {_amount(self.unit, self.limit)} is used up: {_amount(self.unit, self.spent)} spent{rest}"


@dataclass(eq=False, slots=True)
class Reservation:
    """What a call that is under way is expected to use, of the run and in which occurrences of steps."""

    holders: frozenset[str]
    expected: Spending


class Budgets:
    """The budgets of a run and of the steps in it; those of steps count for everything inside them.

    A budget set when the run was resumed replaces the limits written in the file.
    """

    def __init__(self, journal: Journal, of_run: Budget | None) -> None:
        self._journal = journal
        self._of_run = of_run or Budget()
        self._written: dict[str, tuple[str, Budget]] = {}
        self._under_way: list[Reservation] = []

    def declare(self, occurrence: str, step_id: str, budget: Budget) -> None:
        """Say what an occurrence of a step, known by `step_id` in the file, may spend."""
        self._written[occurrence] = (step_id, budget)

    def reserve(self, step_id: str) -> Reservation | Shortage:
        """Set aside what one more call of a step is expected to use, or tell what there is not enough of."""
        with self._journal.lock:
            records = list(self._chain(step_id))
            expected = self._expected(records[0].order)
            for limits, spent, holder in self._budgets(records):
                same = [each.expected for each in self._under_way if holder is None or holder in each.holders]
                shortage = _shortage(holder, limits, spent, sum_of([*same, expected]))
                if shortage is not None:
                    return shortage
            reservation = Reservation(frozenset(record.id for record in records), expected)
            self._under_way.append(reservation)
            return reservation

    def release(self, reservation: Reservation) -> None:
        """Give back what was set aside; once more does nothing."""
        with self._journal.lock:
            if reservation in self._under_way:
                self._under_way.remove(reservation)

    def spend(
        self, step_id: str, spending: Spending, reservation: Reservation | None, call: AgentCall | None = None
    ) -> None:
        """Journal what a call has cost, in place of what was set aside for it."""
        with self._journal.lock:
            if reservation is not None:
                self.release(reservation)
            usd, tokens, minutes = spending
            facts = {} if call is None else {name: value for name, value in call._asdict().items() if value}
            self._journal.append("spent", step_id=step_id, usd=usd, tokens=tokens, minutes=minutes, **facts)

    def _chain(self, step_id: str) -> Iterator[StepRecord]:
        """Yield the record of a step and of those around it, the innermost first."""
        records = self._journal.state.records
        record: StepRecord | None = records[step_id]
        while record is not None:
            yield record
            record = None if record.parent is None else records.get(record.parent)

    def _expected(self, order: int) -> Spending:
        """Return what a call costs: the mean of those of the same step so far, else of all."""
        expenses = self._journal.state.expenses
        return (expenses.get(order) or expenses.get(None) or Expense()).mean

    def _budgets(self, records: list[StepRecord]) -> Iterator[tuple[Budget, Spending, str | None]]:
        """Yield the budgets a step falls under: their limits, what is spent, and whose they are."""
        state = self._journal.state
        yield self._of_run.raised(state.budgets.get(None, Budget())), state.spent, None
        for record in records:
            if record.id in self._written:
                step_id, limits = self._written[record.id]
                for known_as in dict.fromkeys((step_id, *_names_of(record))):
                    limits = limits.raised(state.budgets.get(known_as, Budget()))
                yield limits, record.spent or Spending(), record.id


def check_budgets(raised: Iterable[str | None], workflow: Workflow, state: RunState) -> None:
    """Raise `UsageError` for a budget that is to be raised and that no step has.

    A step with a budget is named by its id in the file or by that of an occurrence, `fan:leaf:2` or `fan:item:2`;
    without the number, all items of the fan-out are meant.
    """
    own: dict[int, str] = {}
    of_items: dict[int, str] = {}
    for each in workflow.family():
        own |= {step.order: step.id for step in each.walk() if _is_limited(step, each)}
        of_items |= {step.order: f"{step.id}:item" for step in each.walk() if _limits_items(step)}
    known = {None, *own.values()}
    for record in state.records.values():
        around = state.records.get(record.parent or "")
        if record.order in own or (record.order < 0 and around is not None and around.order in of_items):
            known.update(_names_of(record))
    for step_id in raised:
        if step_id not in known:
            names = ", ".join((*own.values(), *of_items.values())) or "none but the run"
            raise UsageError(f"step {step_id!r} has no budget to raise", hint=f"these have one: {names}")


def _is_limited(step: Step, workflow: Workflow) -> bool:
    """Whether a step has a budget, or calls a workflow that has one."""
    called = called_by(step, workflow)
    return step.settings.budget is not None or (called is not None and called.budget is not None)


def _limits_items(step: Step) -> bool:
    """Whether a step limits what each of its items may spend."""
    return getattr(step.config, "item_budget", None) is not None


def _names_of(record: StepRecord) -> tuple[str, ...]:
    """Return the names of an occurrence: that of all items beside it, if it is one, and its own."""
    return (record.id,) if record.index is None else (record.id.rpartition(":")[0], record.id)


def sum_of(spendings: list[Spending]) -> Spending:
    """Return what all of these come to."""
    total = Spending()
    for spending in spendings:
        total = total.plus(spending)
    return total


def _shortage(holder: str | None, limits: Budget, spent: Spending, expected: Spending) -> Shortage | None:
    """Return the first limit that would be passed, or is reached; None if none."""
    for unit, limit, used, more in zip(Budget._fields, limits, spent, expected, strict=True):
        if limit is not None and (used >= limit or used + more > limit):
            return Shortage(holder, unit, limit, used, more)
    return None


def _amount(unit: str, number: float) -> str:
    match unit:
        case "usd":
            whole_cents = abs(number - round(number, 2)) < _CENT / 1000
            return f"${number:,.2f}" if whole_cents or number >= 1 else f"${number:.4f}"
        case "tokens":
            return f"{number:,} tokens"
        case _:
            return f"{number:,.4g} minutes"
