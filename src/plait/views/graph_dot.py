"""A graph as text for Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.views.graph_words import detail_of, frame_label, heading_of, label_of, sign_of, title_of
from plait.views.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.preview.graph import Cluster, Edge, Graph, Node

_SHAPES = {
    "start": "circle",
    "end": "doublecircle",
    "agent": "box",
    "decision": "hexagon",
    "loop": "hexagon",
    "many": "box3d",
    "gate": "octagon",
    "call": "component",
    "step": "box",
}
_STATES = {
    "completed": 'color="#2da44e", penwidth=2',
    "failed": 'color="#cf222e", penwidth=4',
    "aborted": 'color="#cf222e", penwidth=4',
    "running": 'color="#0a7ea4", penwidth=3',
    "paused": 'color="#bf8700", penwidth=3, style="dashed"',
    "interrupted": 'color="#8250df", penwidth=3, style="dashed"',
    "skipped": 'color="#8c959f", style="dashed"',
    "pending": 'color="#8c959f", style="dotted"',
}
_EDGES = {"next": "", "branch": "", "back": "style=dashed, constraint=false", "finally": "style=bold"}
_LONGEST_EDGE = 40


def dot_lines(graph: Graph) -> Iterator[str]:
    """Yield a directed graph; every text in it is quoted."""
    yield "digraph plait {"
    yield f"  label={_quoted(heading_of(graph))}; labelloc=t; rankdir=TB; nodesep=0.3; ranksep=0.35;"
    yield '  graph [fontname="Helvetica,Arial,sans-serif", fontsize=11];'
    yield '  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, shape=box];'
    yield '  edge [fontname="Helvetica,Arial,sans-serif", fontsize=9];'
    yield from _frames(graph)
    for edge in graph.edges():
        yield f"  {_edge(edge)}"
    yield "}"


def _frames(graph: Graph) -> Iterator[str]:
    clusters = graph.clusters()
    inside: dict[str | None, list[Cluster]] = {}
    for cluster in clusters:
        inside.setdefault(cluster.parent, []).append(cluster)
    for node in graph.nodes():
        yield f"  {_node(node)}"

    def frame(cluster: Cluster, indent: str) -> Iterator[str]:
        yield f"{indent}subgraph cluster_{cluster.key} {{"
        yield f'{indent}  label={_quoted(frame_label(cluster))}; style="rounded,dashed"; labeljust=l;'
        yield f"{indent}  {' '.join(cluster.nodes)}"
        for each in inside.get(cluster.key, ()):
            yield from frame(each, indent + "  ")
        yield f"{indent}}}"

    for cluster in inside.get(None, ()):
        yield from frame(cluster, "  ")


def _node(node: Node) -> str:
    lines = [" ".join(filter(None, [sign_of(node), label_of(node)])), detail_of(node)]
    label = "\\n".join(_escaped(line) for line in lines if line)
    shape = _SHAPES[node.shape]
    facts = [f'label="{label}"', f"shape={shape}", f"tooltip={_quoted(title_of(node))}"]
    if node.state is not None and node.state.status in _STATES:
        facts.append(_STATES[node.state.status])
    elif node.shape == "agent":
        facts.append('style="rounded"')
    return f"{node.key} [{', '.join(facts)}];"


def _edge(edge: Edge) -> str:
    label = f"label={_quoted(clip(one_line(edge.label), _LONGEST_EDGE))}" if edge.label else ""
    facts = ", ".join(filter(None, [label, _EDGES[edge.kind]]))
    return f"{edge.source} -> {edge.target}" + (f" [{facts}];" if facts else ";")


def _quoted(text: str) -> str:
    return '"' + "\\n".join(_escaped(line) for line in text.split("\n")) + '"'


def _escaped(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')
