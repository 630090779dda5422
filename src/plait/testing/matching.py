"""Is a value what was expected? Of mappings, only the keys that are named count."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING

from plait.expressions import LazyText
from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.stubs.fields import best, check_keys, plain_data
from plait.testing.case import Mismatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.load.findings import Findings, Path

_LONGEST = 120
_MOST_LINES = 20
TEXT_KEYS = ("contains", "not_contains", "equals", "matches")


def value_mismatch(node: Node, actual: object, name: str, key: Node | None = None) -> Mismatch | None:
    """Compare a value with the expected one at a node; `name` leads to it, `key` is what to point at."""
    if isinstance(actual, LazyText):
        actual = actual.read()
    if isinstance(node, Mapping):
        return _mapping_mismatch(node, actual, name, key)
    if isinstance(node, Sequence) and isinstance(actual, (list, tuple)) and len(actual) == len(node.items):
        for index, (item, value) in enumerate(zip(node.items, actual, strict=True)):
            found = value_mismatch(item, value, f"{name}[{index}]", key if not isinstance(item, Scalar) else None)
            if found is not None:
                return found
        return None
    expected = plain_data(node)
    if _is_same(expected, actual):
        return None
    return _differs(best(node, key), name, expected, actual)


def _mapping_mismatch(node: Mapping, actual: object, name: str, key: Node | None) -> Mismatch | None:
    if not isinstance(actual, dict):
        return _differs(key or node, name, plain_data(node), actual)
    for inner, value in node.entries:
        if inner.text not in actual:
            known = ", ".join(map(str, actual)) or "nothing"
            return Mismatch(inner, f"`{name}` has no `{inner.text}`", (f"it has: {known[:_LONGEST]}",))
        found = value_mismatch(value, actual[inner.text], f"{name}.{inner.text}", inner)
        if found is not None:
            return found
    return None


def _is_same(expected: object, actual: object) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return expected == actual


def _differs(node: Node, name: str, expected: object, actual: object) -> Mismatch:
    if isinstance(expected, str) and isinstance(actual, str) and ("\n" in expected.rstrip() or "\n" in actual.rstrip()):
        return Mismatch(node, f"`{name}` is another text", difference(expected, actual))
    return Mismatch(node, f"`{name}` is {shown(actual)}, and {shown(expected)} was expected")


def shown(value: object) -> str:
    """Return a value on one line, short enough to read."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def difference(expected: str, actual: str) -> tuple[str, ...]:
    """Return the lines that differ: `-` for what was expected, `+` for what was there."""
    before, after = expected.splitlines(), actual.splitlines()
    lines = list(difflib.unified_diff(before, after, "expected", "there was", lineterm="", n=2))
    if not lines:
        return ("they differ in white space at their end",)
    return (*lines[:_MOST_LINES], *(["…"] if len(lines) > _MOST_LINES else []))


def text_check(
    node: Node, key: Node, name: str, findings: Findings, path: Path
) -> Callable[[str], Mismatch | None] | None:
    """Read what is expected of a text: a part of it, or a mapping of what it must be like."""
    if isinstance(node, Scalar) and node.value is not None:
        return lambda text: _contains([node], text, name, key)
    if not isinstance(node, Mapping):
        hint = "or a mapping: " + ", ".join(f"`{each}`" for each in TEXT_KEYS)
        findings.add(best(node, key), f"`{name}` must be a part of the text", path, hint=hint)
        return None
    check_keys(node, TEXT_KEYS, f"`{name}`", findings, path)
    checks = [check for inner, value in node.entries if (check := _one(inner, value, name, findings, path)) is not None]
    return lambda text: next((found for check in checks if (found := check(text)) is not None), None)


def _one(key: Scalar, node: Node, name: str, findings: Findings, path: Path) -> Callable[[str], Mismatch | None] | None:
    items = node.items if isinstance(node, Sequence) else [node]
    texts = [item for item in items if isinstance(item, Scalar) and item.value is not None]
    if len(texts) < len(items) or not texts or (key.text == "equals" and len(texts) > 1):
        findings.add(best(node, key), f"`{key.text}` must be text, or a list of texts", (*path, key.text))
        return None
    match key.text:
        case "contains":
            return lambda text: _contains(texts, text, name, key)
        case "not_contains":
            return lambda text: _lacks(texts, text, name, key)
        case "equals":
            return lambda text: _equals(texts[0], text, name, key)
        case "matches":
            return _matching(texts, name, findings, (*path, key.text), key)
    return None


def _contains(wanted: list[Scalar], text: str, name: str, key: Node) -> Mismatch | None:
    missing = next((each for each in wanted if each.text not in text), None)
    if missing is None:
        return None
    return Mismatch(best(missing, key), f"`{name}` does not contain {shown(missing.text)}", _excerpt(text))


def _lacks(unwanted: list[Scalar], text: str, name: str, key: Node) -> Mismatch | None:
    found = next((each for each in unwanted if each.text in text), None)
    if found is None:
        return None
    return Mismatch(best(found, key), f"`{name}` contains {shown(found.text)}", _excerpt(text))


def _equals(wanted: Scalar, text: str, name: str, key: Node) -> Mismatch | None:
    if wanted.text.rstrip("\n") == text.rstrip("\n"):
        return None
    return _differs(best(wanted, key), name, wanted.text, text)


def _matching(
    patterns: list[Scalar], name: str, findings: Findings, path: Path, key: Node
) -> Callable[[str], Mismatch | None] | None:
    compiled: list[tuple[Node, re.Pattern[str]]] = []
    for each in patterns:
        try:
            compiled.append((best(each, key), re.compile(each.text, re.MULTILINE)))
        except re.error as error:
            findings.add(best(each, key), f"this is no regular expression: {error}", path)

    def check(text: str) -> Mismatch | None:
        for node, pattern in compiled:
            if pattern.search(text) is None:
                return Mismatch(node, f"`{name}` does not match {shown(pattern.pattern)}", _excerpt(text))
        return None

    return check


def _excerpt(text: str) -> tuple[str, ...]:
    lines = text.splitlines() or ["(nothing)"]
    more = [f"… and {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return ("there was:", *(f"  {line[: 2 * _LONGEST]}" for line in lines[:_MOST_LINES]), *more)
