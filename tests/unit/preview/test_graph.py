"""The graph of a workflow, and of a run with its states."""

import pytest

from plait.model.outcome import StepResult
from plait.preview.graph import Edge
from plait.preview.run_states import states_by_path
from support.bench import Bench, definition

EVERYTHING = """
steps:
  - {id: a, type: do}
  - id: i
    type: if
    condition: "{{ steps.a.output.value }}"
    then: [{id: t, type: do}]
    else: []
  - id: p
    type: parallel
    branches: {l: [{id: pl, type: do}], r: [{id: pr, type: do}]}
  - id: w
    type: while
    condition: "{{ steps.a.output.value }}"
    steps: [{id: x, type: do}, {id: y, type: do}]
  - id: f
    type: fan-out
    items: [1, 2]
    steps: [{id: m, type: do}, {id: g, type: gate, message: ok}]
finally:
  - {id: z, type: do}
"""


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def named(graph):
    ids = {node.key: node.id for node in graph.nodes()}
    return ids, [(ids[edge.source], ids[edge.target], edge.label, edge.kind) for edge in graph.edges()]


def test_every_way_through_a_workflow_is_an_edge(bench):
    _, edges = named(bench.engine.graph(definition(EVERYTHING)))

    assert edges == [
        ("start", "a", "", "next"),
        ("a", "i", "", "next"),
        ("i", "t", "then", "branch"),
        ("t", "p", "", "next"),
        ("i", "p", "else", "branch"),
        ("p", "pl", "l", "branch"),
        ("p", "pr", "r", "branch"),
        ("pl", "w", "", "next"),
        ("pr", "w", "", "next"),
        ("w", "x", "", "next"),
        ("x", "y", "", "next"),
        ("y", "w", "again", "back"),
        ("w", "f", "", "next"),
        ("f", "f:item:*:m", "", "next"),
        ("f:item:*:m", "f:item:*:g", "", "next"),
        ("f:item:*:g", "z", "", "finally"),
        ("z", "end", "", "next"),
    ]


def test_what_runs_several_times_is_framed(bench):
    graph = bench.engine.graph(definition(EVERYTHING))
    ids, _ = named(graph)

    assert [(each.role, [ids[key] for key in each.nodes], each.parent) for each in graph.clusters()] == [
        ("pass", ["x", "y"], None),
        ("item", ["f:item:*:m", "f:item:*:g"], None),
        ("finally", ["z"], None),
    ]


def test_a_frame_in_a_branch_of_a_frame_knows_the_frame_around_it(bench):
    graph = bench.engine.graph(
        definition(
            """
            steps:
              - id: o
                type: fan-out
                items: [1]
                steps:
                  - id: i
                    type: if
                    condition: true
                    then: [{id: n, type: while, condition: true, steps: [{id: d, type: do}]}]
            """
        )
    )
    ids, _ = named(graph)
    outer, inner = graph.clusters()

    assert inner.parent == outer.key
    assert [ids[key] for key in outer.nodes] == ["o:item:*:i", "o:item:*:n"]
    assert [ids[key] for key in inner.nodes] == ["o:item:*:d"]


def test_every_node_is_drawn_once_and_every_edge_ends_at_one(bench):
    graph = bench.engine.graph(definition(EVERYTHING))
    keys = [node.key for node in graph.nodes()]

    assert len(keys) == len(set(keys))
    assert {edge.source for edge in graph.edges()} | {edge.target for edge in graph.edges()} == set(keys)


def test_a_run_has_states_and_its_items_are_summed_up(bench):
    state = bench.run(
        """
        steps:
          - id: f
            type: fan-out
            items: [1, 2, 3, 4]
            on_item_failure: continue
            continue_on_error: true
            steps: [{id: m, type: do, value: "{{ item }}"}]
          - {id: w, type: do-while, condition: true, max_iterations: 3, steps: [{id: y, type: do}]}
          - {id: s, type: do, if: false}
          - {id: g, type: gate, message: ok}
          - {id: never, type: do}
        """,
        **{"f:item:1:m": lambda _: StepResult.failed("no")},
    )
    graph = bench.engine.graph_of_run(state.run_id)
    found = {node.id: node.state for node in graph.nodes()}

    assert graph.status == "paused"
    assert (found["f"].status, found["f"].note) == ("failed", "4 items")
    assert (found["f:item:*:m"].status, found["f:item:*:m"].note) == ("failed", "3/4 done, 1 failed")
    assert [each.label for each in graph.clusters()] == ["each item: 3/4 done, 1 failed", "each pass"]
    assert (found["y"].status, found["y"].note) == ("completed", "pass 3")
    assert found["s"].status == "skipped"
    assert found["g"].status == "paused"
    assert found["never"] is None


def test_what_was_under_way_when_the_run_ended_is_not_any_more(bench):
    state = bench.run("steps: [{id: f, type: fan-out, items: [1, 2], step: {id: g, type: gate, message: ok}}]")

    waiting = states_by_path(state, "paused")["f", "g"]
    aborted = states_by_path(state, "aborted")["f", "g"]
    assert (waiting.status, waiting.note) == ("paused", "0/2 done, 1 waiting")
    assert (aborted.status, aborted.failed) == ("aborted", 1)


def test_edges_are_plain_values():
    assert Edge("a", "b")._asdict() == {"source": "a", "target": "b", "label": "", "kind": "next"}
