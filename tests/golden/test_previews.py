"""The exact words of plans and graphs, of the workflows in `examples/`; `PLAIT_UPDATE_GOLDEN=1` writes them anew."""

import os
import re
from pathlib import Path

import pytest

from plait import WorkflowEngine
from plait.views.graph_dot import dot_lines
from plait.views.graph_mermaid import mermaid_lines
from plait.views.graph_text import Look as GraphLook
from plait.views.graph_text import graph_lines
from plait.views.palette import Palette
from plait.views.workflow_plan import Look, workflow_plan_lines

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).parent / "previews"
EXAMPLES = ("branches-and-loops", "fan-out", "gate", "parallel", "retry-timeout-finally", "safe-values", "sub-workflow")


def shown(name, root):
    engine = WorkflowEngine(root)
    definition = engine.load_workflow(ROOT / "examples" / f"{name}.yml")
    plan = workflow_plan_lines(engine.plan(definition), None, Look.of(Palette(), 100))
    graph = engine.graph(definition)
    drawings = [
        graph_lines(graph, GraphLook(Palette(), 100)),
        graph_lines(graph, GraphLook(Palette(), 60, unicode=False)),
        mermaid_lines(graph),
        dot_lines(graph),
    ]
    return "\n\n".join("\n".join(lines) for lines in (plan, *drawings)) + "\n"


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_shown_of_an_example(name, tmp_path):
    said, kept = shown(name, tmp_path), EXPECTED / f"{name}.txt"
    if os.environ.get("PLAIT_UPDATE_GOLDEN"):
        kept.write_text(said, encoding="utf-8")
    assert said == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_of_this_machine_is_in_what_is_expected(name):
    assert not re.search(r"/(work|home|root|tmp)/", (EXPECTED / f"{name}.txt").read_text(encoding="utf-8"))
