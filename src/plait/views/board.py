"""What a live view needs to know of a run, kept small while the run grows.

The board follows the events. Of an item that has succeeded only the count stays, and of a loop only its latest pass:
a run of 100,000 items takes no more of it than what is running now.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from plait.model.status import StepStatus
from plait.views.shortage import shortage_of
from plait.views.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plait.journal import RunState, StepRecord
    from plait.model.spending import Spending

_LONGEST_LINE = 300
_MOST_FAILED = 5
_MOST_WAITING = 50
_DONE = (StepStatus.COMPLETED, StepStatus.SKIPPED)


class Node:
    """One occurrence of a step on the board; `tally` is the run's own count of the steps directly inside it."""

    __slots__ = (
        "attempt", "children", "continued", "ended", "error", "id", "index", "iteration", "label", "line", "name",
        "parent", "parked", "retry_in", "short", "slot", "slots", "spent", "started", "status", "tally", "total",
        "type", "until",
    )  # fmt: skip

    def __init__(self, record: StepRecord) -> None:
        self.id = record.id
        self.name = one_line(record.name) if record.name else ""
        self.type = record.type
        self.label = ""
        self.line = ""
        self.index = record.index
        self.parent = record.parent
        self.children: dict[str, Node] = {}
        self.tally: Mapping[StepStatus, int] = {}
        self.total: int | None = None
        self.slots: list[Node | None] = []
        """The items that run, each staying in its place on the screen."""
        self.slot = -1
        self.parked: set[str] = set()
        """The items that wait for a limit to pass."""
        self.retry_in: float | None = None
        self.update(record)

    def update(self, record: StepRecord) -> None:
        """Take over what changes in the life of a step."""
        self.status = record.status
        self.started = record.started
        self.ended = record.ended
        self.attempt = record.attempt
        self.iteration = record.iteration
        self.continued = record.continued
        self.error = record.error
        self.spent = record.spent
        self.until = record.waiting_until
        self.retry_in = None
        self.short = shortage_of(record) is not None

    @property
    def settled(self) -> bool:
        """Whether it ended for good, be it in a failure that was continued past."""
        return self.done or (self.status is StepStatus.FAILED and self.continued)

    @property
    def done(self) -> bool:
        """Whether it ended in a way that needs nobody's attention."""
        return self.status in _DONE

    @property
    def waits(self) -> bool:
        """Whether it, or what is inside it, waits for a limit to pass."""
        return self.until is not None and self.status is StepStatus.PENDING

    @property
    def is_short(self) -> bool:
        """Whether it, or what is inside it, stopped for want of a larger budget."""
        return self.short or any(child.is_short for child in self.children.values())

    @property
    def holds_others(self) -> bool:
        """Whether steps ran inside it."""
        return bool(self.children or self.tally)

    def count(self, status: StepStatus) -> int:
        """Return how many of the steps directly inside have a status."""
        return self.tally.get(status, 0)

    def walk(self) -> Iterator[Node]:
        """Yield everything below this node."""
        for child in self.children.values():
            yield child
            yield from child.walk()


class Board:
    """Follows a run; `lock` holds it still for whoever draws it, and is never held for long."""

    def __init__(self, planned: Sequence[tuple[str, str]] = ()) -> None:
        self.lock = threading.RLock()
        self.planned = list(planned)
        """Id and name of the top-level steps, begun or not."""
        self.roots: dict[str, Node] = {}
        self.run_id = ""
        self.stopping = ""
        self.spent: Spending | None = None
        """What the run's agents have cost so far."""
        self._nodes: dict[str, Node] = {}

    def on_step_start(self, step_id: str, label: str) -> None:
        """Take the label of a step that is on the board."""
        node = self._nodes.get(step_id)
        if node is not None:
            node.label = one_line(label)

    def on_output(self, step_id: str, line: str) -> None:
        """Keep the latest line of a step's output."""
        node = self._nodes.get(step_id)
        if node is not None:
            node.line = clip(line, _LONGEST_LINE)  # made safe when it is drawn: most lines never are

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """Take in an event that the state has in it already."""
        with self.lock:
            match event["event"]:
                case "step_started":
                    self._begin(state.records[event["step_id"]], state)
                case "step_completed" | "step_interrupted":
                    self._end(state.records[event["step_id"]], state)
                case "decided" if event["key"] == "items" and isinstance(event["value"], list):
                    self._set_total(event["step_id"], len(event["value"]))
                case "attempt_failed" if event.get("until") is None:
                    self._retry(event)
                case "attempt_failed" | "step_waiting":
                    self._park(state.records[event["step_id"]], state)
                case "spent":
                    self._spend(event["step_id"], state)
                case "stop_requested":
                    self.stopping = event["kind"]
                case "run_started" | "run_resumed" | "records_forgotten":
                    self._rebuild(state)

    def busy(self) -> bool:
        """Whether more than one step is at work, not counting those that only hold others."""
        with self.lock:
            running = [node for node in self._nodes.values() if node.status is StepStatus.RUNNING]
            holders = {node.parent for node in running}
            return sum(node.id not in holders for node in running) > 1

    def _rebuild(self, state: RunState) -> None:
        self.run_id = state.run_id
        self.spent = state.spent
        self.roots.clear()
        self._nodes.clear()
        for record in state.records.values():
            holder = self._nodes.get(record.parent or "")
            over = holder is not None and holder.done
            if over or (record.index is not None and record.status in _DONE):
                continue
            self._begin(record, state)
            if record.waiting_until is not None and record.status is StepStatus.PENDING:
                self._park(record, state)
            elif record.status is not StepStatus.RUNNING:
                self._end(record, state)
        for (step_id, key), decision in state.decisions.items():
            if key == "items" and isinstance(decision.value, list):
                self._set_total(step_id, len(decision.value))

    def _begin(self, record: StepRecord, state: RunState) -> None:
        parent = self._nodes.get(record.parent or "")
        if parent is None and record.parent is not None:
            return  # it belongs to something that has been taken off the board
        node = self._nodes.get(record.id)
        if node is None:
            node = self._place(Node(record), parent)
        else:
            node.update(record)
        node.tally = state.tally.get(record.id, node.tally)
        if parent is None:
            return
        parent.tally = state.tally.get(parent.id, parent.tally)
        parent.parked.discard(node.id)
        if node.index is not None and node.slot < 0:
            _take_slot(parent, node)

    def _place(self, node: Node, parent: Node | None) -> Node:
        self._nodes[node.id] = node
        if parent is None:
            self.roots[node.id] = node
            return node
        if node.iteration:
            for former in [child for child in parent.children.values() if child.iteration != node.iteration]:
                self._drop(former)
        parent.children[node.id] = node
        return node

    def _end(self, record: StepRecord, state: RunState) -> None:
        node = self._nodes.get(record.id)
        if node is None:
            return
        node.update(record)
        parent = self._nodes.get(node.parent or "")
        if parent is not None:
            parent.tally = state.tally.get(parent.id, parent.tally)
            parent.parked.discard(node.id)
            _leave_slot(parent, node)
        if node.done:
            for child in list(node.children.values()):
                self._drop(child)
            node.slots.clear()
            if node.index is not None and parent is not None:
                self._drop(node)
        elif parent is not None and node.index is not None:
            self._thin_out(parent, node.status)

    def _park(self, record: StepRecord, state: RunState) -> None:
        """Take note of a step that waits for a limit to pass; an item leaves its place to another meanwhile."""
        parent = self._nodes.get(record.parent or "")
        if parent is not None and record.index is not None:
            parent.parked.add(record.id)
            parent.tally = state.tally.get(parent.id, parent.tally)
        node = self._nodes.get(record.id)
        if node is None:
            return
        node.update(record)
        if parent is not None and node.index is not None:
            _leave_slot(parent, node)
            self._thin_out(parent, StepStatus.PENDING)

    def _spend(self, step_id: str, state: RunState) -> None:
        self.spent = state.spent
        node = self._nodes.get(step_id)
        while node is not None:
            node.spent = state.records[node.id].spent
            node = self._nodes.get(node.parent or "")

    def _thin_out(self, parent: Node, status: StepStatus) -> None:
        most = _MOST_FAILED if status is StepStatus.FAILED else _MOST_WAITING
        alike = [child for child in parent.children.values() if child.status is status and child.index is not None]
        for child in alike[:-most] if status is StepStatus.FAILED else alike[most:]:
            self._drop(child)

    def _drop(self, node: Node) -> None:
        for below in [node, *node.walk()]:
            self._nodes.pop(below.id, None)
        parent = self._nodes.get(node.parent or "")
        siblings = self.roots if parent is None else parent.children
        siblings.pop(node.id, None)

    def _set_total(self, step_id: str, total: int) -> None:
        node = self._nodes.get(step_id)
        if node is not None:
            node.total = total

    def _retry(self, event: dict[str, Any]) -> None:
        node = self._nodes.get(event["step_id"])
        if node is not None:
            node.error = event.get("error")
            node.retry_in = float(event.get("delay") or 0.0)


def _leave_slot(parent: Node, node: Node) -> None:
    if node.slot >= 0:
        parent.slots[node.slot] = None
        node.slot = -1


def _take_slot(parent: Node, node: Node) -> None:
    for place, holder in enumerate(parent.slots):
        if holder is None:
            parent.slots[place] = node
            node.slot = place
            return
    node.slot = len(parent.slots)
    parent.slots.append(node)
