"""The text of a test file to what it says of each test, before the workflow is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.errors import InvalidWorkflowError, PlaitError
from plait.load.compose import compose_any
from plait.load.findings import Findings
from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.stubs import Stubs, StubsError, merged, read_stubs
from plait.stubs.fields import best, check_keys, kind_of, plain_data
from plait.stubs.reading import read_default, read_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from plait.load.findings import Path as NodePath
    from plait.load.source import Source
    from plait.model.problems import Problem

_SHARED = ("workflow", "inputs", "stubs", "stubs_file", "default_stub", "description")
_CASE = ("name", *_SHARED, "expect")


class Draft(NamedTuple):
    """One test as written; `place` is its name, or the nearest thing to it."""

    name: str
    place: Node
    path: NodePath
    workflow: Scalar | None
    inputs: dict[str, object]
    inputs_place: Node
    stubs: Stubs
    expect: Node | None


class ReadFile(NamedTuple):
    """The tests of a file; `problems` are those of stub files that it names, its own are among the findings."""

    drafts: list[Draft]
    findings: Findings
    problems: list[Problem]


def read_test_file(source: Source, file: Path) -> ReadFile:
    """Read a test file; raises `InvalidWorkflowError` for text that is not YAML."""
    root = compose_any(source)
    reader = _Reader(Findings(source), file)
    if not isinstance(root, Mapping):
        what = "is empty" if root is None else f"must be a mapping, and this is {kind_of(root)}"
        place = root or Scalar(source, 0, 0, "", "", None)
        reader.findings.add(place, f"a test file {what}", hint="it has the keys `workflow` and `tests`")
        return ReadFile([], reader.findings, [])
    return ReadFile(reader.drafts(root), reader.findings, reader.problems)


class _Reader:
    def __init__(self, findings: Findings, file: Path) -> None:
        self.findings = findings
        self.file = file
        self.problems: list[Problem] = []
        self.names: dict[str, Node] = {}

    def drafts(self, root: Mapping) -> list[Draft]:
        tests, key = root.get("tests"), root.key("tests")
        if tests is None or key is None:
            check_keys(root, (*_CASE, "tests"), "a test file", self.findings)
            return [self._draft(root, None, (), _stem(self.file))]
        check_keys(root, (*_SHARED, "tests"), "a test file", self.findings)
        if not isinstance(tests, Sequence) or not tests.items:
            self.findings.add(best(tests, key), "`tests` must be a list with at least one test", ("tests",))
            return []
        found = []
        for index, node in enumerate(tests.items):
            path: NodePath = ("tests", index)
            if isinstance(node, Mapping):
                check_keys(node, _CASE, "a test", self.findings, path)
                found.append(self._draft(node, root, path, f"{_stem(self.file)} {index + 1}"))
            else:
                self.findings.add(node, f"a test must be a mapping, not {kind_of(node)}", path)
        return found

    def _draft(self, node: Mapping, shared: Mapping | None, path: NodePath, usual: str) -> Draft:
        named = node.get("name")
        if named is not None and (not isinstance(named, Scalar) or not named.text.strip()):
            self.findings.add(best(named, node.key("name")), "`name` must be text", (*path, "name"))
            named = None
        place: Node = named or (node.entries[0][0] if node.entries else node)
        name = named.text if isinstance(named, Scalar) else usual
        if name in self.names:
            first = self.names[name]
            line = first.source.mark(first.start).line
            self.findings.add(place, f"a second test of the name {name!r}; the first is in line {line}", path)
        self.names.setdefault(name, place)
        layers = [each for each in (shared, node) if each is not None]
        inputs: dict[str, object] = {}
        for layer in layers:
            inputs |= self._inputs(layer, path)
        return Draft(
            name,
            place,
            path,
            self._workflow(layers, place),
            inputs,
            node.key("inputs") or (shared.key("inputs") if shared is not None else None) or place,
            merged(stubs for layer in layers for stubs in self._stubs(layer, path)),
            node.get("expect"),
        )

    def _workflow(self, layers: list[Mapping], place: Node) -> Scalar | None:
        for layer in reversed(layers):
            node = layer.get("workflow")
            if isinstance(node, Scalar) and isinstance(node.value, str) and node.text.strip():
                return node
            if node is not None:
                text = "`workflow` must be the path of a file, or the id of an installed workflow"
                self.findings.add(best(node, layer.key("workflow")), text, ("workflow",))
                return None
        hint = "the path of its file, seen from here, or the id of an installed one"
        self.findings.add(place, "`workflow` is required", ("workflow",), hint=hint)
        return None

    def _inputs(self, layer: Mapping, path: NodePath) -> dict[str, object]:
        node = layer.get("inputs")
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return {}
        if not isinstance(node, Mapping):
            self.findings.add(best(node, layer.key("inputs")), "`inputs` must be a mapping", (*path, "inputs"))
            return {}
        return dict(plain_data(node))

    def _stubs(self, layer: Mapping, path: NodePath) -> list[Stubs]:
        """Return the stubs of a file, then those written here, which count before."""
        found = []
        file, inline, default = layer.get("stubs_file"), layer.get("stubs"), layer.get("default_stub")
        if file is not None:
            found.append(self._of_file(file, layer.key("stubs_file"), path))
        if inline is not None:
            found.append(Stubs(read_mapping(inline, layer.key("stubs"), self.findings)))
        if default is not None:
            found.append(Stubs(default=read_default(default, layer.key("default_stub"), self.findings)))
        return found

    def _of_file(self, node: Node, key: Node | None, path: NodePath) -> Stubs:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self.findings.add(best(node, key), "`stubs_file` must be the path of a file", (*path, "stubs_file"))
            return Stubs()
        try:
            return read_stubs(self.file.parent / node.text)
        except StubsError as error:
            self.problems += [each for each in error.problems if each not in self.problems]
        except (PlaitError, InvalidWorkflowError) as error:
            self.findings.add(node, error.message, (*path, "stubs_file"))
        return Stubs()


def _stem(file: Path) -> str:
    return file.name.partition(".")[0]
