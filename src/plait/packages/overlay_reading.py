"""The text of an overlay to an `Overlay`, or to everything that is wrong with it (OVL-01..06, OVL-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from plait.errors import InvalidWorkflowError
from plait.load.compose import compose_any
from plait.load.findings import Findings
from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.load.scalars import truth_of
from plait.model.problems import Severity
from plait.packages.overlay import DEFAULT_PRIORITY, Overlay, OverlayError
from plait.packages.overlay_edits import read_edits
from plait.packages.project import PACKAGE_ID, RESERVED_IDS

if TYPE_CHECKING:
    from pathlib import Path

    from plait.load.source import Source

_KEYS = ("id", "extends", "priority", "enabled", "edits", "description")
_ID_WORDS = "lower-case letters, digits and inner hyphens"


def is_overlay_id(text: str) -> bool:
    """Whether a text can be the id of an overlay."""
    return PACKAGE_ID.fullmatch(text) is not None and text != "overlays"


def parse_overlay(source: Source) -> Mapping:
    """Return the tree of an overlay; an empty text is a mapping that lacks everything.

    Raises `OverlayError` if it is not YAML or not a mapping.
    """
    try:
        root = compose_any(source)
    except InvalidWorkflowError as error:
        raise OverlayError.of_file(error.problems, source.name) from None
    if root is None or (isinstance(root, Scalar) and root.value is None):
        return Mapping(source, 0)
    if not isinstance(root, Mapping):
        findings = Findings(source)
        kind = "a list" if isinstance(root, Sequence) else "a single value"
        hint = "it has the keys `id`, `extends` and `edits`"
        findings.add(root, f"an overlay must be a mapping, and this is {kind}", hint=hint)
        raise OverlayError.of_file(findings.problems, source.name)
    return root


def overlay_id(root: Mapping) -> str | None:
    """Return the id that an overlay gives itself, if any."""
    node = root.get("id")
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def is_disabled(root: Mapping) -> bool:
    """Whether an overlay says `enabled: false`; nothing else of it matters then (OVL-15)."""
    return _truth(root.get("enabled")) is False


def read_overlay(root: Mapping, findings: Findings, *, stored_for: str | None, path: Path | None = None) -> Overlay:
    """Return the overlay that a tree is; it is sound if `findings` has no errors.

    `stored_for` is the id of the workflow in whose folder the file is, if it is in one.
    """
    reader = _Reader(root, findings)
    findings.check_keys(root, _KEYS, "an overlay")
    overlay = reader.name("id", reserved=frozenset({"overlays"}))
    extends = reader.name("extends", reserved=RESERVED_IDS)
    if stored_for is not None and extends and extends != stored_for:
        message = f"this overlay extends `{extends}`, and is in the folder of those of `{stored_for}`"
        findings.add(root.get("extends") or root, message, ("extends",))
    return Overlay(
        overlay,
        extends,
        reader.priority(),
        reader.enabled(),
        read_edits(root.get("edits"), root.key("edits") or root, findings),
        path,
        root.source,
        tuple(problem for problem in findings.problems if problem.file == root.source.name and not problem.is_error),
    )


class _Reader:
    """Reads the fields at the top of an overlay."""

    def __init__(self, root: Mapping, findings: Findings) -> None:
        self.root = root
        self.findings = findings

    def name(self, key: Literal["id", "extends"], reserved: frozenset[str]) -> str:
        node = self.root.get(key)
        if node is None or node.value in (None, ""):
            self.findings.add(self.root.key(key) or self.root, f"`{key}` is required", (key,))
            return ""
        if not isinstance(node, Scalar) or not isinstance(node.value, str) or not PACKAGE_ID.fullmatch(node.text):
            target = node if isinstance(node, Scalar) else self.root.key(key) or node
            self.findings.add(target, f"`{key}` must be {_ID_WORDS}", (key,))
            return ""
        if node.text in reserved:
            self.findings.add(node, f"`{key}` cannot be `{node.text}`, which has a meaning of its own", (key,))
        return node.text

    def priority(self) -> int:
        node = self.root.get("priority")
        if node is None:
            return DEFAULT_PRIORITY
        priority = _whole(node.value)
        if priority is None:
            target = node if isinstance(node, Scalar) and node.end > node.start else self.root.key("priority") or node
            message = f"`priority` must be a whole number of at least 1; {DEFAULT_PRIORITY} is taken"
            self.findings.add(target, message, ("priority",), severity=Severity.WARNING)
        return priority or DEFAULT_PRIORITY

    def enabled(self) -> bool:
        node = self.root.get("enabled")
        if node is None:
            return True
        truth = _truth(node)
        if truth is None:
            target = node if isinstance(node, Scalar) and node.end > node.start else self.root.key("enabled") or node
            self.findings.add(target, "`enabled` must be true or false", ("enabled",))
        return truth is not False


def _whole(value: object) -> int | None:
    """Return a priority as the peer reads it (OVL-03); None for what is no whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if number >= 1 else None


def _truth(node: Node | None) -> bool | None:
    """Return what `enabled` says; unquoted `no` and `off` are false, as in a workflow."""
    if not isinstance(node, Scalar):
        return None
    if isinstance(node.value, bool):
        return node.value
    return truth_of(node.text) if isinstance(node.value, str) and not node.style else None
