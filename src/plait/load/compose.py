"""YAML text to a tree of nodes, without recursion and with bounds on depth and on what aliases expand to.

The parser's events are read one by one and abandoned at the first level too deep: libyaml itself needs time
quadratic in the depth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from plait.errors import InvalidWorkflowError
from plait.load.nodes import Mapping, Node, Scalar, Sequence
from plait.load.scalars import ScalarError, plain_value, shown_tag, tagged_value
from plait.load.source import Source, check_characters

if TYPE_CHECKING:
    from plait.model.problems import Problem

MAX_DEPTH = 256
MAX_NODES = 200_000
"""The number of values a file may stand for once its aliases are expanded, beyond those it writes out."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COLLECTION_TAGS = {
    yaml.SequenceStartEvent: "tag:yaml.org,2002:seq",
    yaml.MappingStartEvent: "tag:yaml.org,2002:map",
}


def compose(source: Source) -> Mapping:
    """Return the mapping that a workflow is; raises `InvalidWorkflowError` with everything wrong with it as YAML."""
    composer = _composed(source)
    root = composer.root
    if root is None or (isinstance(root, Scalar) and root.value is None):
        raise composer.refusal("the file is empty", 0, None, "a workflow is a mapping with `workflow` and `steps`")
    if not isinstance(root, Mapping):
        kind = "a list" if isinstance(root, Sequence) else "a single value"
        hint = "a workflow has the keys `workflow` and `steps`"
        raise composer.refusal(f"a workflow must be a mapping, and this is {kind}", root.start, root.end, hint)
    return root


def compose_any(source: Source) -> Node | None:
    """Return whatever a text is, None if it is empty; raises `InvalidWorkflowError` as `compose` does."""
    return _composed(source).root


def _composed(source: Source) -> _Composer:
    check_characters(source)
    composer = _Composer(source)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        raise composer.refusal(*_syntax_error(source, error)) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise composer.refusal(f"cannot be read as YAML: {error}", 0, 1) from None
    if composer.problems:
        raise InvalidWorkflowError(composer.problems, source=source.name)
    return composer


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet; `key` is the key that waits for its value."""

    node: Sequence | Mapping
    anchor: str | None
    key: Node | None = None
    merged: list[tuple[Scalar, Node]] = field(default_factory=list)
    seen: dict[tuple[type, object], Scalar] = field(default_factory=dict)


class _Composer:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node] = {}
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.expanded = 0
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = node
            self._add(node)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                hint = "keep one document in a file"
                raise self.refusal("a second YAML document starts here", _at(event.start_mark), None, hint)

    def refusal(self, message: str, start: int, end: int | None, hint: str = "") -> InvalidWorkflowError:
        self._report(message, start, end, hint)
        return InvalidWorkflowError(self.problems, source=self.source.name)

    def _report(self, message: str, start: int, end: int | None, hint: str = "") -> None:
        self.problems.append(self.source.problem(message, (start, start if end is None else end), hint=hint))

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        start, end = _at(event.start_mark), _at(event.end_mark)
        text: str = event.value
        value: object = text
        style = event.style or ""
        try:
            if event.tag is not None:
                value = tagged_value(event.tag, text)
            elif event.implicit[0]:
                value = plain_value(text)
        except ScalarError as error:
            self._report(str(error), start, end)
        return Scalar(self.source, start, end, text, style, value)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        start = _at(event.start_mark)
        if len(self.stack) >= MAX_DEPTH:
            raise self.refusal(f"nested more than {MAX_DEPTH} levels deep", start, None)
        if event.tag not in {None, "!", _COLLECTION_TAGS[type(event)]}:
            self._report(f"the tag `{shown_tag(event.tag)}` is not supported here", start, _at(event.end_mark))
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        node: Sequence | Mapping = Mapping(self.source, start) if is_mapping else Sequence(self.source, start)
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)
        self.stack.append(_Open(node, event.anchor))

    def _close(self, event: yaml.Event) -> None:
        opened = self.stack.pop()
        node = opened.node
        node.end = _at(event.end_mark)
        if isinstance(node, Mapping):
            _finish_mapping(node, opened.merged)
        if opened.anchor is not None:
            self.anchors[opened.anchor] = node
        self._add(node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = _at(event.start_mark), _at(event.end_mark)
        name = str(event.anchor)
        node = self.anchors.get(name)
        if node is None:
            inside = any(opened.anchor == name for opened in self.stack)
            what = "is inside what it stands for" if inside else "stands for nothing"
            raise self.refusal(f"the alias `*{name}` {what}", start, end)
        self.expanded += node.size
        if self.expanded > MAX_NODES:
            raise self.refusal(f"the aliases of this file stand for more than {MAX_NODES:,} values", start, end)
        if len(self.stack) + node.height > MAX_DEPTH:
            raise self.refusal(f"nested more than {MAX_DEPTH} levels deep", start, end)
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        opened = self.stack[-1]
        parent = opened.node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent, Sequence):
            parent.items.append(node)
            parent.value.append(node.value)
        elif opened.key is None:
            opened.key = node
        else:
            key, opened.key = opened.key, None
            self._add_entry(opened, parent, key, node)

    def _add_entry(self, opened: _Open, parent: Mapping, key: Node, node: Node) -> None:
        if not isinstance(key, Scalar):
            braces = self.source.text.startswith("{{", parent.start) or self.source.text.startswith("{", key.start)
            hint = 'put quotes around an expression: "{{ … }}"' if braces else ""
            self._report("a key must be text", key.start, key.end, hint)
        elif key.text == "<<" and not key.style:
            self._merge(opened, node)
        else:
            identity = (type(key.value), key.value)
            if (first := opened.seen.setdefault(identity, key)) is not key:
                line = self.source.mark(first.start).line
                self._report(f"`{key.text}` is here a second time; the first is in line {line}", key.start, key.end)
            parent.entries.append((key, node))

    def _merge(self, opened: _Open, node: Node) -> None:
        for source in node.items if isinstance(node, Sequence) else [node]:
            if isinstance(source, Mapping):
                opened.merged.extend(source.entries)
            else:
                self._report("`<<` merges mappings only", source.start, source.end)


def _finish_mapping(node: Mapping, merged: list[tuple[Scalar, Node]]) -> None:
    if merged:
        own = {key.text for key, _ in node.entries}
        first: dict[str, tuple[Scalar, Node]] = {}
        for key, value in merged:
            if key.text not in own:
                first.setdefault(key.text, (key, value))
        node.entries[:0] = first.values()
    node.value = {key.value: value.value for key, value in node.entries}


def _at(mark: Any) -> int:
    """Return a mark's index; the parser gives every event one."""
    return int(mark.index)


def _syntax_error(source: Source, error: yaml.MarkedYAMLError) -> tuple[str, int, int | None, str]:
    mark = error.problem_mark or error.context_mark
    index = min(_at(mark), len(source.text)) if mark is not None else 0
    if error.context_mark is not None and not source.text[index:].strip():
        index = _at(error.context_mark)  # at the end of the file there is nothing to see
    message = str(error.problem or "cannot be read as YAML")
    if error.context:
        message = f"{message} ({error.context})"
    line = source.line_text(source.mark(index).line)
    hint = ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in message or "tab" in message:
        hint = "indent with spaces, not with tabs"
    elif "mapping values are not allowed" in message:
        hint = "put quotes around text that contains `: `"
    elif ": {{" in line or "- {{" in line:
        hint = 'put quotes around an expression: "{{ … }}"'
    return message, index, None, hint
