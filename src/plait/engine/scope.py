"""Which id an occurrence of a step has, and which steps and values it can see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.model.status import StepStatus

if TYPE_CHECKING:
    from plait.cancellation import Cancellation
    from plait.engine.call import Call
    from plait.engine.run import Run
    from plait.journal import RunState, StepRecord
    from plait.model.workflow import Step

_VISIBLE = frozenset({StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED})


class Scope:
    """What is the same for every step of a workflow at work, or of one item of a fan-out in it.

    `prefixes` lead to the steps that can be seen by their own id: the innermost item's first, the workflow's last.
    """

    __slots__ = ("call", "inside_fan_out", "item", "item_index", "prefixes")

    def __init__(
        self,
        call: Call,
        prefixes: tuple[str, ...],
        item: object = None,
        item_index: int | None = None,
        *,
        inside_fan_out: bool = False,
    ) -> None:
        self.call = call
        self.prefixes = prefixes
        self.item = item
        self.item_index = item_index
        self.inside_fan_out = inside_fan_out

    def of_item(self, prefix: str, item: object, index: int) -> Scope:
        """Return the scope of one item of a fan-out that stands in this scope; its steps' ids begin with `prefix`."""
        return Scope(self.call, (prefix, *self.prefixes), item, index, inside_fan_out=True)

    def of_called(self, call: Call) -> Scope:
        """Return the scope of a workflow that a step in this one calls: it sees nothing of what is around it."""
        return Scope(call, (call.prefix,), inside_fan_out=self.inside_fan_out)

    def values(self, run: Run) -> dict[str, object]:
        """Return what expressions can see, by root name (EXP-06, EXP-07)."""
        call = self.call
        return {
            "inputs": call.inputs(run.state),
            "steps": VisibleSteps(run.state, run.published, self.prefixes),
            "item": self.item,
            "item_index": self.item_index,
            "fan_in": None,
            "context": call.context_values,
            "run": call.ending,
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """What a step hands down to the steps in it: when to stop, and the environment, folder and idle limit it set.

    `pooled`: it runs beside others, in a seat that they could use while it only waits.
    """

    cancellation: Cancellation
    env: Mapping[str, str] | None = None
    cwd: str | None = None
    idle_timeout: float | None = None
    pooled: bool = False


class Place:
    """One occurrence of a step: its id, where it hangs in the run's tree, and the terms it runs on.

    `inner` and `inner_alias` are put before the ids of the steps in it: they differ inside the second and later
    passes of a loop, whose plain ids are aliases. `index` is that of an item, `iteration` the pass of a loop from 1,
    `top` the index of a step at the top of the workflow.
    """

    __slots__ = ("alias", "id", "index", "inner", "inner_alias", "iteration", "parent", "scope", "terms", "top")

    def __init__(
        self,
        step_id: str,
        scope: Scope,
        terms: Terms,
        parent: str | None = None,
        inner: str = "",
        inner_alias: str = "",
        *,
        alias: str | None = None,
        index: int | None = None,
        iteration: int = 0,
        top: int | None = None,
    ) -> None:
        self.id = step_id
        self.scope = scope
        self.terms = terms
        self.parent = parent
        self.inner = inner
        self.inner_alias = inner_alias
        self.alias = alias
        self.index = index
        self.iteration = iteration
        self.top = top

    @property
    def cancellation(self) -> Cancellation:
        """The scope that tells this occurrence when to stop."""
        return self.terms.cancellation

    def of_child(self, step: Step, iteration: int = 0) -> Place:
        """Return the place of a step in a block of this one; `iteration` counts the passes of a loop from 1."""
        alias = self.inner_alias + step.id
        if iteration > 1:
            step_id = f"{self.id}:{step.id}:{iteration - 1}"
            inner = f"{step_id}:"
        else:
            step_id = self.inner + step.id
            inner = self.inner
        known_as = None if alias == step_id else alias
        return Place(
            step_id, self.scope, self.terms, self.id, inner, self.inner_alias, alias=known_as, iteration=iteration
        )

    def of_item(self, body: Step, item: object, index: int, terms: Terms) -> Place:
        """Return the place of one item of this fan-out."""
        step_id = f"{self.id}:{body.id}:{index}"
        inner = f"{step_id}:"
        return Place(step_id, self.scope.of_item(inner, item, index), terms, self.id, inner, inner, index=index)

    def of_called(self, call: Call, terms: Terms) -> Place:
        """Return the place around the steps of a workflow that this step calls."""
        return Place(self.id, self.scope.of_called(call), terms, None, call.prefix, call.prefix)

    def of_branch(self, terms: Terms) -> Place:
        """Return this same place on terms of its own, for blocks that run at the same time."""
        return Place(self.id, self.scope, terms, None, self.inner, self.inner_alias)


class VisibleSteps(Mapping[str, object]):
    """The records that an expression finds under `steps`: by plain id, the nearest scope first, or by full id."""

    __slots__ = ("_prefixes", "_published", "_state")

    def __init__(
        self, state: RunState, published: Mapping[str, Mapping[str, object]], prefixes: tuple[str, ...]
    ) -> None:
        self._state = state
        self._published = published
        self._prefixes = prefixes

    def find(self, step_id: str) -> StepRecord | None:
        """Return the record that an id means here, whether or not the step has ended."""
        records, latest = self._state.records, self._state.latest
        for prefix in self._prefixes:
            key = prefix + step_id
            record = records.get(latest.get(key, key))
            if record is not None:
                return record
        return None

    def get(self, key: str, default: object = None) -> object:
        """Return what can be seen of a step: its record once it has ended, or what it has published so far."""
        record = self.find(key)
        if record is None:
            return default
        if record.status in _VISIBLE:
            return record
        published = self._published.get(record.id)
        if published is None:
            return default
        return {"output": published, "status": record.status.value, "type": record.type, "error": None}

    def __getitem__(self, key: str) -> object:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def ended(self) -> Iterator[tuple[str, StepRecord]]:
        """Yield the records of the steps that have ended, with the ids they are seen by from here."""
        known = [*self._state.records, *self._state.latest]
        for name in dict.fromkeys(map(self._name, known)):
            if name is None:
                continue
            record = self.find(name)
            if record is not None and record.status in _VISIBLE:
                yield name, record

    def _name(self, step_id: str) -> str | None:
        """Return the shortest id that a step may be seen by; None for one that cannot be."""
        prefix = next((prefix for prefix in self._prefixes if step_id.startswith(prefix)), None)
        return None if prefix is None else step_id.removeprefix(prefix)

    def __iter__(self) -> Iterator[str]:
        return iter([key for key, _ in self.ended()])

    def __len__(self) -> int:
        return sum(1 for _ in self)
