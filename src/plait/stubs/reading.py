"""The text of a stub file to `Stubs`, or to everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.errors import InvalidWorkflowError, PlaitError, UsageError
from plait.journal.folder import describe
from plait.load.compose import compose_any
from plait.load.findings import Findings
from plait.load.nodes import Mapping, Node, Scalar
from plait.load.source import Source, read_source
from plait.stubs.fields import check_keys, kind_of, read_stub
from plait.stubs.stub import Recorded, Stub, Stubs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from plait.model.problems import Problem

TOP_KEYS = ("stubs", "default_stub", "recorded")
PLAIN = "ok"
"""The word for an answer that says nothing but that all went well."""
_RECORDED_KEYS = ("run", "workflow", "version", "digest", "status", "inputs")


class StubsError(InvalidWorkflowError):
    """Stubs that cannot be read, or do not fit their workflow; `problems` say where and why."""

    def __init__(self, problems: Sequence[Problem], what: str) -> None:
        super().__init__(problems)
        errors = sum(1 for problem in problems if problem.is_error)
        PlaitError.__init__(self, f"{what}: {errors} error{'s' * (errors != 1)}")


def read_stubs(path: Path) -> Stubs:
    """Read a stub file; raises `StubsError` with all that is wrong with it, `UsageError` if it cannot be read."""
    try:
        source = read_source(path)
        root = compose_any(source)
    except InvalidWorkflowError as error:
        raise StubsError(error.problems, f"{path} is not a valid stub file") from None
    except OSError as error:
        raise UsageError(f"cannot read the stubs: {describe(error)}") from error
    findings = Findings(source)
    stubs = Stubs() if root is None else _read_top(root, findings)
    _refuse(findings, f"{path} is not a valid stub file")
    return stubs


def plain_answer(text: str, name: str) -> Stub:
    """Return the answer that a text is: the word `ok`, or a stub written as a YAML mapping, which problems call `name`.

    Raises `StubsError`.
    """
    source = Source(text, name)
    try:
        root = compose_any(source)
    except InvalidWorkflowError as error:
        raise StubsError(error.problems, f"{name} is not a stub") from None
    findings = Findings(source)
    stub = read_default(Scalar(source, 0, 0, "", "", None) if root is None else root, None, findings)
    _refuse(findings, f"{name} is not a stub")
    return stub


def merged(layers: Iterable[Stubs]) -> Stubs:
    """Return the answers of several sources, those of a later one before those of earlier ones."""
    by_key: dict[str, Stub] = {}
    default, recorded = None, None
    for layer in layers:
        by_key |= layer.by_key
        default = layer.default or default
        recorded = layer.recorded or recorded
    return Stubs(by_key, default, recorded)


def read_mapping(node: Node, key: Node | None, findings: Findings) -> dict[str, Stub]:
    """Read what stands under `stubs:`: answers by ids of steps."""
    if isinstance(node, Scalar) and node.value is None:
        return {}
    if not isinstance(node, Mapping):
        findings.add(key or node, f"`stubs` must be a mapping of step ids to stubs, not {kind_of(node)}", ("stubs",))
        return {}
    return {name.text: read_stub(value, name, findings, ("stubs", name.text)) for name, value in node.entries}


def read_default(node: Node, key: Scalar | None, findings: Findings) -> Stub:
    """Read what stands under `default_stub:`: a stub, or the word `ok`."""
    if isinstance(node, Scalar) and node.value == PLAIN:
        return Stub(node)
    if isinstance(node, Scalar):
        hint = 'such as {output: {stdout: "fine"}}'
        findings.add(node, f"a default stub must be a mapping or the word `{PLAIN}`", ("default_stub",), hint=hint)
        return Stub(node)
    return read_stub(node, key, findings, ("default_stub",))


def _read_top(root: Node, findings: Findings) -> Stubs:
    if not isinstance(root, Mapping):
        message = f"a stub file must be a mapping, and this is {kind_of(root)}"
        findings.add(root, message, hint="it has the key `stubs`")
        return Stubs()
    check_keys(root, TOP_KEYS, "a stub file", findings)
    stubs, default, recorded = root.get("stubs"), root.get("default_stub"), root.get("recorded")
    return Stubs(
        {} if stubs is None else read_mapping(stubs, root.key("stubs"), findings),
        None if default is None else read_default(default, None, findings),
        None if recorded is None else _read_recorded(recorded, root.key("recorded") or root, findings),
    )


def _read_recorded(node: Node, key: Node, findings: Findings) -> Recorded | None:
    if not isinstance(node, Mapping):
        findings.add(key, "`recorded` must be a mapping", ("recorded",))
        return None
    check_keys(node, _RECORDED_KEYS, "`recorded`", findings, ("recorded",))
    texts = {name: found.text for name in ("workflow", "digest") if isinstance(found := node.get(name), Scalar)}
    return Recorded(texts.get("workflow", ""), texts.get("digest", ""), node.key("digest") or key)


def _refuse(findings: Findings, what: str) -> None:
    if findings.has_errors:
        raise StubsError(findings.problems, what)
