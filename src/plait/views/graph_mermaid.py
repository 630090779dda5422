"""A graph as Mermaid text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.views.graph_words import detail_of, frame_label, heading_of, label_of, sign_of
from plait.views.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.preview.graph import Cluster, Edge, Graph, Node

_SHAPES = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "agent": ("(", ")"),
    "decision": ("{{", "}}"),
    "loop": ("{{", "}}"),
    "many": ("[/", "\\]"),
    "gate": ("[\\", "/]"),
    "call": ("[[", "]]"),
    "step": ("[", "]"),
}
_ARROWS = {"next": "-->", "branch": "-->", "back": "-.->", "finally": "==>"}
_CLASSES = {
    "completed": "stroke:#2da44e,stroke-width:2px",
    "failed": "stroke:#cf222e,stroke-width:4px",
    "aborted": "stroke:#cf222e,stroke-width:4px",
    "running": "stroke:#0a7ea4,stroke-width:3px",
    "paused": "stroke:#bf8700,stroke-width:3px,stroke-dasharray:8 3",
    "interrupted": "stroke:#8250df,stroke-width:3px,stroke-dasharray:3 3",
    "skipped": "stroke:#8c959f,stroke-dasharray:4 4",
    "pending": "stroke:#8c959f,stroke-dasharray:2 4",
}
_LONGEST_EDGE = 40


def mermaid_lines(graph: Graph) -> Iterator[str]:
    """Yield a flow chart; every text in it is quoted and escaped."""
    yield "---"
    yield f"title: {_quoted(heading_of(graph))}"
    yield "config:"
    yield "  maxTextSize: 10000000"
    yield "  maxEdges: 1000000"
    yield "---"
    yield "flowchart TD"
    yield from _frames(graph)
    for edge in graph.edges():
        yield f"  {_edge(edge)}"
    used = {node.state.status for node in graph.nodes() if node.state is not None}
    for status, style in _CLASSES.items():
        if status in used:
            yield f"  classDef {status} {style}"
    for node in graph.nodes():
        if node.state is not None and node.state.status in _CLASSES:
            yield f"  class {node.key} {node.state.status}"


def _frames(graph: Graph) -> Iterator[str]:
    nodes = {node.key: node for node in graph.nodes()}
    clusters = graph.clusters()
    inside: dict[str | None, list[Cluster]] = {}
    for cluster in clusters:
        inside.setdefault(cluster.parent, []).append(cluster)
    framed = {key for cluster in clusters for key in cluster.nodes}
    for key, node in nodes.items():
        if key not in framed:
            yield f"  {_node(node)}"

    def frame(cluster: Cluster, indent: str) -> Iterator[str]:
        yield f"{indent}subgraph {cluster.key} [{_quoted(frame_label(cluster))}]"
        for key in cluster.nodes:
            yield f"{indent}  {_node(nodes[key])}"
        for each in inside.get(cluster.key, ()):
            yield from frame(each, indent + "  ")
        yield f"{indent}end"

    for cluster in inside.get(None, ()):
        yield from frame(cluster, "  ")


def _node(node: Node) -> str:
    before, after = _SHAPES[node.shape]
    label = " ".join(filter(None, [sign_of(node), label_of(node)]))
    detail = detail_of(node)
    text = _escaped(label) + (f"<br/><small>{_escaped(detail)}</small>" if detail else "")
    return f'{node.key}{before}"{text}"{after}'


def _edge(edge: Edge) -> str:
    label = f"|{_quoted(clip(one_line(edge.label), _LONGEST_EDGE))}|" if edge.label else ""
    return f"{edge.source} {_ARROWS[edge.kind]}{label} {edge.target}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Write all that could mean something to Mermaid, HTML or Markdown as a number."""
    return "".join(char if char.isalnum() or char in _HARMLESS else f"#{ord(char)};" for char in one_line(text))


_HARMLESS = frozenset(" .,:-/()·…✓✗‖▸!?=+'_$")
