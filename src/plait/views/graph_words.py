"""What a graph says in every format: the texts of nodes, edges and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.palette import STATUS_SIGNS
from plait.views.text import clip, duration, one_line

if TYPE_CHECKING:
    from plait.preview.graph import Cluster, Graph, Node

LONGEST_LABEL = 34
LONGEST_DETAIL = 44


def label_of(node: Node) -> str:
    """Return the main line of a node: the name, or the last part of the id."""
    if node.shape in ("start", "end"):
        return node.id
    return clip(one_line(node.name or short_id(node.id)), LONGEST_LABEL)


def short_id(step_id: str) -> str:
    """Return the id as it is written in the file: what stands around the step is seen from the graph."""
    return step_id.removesuffix(":*").rpartition(":")[2]


def detail_of(node: Node) -> str:
    """Return the second line of a node: how it stands in the run, else its type and what it does."""
    state = node.state
    if state is not None:
        time = duration(state.seconds) if state.seconds is not None else ""
        word = "" if state.status == "completed" else state.status
        return clip(" · ".join(filter(None, [one_line(node.type), word, state.note, time])), LONGEST_DETAIL)
    return clip(" · ".join(filter(None, [one_line(node.type), one_line(node.detail)])), LONGEST_DETAIL)


def title_of(node: Node) -> str:
    """Return all that is known of a node, for whoever points at it."""
    lines = [one_line(node.id), one_line(node.name or ""), one_line(node.type), one_line(node.detail)]
    lines.append(f"if {one_line(node.condition)}" if node.condition else "")
    if node.state is not None:
        lines += [node.state.status, node.state.note]
        lines.append(duration(node.state.seconds) if node.state.seconds is not None else "")
    return "\n".join(filter(None, lines))


def sign_of(node: Node) -> str:
    """Return the sign of a node's status; empty in the graph of a workflow."""
    return STATUS_SIGNS.get(node.state.status, "") if node.state is not None else ""


def heading_of(graph: Graph) -> str:
    """Return the name of the workflow, or of the run and how it stands."""
    name = one_line(graph.name)
    return name if graph.run_id is None else f"{name} · run {graph.run_id} · {graph.status}"


def frame_label(cluster: Cluster) -> str:
    """Return the label of a frame."""
    return clip(one_line(cluster.label), LONGEST_LABEL)


def graph_payload(graph: Graph) -> dict[str, Any]:
    """Return a graph as an object: its nodes, edges and frames."""
    return {
        "workflow_id": graph.workflow_id,
        "name": graph.name,
        "run_id": graph.run_id,
        "status": graph.status,
        "nodes": [_node(node, is_run=graph.run_id is not None) for node in graph.nodes()],
        "edges": [edge._asdict() for edge in graph.edges()],
        "clusters": [{**cluster._asdict(), "nodes": list(cluster.nodes)} for cluster in graph.clusters()],
    }


def _node(node: Node, *, is_run: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": node.key,
        "id": node.id,
        "type": node.type or None,
        "shape": node.shape,
        "name": node.name,
        "detail": node.detail or None,
        "if": node.condition or None,
    }
    if is_run:
        found["state"] = None if node.state is None else node.state._asdict()
    return found
