"""Where the occurrences of a run's steps hang: in which others, and which steps as written they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.engine.scope import VisibleSteps
from plait.engine.written import called_by
from plait.steps.fan_out import FanOutConfig
from plait.steps.if_step import IfConfig
from plait.steps.parallel import ParallelConfig
from plait.steps.switch import SwitchConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plait.journal import RunState
    from plait.journal.facts import Event
    from plait.model.workflow import Block, Step, Workflow


class Written(NamedTuple):
    """A step as written, in a workflow."""

    step: Step
    workflow: Workflow


class Places:
    """The occurrences that events tell of, also those that were forgotten later; `workflow` is the run's, if known."""

    def __init__(self, events: Iterable[Event], workflow: Workflow | None) -> None:
        self.first: dict[str, Event] = {}
        """The first event of each occurrence, which says where it hangs."""
        for event in events:
            if "type" in event and "step_id" in event and event["step_id"] not in self.first:
                self.first[event["step_id"]] = event
        self.workflow = workflow
        self._written: dict[int, Written] = {}
        for each in workflow.family() if workflow is not None else ():
            for step in each.walk():
                self._written[step.order] = Written(step, each)

    def chain(self, step_id: str) -> list[str]:
        """Return an occurrence and those around it, the outermost first."""
        chain = [step_id]
        while (parent := self._parent(chain[-1])) is not None:
            chain.append(parent)
        return chain[::-1]

    def _parent(self, step_id: str) -> str | None:
        parent = self.first[step_id].get("parent")
        return parent if parent in self.first else None

    def kind(self, step_id: str) -> str:
        """Return the type of an occurrence."""
        return str(self.first[step_id]["type"])

    def written(self, step_id: str) -> Written | None:
        """Return the step as written; None for one that another returned, the items of a list, or without a file."""
        event = self.first[step_id]
        parent = self._parent(step_id)
        if parent is not None and self.first[parent].get("order") == event.get("order"):
            return None
        return self._written.get(event.get("order", -1))

    def step(self, step_id: str) -> Step | None:
        """Return the same without its workflow."""
        found = self.written(step_id)
        return None if found is None else found.step

    def calls(self, step_id: str) -> bool:
        """Whether an occurrence is one of a step that calls a workflow."""
        found = self.written(step_id)
        return self.kind(step_id) == "workflow" if found is None else called_by(*found) is not None

    def is_last(self, step_id: str) -> bool:
        """Whether an occurrence is one of a step of `finally`."""
        found = self.written(step_id)
        return found is not None and any(found.step.order == each.order for each in found.workflow.finally_steps)

    def scope(self, step_id: str, state: RunState, published: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
        """Return what an expression of an occurrence sees, by root name, in the state that the run had then.

        `published` is what steps around it, which have not ended, showed of themselves, by their ids.
        """
        prefixes: tuple[str, ...] = ("",)
        item: object = None
        index: int | None = None
        call: str | None = None
        for each in self.chain(step_id):
            event = self.first[each]
            if event.get("index") is not None:
                prefixes, index = (f"{each}:", *prefixes), event["index"]
                item = self.item(each, state)
            if each != step_id and self.calls(each):
                prefixes, item, index, call = (f"{each}:",), None, None, each
        called = None if call is None else state.calls.get(call)
        return {
            "inputs": state.inputs if call is None else (called.inputs if called is not None else {}),
            "steps": VisibleSteps(state, published, prefixes),
            "item": item,
            "item_index": index,
            "fan_in": None,
            "context": {"run_id": state.run_id, "workflow_dir": state.workflow_dir or ""},
            "run": None,
        }

    def item(self, step_id: str, state: RunState) -> object:
        """Return the item of the list that an occurrence of a fan-out's body is for."""
        event = self.first[step_id]
        items = items_of(state, event.get("parent") or "")
        index = event.get("index")
        return items[index] if items is not None and index is not None and index < len(items) else None


def items_of(state: RunState, step_id: str) -> list[object] | None:
    """Return the list that a fan-out has decided on; None if it has not."""
    decided = state.decisions.get((step_id, "items"))
    return decided.value if decided is not None and isinstance(decided.value, list) else None


def block_of(holder: Step, inner: Step) -> str | None:
    """Return which block of a step another one is in: `then`, `else`, the name of a case or a branch; None if unnamed.

    `default` is that of a switch.
    """
    match holder.config:
        case IfConfig(then=then, otherwise=otherwise):
            blocks: Mapping[str, Block] = {"then": then, "else": otherwise or ()}
        case SwitchConfig(cases=cases, default=default):
            blocks = {**cases, "default": default or ()}
        case ParallelConfig(branches=branches):
            blocks = branches
        case _:
            return None
    return next((name for name, block in blocks.items() if any(_holds(each, inner) for each in block)), None)


def _holds(step: Step, inner: Step) -> bool:
    return step.order <= inner.order <= max(step.last, step.order)


def policies_of(step: Step | None) -> dict[str, object]:
    """Return what a step that runs several things at once does when one halts; empty for any other step."""
    config = None if step is None else step.config
    if not isinstance(config, (FanOutConfig, ParallelConfig)):
        return {}
    return {"on_item_failure": config.on_item_failure, "on_item_pause": config.on_item_pause}
