"""What a test expects, read into checks of what the run did."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.stubs.fields import best, check_keys, kind_of
from plait.testing.case import Mismatch
from plait.testing.matching import text_check, value_mismatch
from plait.testing.steps import executed, is_possible, read_steps, records_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.load.findings import Findings, Path
    from plait.stubs.ids import Ids
    from plait.testing.case import Outcome

    Check = Callable[[Outcome], Mismatch | None]

KEYS = ("status", "error", "outputs", "ran", "not_ran", "order", "steps", "waiting")
STATUSES = ("completed", "failed", "paused", "aborted")
_USUAL = "completed"


def read_expectations(node: Node | None, place: Node, ids: Ids, findings: Findings, path: Path) -> list[Check]:
    """Return the checks that stand under `expect:`; without a word on how it ends, a run must complete.

    `place` is what to point at where nothing is written.
    """
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return [_status_check(place, _USUAL)]
    if not isinstance(node, Mapping):
        findings.add(best(node, place), f"`expect` must be a mapping, not {kind_of(node)}", path)
        return []
    check_keys(node, KEYS, "`expect`", findings, path)
    return _Reader(node, place, ids, findings, path).checks()


class _Reader:
    def __init__(self, node: Mapping, place: Node, ids: Ids, findings: Findings, path: Path) -> None:
        self.node = node
        self.place = place
        self.ids = ids
        self.findings = findings
        self.path = path

    def checks(self) -> list[Check]:
        """Return the checks in the order in which a person wants to be told: first how the run ended."""
        found = self._status()
        readers: dict[str, Callable[[Scalar, Node], list[Check]]] = {
            "error": self._error,
            "waiting": self._waiting,
            "outputs": self._outputs,
            "ran": self._ran,
            "not_ran": self._not_ran,
            "order": self._order,
            "steps": lambda key, node: read_steps(key, node, self.ids, self.findings, self.path),
        }
        for name, read in readers.items():
            key, node = self.node.key(name), self.node.get(name)
            if key is not None and node is not None:
                found += read(key, node)
        return found

    def _status(self) -> list[Check]:
        node = self.node.get("status")
        if node is None:
            if self.node.get("error") is not None or self.node.get("waiting") is not None:
                return []
            return [_status_check(self.place, _USUAL)]
        if not isinstance(node, Scalar) or node.value not in STATUSES:
            word = node.text if isinstance(node, Scalar) else ""
            hint = (self.findings.guess(word, STATUSES) if word else "") or f"one of {', '.join(STATUSES)}"
            place = best(node, self.node.key("status"))
            self.findings.add(
                place, "`status` must be a status that a run ends with", (*self.path, "status"), hint=hint
            )
            return []
        return [_status_check(node, node.text)]

    def _error(self, key: Scalar, node: Node) -> list[Check]:
        check = text_check(node, key, "error", self.findings, (*self.path, "error"))
        return [] if check is None else [lambda outcome: check(outcome.state.error or "")]

    def _outputs(self, key: Scalar, node: Node) -> list[Check]:
        if not isinstance(node, Mapping):
            self.findings.add(best(node, key), f"`outputs` must be a mapping, not {kind_of(node)}", self.path)
            return []
        return [lambda outcome: value_mismatch(node, dict(outcome.state.outputs), "outputs", key)]

    def _ids(self, key: Scalar, node: Node) -> list[Scalar]:
        """Return the ids or patterns of a list; those that no step can have are among the findings."""
        items = node.items if isinstance(node, Sequence) else [node]
        found = []
        for item in items:
            if not isinstance(item, Scalar) or item.value is None:
                self.findings.add(best(item, key), f"`{key.text}` must be a list of step ids", (*self.path, key.text))
            elif is_possible(item, self.ids, self.findings, (*self.path, key.text)):
                found.append(item)
        return found

    def _ran(self, key: Scalar, node: Node) -> list[Check]:
        return [_ran_check(item) for item in self._ids(key, node)]

    def _not_ran(self, key: Scalar, node: Node) -> list[Check]:
        return [_not_ran_check(item) for item in self._ids(key, node)]

    def _waiting(self, key: Scalar, node: Node) -> list[Check]:
        wanted = self._ids(key, node)

        def check(outcome: Outcome) -> Mismatch | None:
            waiting = [record.id for record in outcome.state.waiting]
            for item in wanted:
                if not any(record.id in waiting for record in records_of(item.text, outcome.state)):
                    shown = ", ".join(waiting) or "nothing does"
                    return Mismatch(item, f"`{item.text}` does not wait for a person", (f"these wait: {shown}",))
            return None

        return [check]

    def _order(self, key: Scalar, node: Node) -> list[Check]:
        if not isinstance(node, Sequence):
            self.findings.add(best(node, key), "`order` must be a list of step ids, or of such lists", self.path)
            return []
        are_lists = [isinstance(item, Sequence) for item in node.items]
        chains = [item for item in node.items if isinstance(item, Sequence)] if all(are_lists) else [node]
        found: list[Check] = []
        for chain in chains:
            steps = self._ids(key, chain)
            found += [_order_check(one, other) for one, other in pairwise(steps)]
        return found


def _status_check(node: Node, wanted: str) -> Check:
    def check(outcome: Outcome) -> Mismatch | None:
        state = outcome.state
        if state.status.value == wanted:
            return None
        details = []
        if state.error:
            details.append(f"{state.current_step_id}: {state.error}" if state.current_step_id else state.error)
        details += [f"`{record.id}` waits for an answer" for record in state.waiting]
        return Mismatch(node, f"the run ended as `{state.status.value}`, and `{wanted}` was expected", tuple(details))

    return check


def _ran_check(item: Scalar) -> Check:
    def check(outcome: Outcome) -> Mismatch | None:
        records = records_of(item.text, outcome.state)
        if any(map(executed, records)):
            return None
        why = "it was skipped" if records else "the run did not come to it"
        return Mismatch(item, f"`{item.text}` did not run: {why}")

    return check


def _not_ran_check(item: Scalar) -> Check:
    def check(outcome: Outcome) -> Mismatch | None:
        ran = [record.id for record in records_of(item.text, outcome.state) if executed(record)]
        if not ran:
            return None
        more = f" (and {len(ran) - 1} more)" if len(ran) > 1 else ""
        return Mismatch(item, f"`{ran[0]}`{more} ran, and was not to run")

    return check


def _order_check(one: Scalar, other: Scalar) -> Check:
    def check(outcome: Outcome) -> Mismatch | None:
        first = [record.id for record in records_of(one.text, outcome.state) if executed(record)]
        second = [record.id for record in records_of(other.text, outcome.state) if executed(record)]
        for item, ran in ((one, first), (other, second)):
            if not ran:
                return Mismatch(item, f"`{item.text}` did not run, so it has no place in the order")
        last = max(first, key=lambda step_id: outcome.ended.get(step_id, 0))
        begun = min(second, key=lambda step_id: outcome.begun.get(step_id, 0))
        if outcome.ended.get(last, 0) < outcome.begun.get(begun, 0):
            return None
        return Mismatch(other, f"`{begun}` began before `{last}` had ended")

    return check
