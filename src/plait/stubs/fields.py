"""The fields of one stub, each checked at its place in the file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, get_args

from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.model.spending import Spending
from plait.model.workflow import Failure
from plait.stubs.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plait.load.findings import Findings, Path

LONGEST_DELAY = 60.0
"""Seconds: a dry run really waits."""
FAILURES: tuple[str, ...] = get_args(Failure)
KEYS = ("output", "delay", "error", "failure", "exit_code", "choice", "comment", "spent", "on_attempt")
_SPENT_KEYS = ("usd", "tokens", "minutes")


def read_stub(node: Node, key: Scalar | None, findings: Findings, path: Path) -> Stub:
    """Read a stub; what is wrong with it is among the findings, and left out."""
    return _Fields(node, key, findings, path).stub(nested=False)


def check_keys(node: Mapping, known: Iterable[str], place: str, findings: Findings, path: Path = ()) -> None:
    """Refuse keys that a place does not know, each with the nearest name."""
    words = tuple(known)
    for key, _ in node.entries:
        if key.text not in words:
            hint = findings.guess(key.text, words) or "known: " + ", ".join(f"`{word}`" for word in words)
            findings.add(key, f"unknown key `{key.text}` in {place}", (*path, key.text), hint=hint)


def kind_of(node: Node) -> str:
    """Return what a node is, in words."""
    if isinstance(node, Mapping):
        return "a mapping"
    return "a list" if isinstance(node, Sequence) else "a single value"


def plain_data(node: Node) -> Any:
    """Return a node as JSON data: the keys of its mappings are texts."""
    if isinstance(node, Mapping):
        return {key.text: plain_data(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node.items]
    return node.value


def best(node: Node, key: Node | None) -> Node:
    """Return what to underline for a value: a scalar itself, else its key."""
    is_short = isinstance(node, Scalar) and node.end > node.start and node.style not in {"|", ">"}
    return node if is_short or key is None else key


class _Fields:
    def __init__(self, node: Node, key: Scalar | None, findings: Findings, path: Path) -> None:
        self.node = node
        self.key = key
        self.findings = findings
        self.path = path

    def stub(self, *, nested: bool) -> Stub:
        node = self.node
        if isinstance(node, Scalar) and node.value is None:
            return Stub(node, self.key)
        if not isinstance(node, Mapping):
            hint = "such as {output: {stdout: done}}"
            place = best(node, self.key)
            self.findings.add(place, f"a stub must be a mapping, not {kind_of(node)}", self.path, hint=hint)
            return Stub(node, self.key)
        known = [each for each in KEYS if not (nested and each == "on_attempt")]
        check_keys(node, known, "a stub", self.findings, self.path)
        return Stub(
            node,
            self.key,
            output=self._take("output", self._mapping, {}),
            delay=self._take("delay", self._delay, 0.0),
            error=self._take("error", self._text, None),
            failure=self._take("failure", self._failure, None),
            exit_code=self._take("exit_code", self._whole, None),
            has_choice=node.get("choice") is not None,
            choice=self._take("choice", self._choice, None),
            comment=self._take("comment", self._text, None),
            spent=self._take("spent", self._spent, None),
            on_attempt={} if nested else self._take("on_attempt", self._attempts, {}),
        )

    def _take(self, name: str, read: Callable[[str, Node], Any], missing: Any) -> Any:
        found = self.node.get(name) if isinstance(self.node, Mapping) else None
        return missing if found is None else read(name, found)

    def _refuse(self, name: str, node: Node, must: str, hint: str = "") -> None:
        key = self.node.key(name) if isinstance(self.node, Mapping) else None
        self.findings.add(best(node, key), f"`{name}` must be {must}", (*self.path, name), hint=hint)

    def _mapping(self, name: str, node: Node) -> dict[str, object]:
        if isinstance(node, Mapping):
            data = plain_data(node)
            if not _is_json(data):
                self._refuse(name, node, "free of numbers that are not finite")
            return dict(data)
        if not (isinstance(node, Scalar) and node.value is None):
            self._refuse(name, node, "a mapping", "such as {stdout: done}")
        return {}

    def _delay(self, name: str, node: Node) -> float:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LONGEST_DELAY:
            hint = "a dry run really waits; `failure: timeout` is a timeout at once"
            self._refuse(name, node, f"a number of seconds from 0 to {LONGEST_DELAY:g}", hint)
            return 0.0
        return float(value)

    def _text(self, name: str, node: Node) -> str | None:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self._refuse(name, node, "text")
            return None
        return node.text

    def _choice(self, name: str, node: Node) -> str | None:
        if not isinstance(node, Scalar):
            self._refuse(name, node, "one of the gate's options")
            return None
        return None if node.value is None else node.text  # unquoted `yes` is an option, too

    def _failure(self, name: str, node: Node) -> str | None:
        if node.value not in FAILURES:
            word = node.text if isinstance(node, Scalar) else ""
            hint = self.findings.guess(word, FAILURES) if word else ""
            self._refuse(name, node, "a class of failures", hint or f"one of {', '.join(FAILURES)}")
            return None
        return str(node.value)

    def _whole(self, name: str, node: Node) -> int | None:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int):
            self._refuse(name, node, "a whole number")
            return None
        return value

    def _spent(self, name: str, node: Node) -> Spending | None:
        if not isinstance(node, Mapping):
            self._refuse(name, node, "a mapping", "such as {usd: 0.1, tokens: 5000}")
            return None
        check_keys(node, _SPENT_KEYS, "`spent`", self.findings, (*self.path, name))
        usd, tokens, minutes = (self._amount(node, key) for key in _SPENT_KEYS)
        return Spending(usd, int(tokens), minutes)

    def _amount(self, node: Mapping, key: str) -> float:
        found = node.get(key)
        value = 0 if found is None else found.value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            place = best(found, node.key(key)) if found is not None else node
            self.findings.add(place, f"`spent.{key}` must be a number of at least 0", (*self.path, "spent", key))
            return 0
        return value

    def _attempts(self, name: str, node: Node) -> dict[int, Stub]:
        if not isinstance(node, Mapping):
            self._refuse(name, node, "a mapping of attempts to stubs", "such as {1: {error: not yet}}")
            return {}
        attempts: dict[int, Stub] = {}
        for key, value in node.entries:
            path = (*self.path, name, key.text)
            if isinstance(key.value, bool) or not isinstance(key.value, int) or key.value < 1:
                self.findings.add(key, "an attempt is a whole number of at least 1", path)
                continue
            attempts[key.value] = _Fields(value, key, self.findings, path).stub(nested=True)
        return attempts


def _is_json(value: Any) -> bool:
    """Whether all numbers in plain data are finite."""
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    return not isinstance(value, float) or math.isfinite(value)
