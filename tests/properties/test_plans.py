"""Random workflows: a plan never raises, and what it says happens."""

import itertools
import json
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plait.preview.estimate import estimate
from plait.preview.history import read_history
from plait.preview.run_states import states_by_path
from plait.views.graph_dot import dot_lines
from plait.views.graph_layout import lay_out
from plait.views.graph_mermaid import mermaid_lines
from plait.views.graph_svg import graph_svg
from plait.views.palette import Palette
from plait.views.plan_payload import workflow_plan_payload
from plait.views.workflow_plan import Look, workflow_plan_lines
from support.bench import Bench, definition
from support.cases import cases
from support.random_workflows import named, workflows

sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
SOME = settings(
    max_examples=cases(40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
texts = st.text(st.characters(min_codepoint=1, max_codepoint=0xD7FF), max_size=30)


def text_of(workflow):
    return "steps: " + json.dumps(named(workflow, 2, itertools.count()))


def steps_that_ran(state):
    """Return the states of the steps that are written: the items themselves are none."""
    return {path: each for path, each in states_by_path(state, state.status.value).items() if path[-1] != "item"}


@SOME
@given(workflows)
def test_a_run_does_what_its_plan_says(workflow):
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(Path(root))
        text = text_of(workflow)
        plan = bench.engine.plan(definition(text))
        state = bench.run(text)
        ran = steps_that_ran(state)
        found = estimate(plan, read_history(plan.workflow.id, bench.root))
    assert state.status == "completed"
    for step in plan.walk():
        if step.outcome == "runs":
            assert step.path in ran, step.id
        elif step.outcome in ("skipped", "not taken"):
            assert step.path not in ran or ran[step.path].status == "skipped", step.id
    assert {step.path for step in plan.walk()} >= ran.keys()
    if found is not None:
        unseen = {step.id for step in plan.walk() if step.path not in ran}
        assert set(found.unseen) <= unseen
        assert all(part.low <= part.high for cost in found.by_path.values() for part in cost)


@SOME
@given(workflows)
def test_the_graph_of_a_run_has_a_state_for_all_that_ran(workflow):
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(Path(root))
        state = bench.run(text_of(workflow))
        graph = bench.engine.graph_of_run(state.run_id)
        ran = steps_that_ran(state)
    assert sum(node.state is not None for node in graph.nodes()) == len(ran)
    keys = {node.key for node in graph.nodes()}
    assert {key for edge in graph.edges() for key in edge[:2]} == keys
    assert len(lay_out(graph).boxes) == len(keys)
    for draw in (mermaid_lines, dot_lines, graph_svg):
        assert "".join(draw(graph))


@SOME
@given(
    st.lists(
        st.builds(
            lambda before, name, field, after: f"{before}{{{{ {name}.{field} }}}}{after}",
            texts.filter(lambda text: "{{" not in text and "}}" not in text),
            st.sampled_from(["inputs", "steps.s0.output", "item", "context", "run", "fan_in"]),
            st.sampled_from(["known", "late", "run_id", "workflow_dir"]),
            texts.filter(lambda text: "{{" not in text and "}}" not in text),
        ),
        min_size=1,
        max_size=4,
    ),
    texts,
)
def test_a_plan_of_any_text_can_be_shown(values, known):
    steps = [{"id": f"s{number}", "type": "do", "value": value} for number, value in enumerate(values)]
    inputs = {"known": {"default": ""}, "late": {"required": True}, "run_id": {}, "workflow_dir": {}}
    text = f"inputs: {json.dumps(inputs)}\nsteps: {json.dumps(steps)}"
    with tempfile.TemporaryDirectory() as root:
        engine = Bench(Path(root)).engine
        if any(problem.is_error for problem in engine.validate(definition(text))):
            return
        plan = engine.plan(definition(text), {"known": known})
    json.dumps(workflow_plan_payload(plan, None))
    for line in workflow_plan_lines(plan, None, Look.of(Palette(), 60)):
        assert "\x1b" not in line
        assert "\n" not in line
