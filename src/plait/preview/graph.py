"""The graph of a workflow, or of a run with its states: a tree of steps and blocks, and the same as nodes and edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from plait.preview.blocks import MOST_STEPS, blocks_of, inner_scope, shown_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plait.model.workflow import Block, Step, Workflow
    from plait.preview.blocks import BlockOf, Path, Role

Shape = Literal["start", "end", "step", "agent", "decision", "loop", "many", "gate", "call"]
EdgeKind = Literal["next", "branch", "back", "finally"]
_SHAPES: Mapping[str, Shape] = {
    "prompt": "agent",
    "command": "agent",
    "if": "decision",
    "switch": "decision",
    "while": "loop",
    "do-while": "loop",
    "fan-out": "many",
    "parallel": "many",
    "gate": "gate",
    "workflow": "call",
}
_SAYS = ("run", "prompt", "command", "message", "condition", "expression", "items", "workflow", "wait_for")
_FRAMED = ("pass", "item", "called", "finally")
_LONGEST_DETAIL = 500


class NodeState(NamedTuple):
    """How a step of a run stands; `status` is a word of the run's statuses.

    `done`, `failed` and `total` count the items, or passes, where there are several. `note` says the same in words.
    """

    status: str
    note: str = ""
    seconds: float | None = None
    done: int = 0
    failed: int = 0
    total: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    """A step; `key` is safe in every format, `id` as in the run, with `*` for the number of an item.

    `detail` is what the author wrote of it, `condition` its `if`. `state` is None for a workflow, and for what a run
    has not come to.
    """

    key: str
    id: str
    type: str
    shape: Shape
    name: str | None = None
    detail: str = ""
    condition: str = ""
    state: NodeState | None = None


START = Node("first", "start", "", "start")
END = Node("last", "end", "", "end")


@dataclass(frozen=True, slots=True)
class Part:
    """A step with the blocks in it."""

    node: Node
    blocks: tuple[PartBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class PartBlock:
    """A block inside a step; `key` names its frame, if it has one."""

    role: Role
    label: str
    parts: tuple[Part, ...]
    key: str = ""

    @property
    def is_framed(self) -> bool:
        """Whether a frame is drawn around it: its steps run several times, or belong to another workflow."""
        return self.role in _FRAMED


class Edge(NamedTuple):
    """A way from one node to another, by their keys."""

    source: str
    target: str
    label: str = ""
    kind: EdgeKind = "next"


class Cluster(NamedTuple):
    """A frame around the nodes of a block; `parent` is the key of the frame around it."""

    key: str
    label: str
    role: Role
    parent: str | None
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A workflow, or a run of it if there is a `run_id`, whose `status` is then as it is shown."""

    workflow_id: str
    name: str
    parts: tuple[Part, ...]
    last: tuple[Part, ...] = ()
    """The steps of `finally`."""
    run_id: str | None = None
    status: str | None = None
    start: Node = START
    end: Node = END

    def nodes(self) -> Iterator[Node]:
        """Yield every node, in document order."""
        yield self.start
        for part in (*self.parts, *self.last):
            yield from _nodes(part)
        yield self.end

    def edges(self) -> list[Edge]:
        """Return every way from node to node."""
        found: list[Edge] = []
        ends = _connect(self.parts, [Edge(self.start.key, "")], found)
        if self.last:
            ends = [end._replace(kind="finally") for end in ends]
            ends = _connect(self.last, ends, found)
        found += [end._replace(target=self.end.key) for end in ends]
        return found

    def clusters(self) -> list[Cluster]:
        """Return every frame, one that holds others before them."""
        found: list[Cluster] = []
        for part in self.parts:
            _clusters(part, None, found)
        if self.last:
            found.append(Cluster("finally", "finally", "finally", None, _keys(self.last)))
        for part in self.last:
            _clusters(part, "finally", found)
        return found


def graph_of(
    workflow: Workflow,
    states: Mapping[Path, NodeState] | None = None,
    *,
    run_id: str | None = None,
    status: str | None = None,
) -> Graph:
    """Return the graph of a workflow; `states` are those of a run, by the path of the step."""
    builder = _Builder(states or {})
    parts = tuple(builder.part(step, workflow, step.id, "", (step.id,)) for step in workflow.steps)
    last = tuple(builder.part(step, workflow, step.id, "", (step.id,)) for step in workflow.finally_steps)
    return Graph(workflow.id, workflow.name or workflow.id, parts, last, run_id, status)


class _Builder:
    """Makes the parts, and gives each a key of its own."""

    def __init__(self, states: Mapping[Path, NodeState]) -> None:
        self._states = states
        self._count = 0

    def part(self, step: Step, workflow: Workflow, step_id: str, scope: str, path: Path) -> Part:
        self._count += 1
        kind = step.type.type_key
        node = Node(
            f"n{self._count}",
            step_id,
            kind,
            _SHAPES.get(kind, "step"),
            step.settings.name,
            _detail(step),
            "" if step.settings.condition is None else " ".join(step.settings.condition.text.split()),
            self._states.get(path),
        )
        found = blocks_of(step, workflow, step_id, scope)
        return Part(node, tuple(self._block(block, node.key, path) for block in found if self._is_drawn(block)))

    def _is_drawn(self, block: BlockOf) -> bool:
        return block.role != "called" or self._count < MOST_STEPS

    def _block(self, block: BlockOf, key: str, path: Path) -> PartBlock:
        parts = []
        for step in block.steps:
            step_id = shown_id(step, block)
            inner = inner_scope(step_id, block)
            parts.append(self.part(step, block.workflow, step_id, inner, (*path, *block.via, step.id)))
        state = self._states.get((*path, *block.via)) if block.via else None
        label = f"{block.label}: {state.note}" if state is not None else block.label
        return PartBlock(block.role, label, tuple(parts), f"{key}_{block.role}")


def _detail(step: Step) -> str:
    """Return what the author wrote of what a step does, on one line."""
    written: Block | object = next((step.written[key] for key in _SAYS if key in step.written), "")
    if isinstance(written, list):
        return f"{len(written):,} items" if "items" in step.written else " ".join(map(str, written[:20]))
    return " ".join(str(written)[:_LONGEST_DETAIL].split())


def _nodes(part: Part) -> Iterator[Node]:
    yield part.node
    for block in part.blocks:
        for each in block.parts:
            yield from _nodes(each)


def _keys(parts: Sequence[Part]) -> tuple[str, ...]:
    """Return the keys of the nodes that stand in a block itself, or in a block of one of them that has no frame."""
    found: list[str] = []
    for part in parts:
        found.append(part.node.key)
        for block in part.blocks:
            if not block.is_framed:
                found += _keys(block.parts)
    return tuple(found)


def _clusters(part: Part, parent: str | None, found: list[Cluster]) -> None:
    for block in part.blocks:
        inner = parent
        if block.is_framed and block.parts:
            found.append(Cluster(block.key, block.label, block.role, parent, _keys(block.parts)))
            inner = block.key
        for each in block.parts:
            _clusters(each, inner, found)


def _connect(parts: Sequence[Part], ends: list[Edge], found: list[Edge]) -> list[Edge]:
    """Lead the loose `ends` to the first of some steps and so on; return the ends that are loose after the last."""
    for part in parts:
        found += [end._replace(target=part.node.key) for end in ends]
        ends = _leave(part, found)
    return ends


def _leave(part: Part, found: list[Edge]) -> list[Edge]:
    """Lead through the blocks of a step; return the ways on from it."""
    key = part.node.key
    own = Edge(key, "")
    if not part.blocks:
        return [own]
    ends: list[Edge] = []
    way = [own]
    for block in part.blocks:
        if block.role in ("case", "otherwise", "branch"):
            ends += _connect(block.parts, [Edge(key, "", block.label, "branch")], found)
        elif block.role == "pass":
            again = _connect(block.parts, [own], found)
            found += [Edge(end.source, key, "again", "back") for end in again if block.parts]
        else:
            way = _connect(block.parts, way, found)
    return ends or way
