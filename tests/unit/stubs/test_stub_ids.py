"""Which ids the steps of a workflow can have, compared with those that a run gives them."""

import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.stubs import Rehearsal, Stub, Stubs
from plait.stubs.ids import Ids
from plait.stubs.stub import written_id

TEXT = """
workflow: {id: ids, name: Ids}
steps:
  - {id: first, type: shell, run: echo}
  - id: choose
    type: if
    condition: true
    then: [{id: chosen, type: shell, run: echo}]
  - id: fan
    type: fan-out
    items: [1, 2]
    step: {id: leaf, type: shell, run: echo}
  - id: many
    type: fan-out
    items: [1, 2]
    steps:
      - id: again
        type: while
        condition: true
        max_iterations: 2
        steps:
          - {id: body, type: shell, run: echo}
          - id: inner
            type: do-while
            condition: true
            max_iterations: 2
            steps: [{id: deep, type: shell, run: echo}]
  - id: both
    type: parallel
    branches: {l: [{id: left, type: shell, run: echo}], r: [{id: right, type: shell, run: echo}]}
finally:
  - {id: last, type: shell, run: echo}
"""


@pytest.fixture
def ran(tmp_path):
    """Walk the workflow; return its possible ids and those that there were."""
    (tmp_path / "called.yml").write_text(TEXT)
    text = "workflow: {id: top, name: Top}\nsteps:\n  - {id: call, type: workflow, workflow: called.yml}\n"
    (tmp_path / "top.yml").write_text(text + TEXT.partition("steps:\n")[2])
    definition = WorkflowDefinition.from_yaml(tmp_path / "top.yml")
    stubs = Stubs(default=Stub(definition.root))
    engine = WorkflowEngine(tmp_path, signals=(), rehearsal=Rehearsal(stubs, tmp_path / "dry"))
    state = engine.execute(definition)
    assert state.status == "completed", state.error
    return Ids(engine.workflow_of(definition)), state


def test_every_id_that_there_is_was_possible(ran):
    ids, state = ran
    assert len(state.records) > 50
    assert [step_id for step_id in state.records if not ids.matching(step_id)] == []


def test_an_id_leads_to_its_step(ran):
    ids, state = ran
    orders = {step.id for step_id in state.records for step in ids.steps_of(step_id) if written_id(step_id) != "item"}
    assert {"deep", "leaf", "last", "call"} <= orders
    for step_id in state.records:
        assert {step.id for step in ids.steps_of(step_id)} <= {written_id(step_id)}


@pytest.mark.parametrize(
    "key",
    [
        *("fan:leaf:*", "fan:leaf:[0-9]", "fan:leaf:1?", "*:leaf:7", "many:item:3:again:body:1", "call:fan:leaf:0"),
        *("call:*", "m?ny:item:*", "*", "deep", "many:item:0:again:inner:1:deep", "item", "call:many:item:12"),
    ],
)
def test_possible(ran, key):
    assert ran[0].matching(key)


@pytest.mark.parametrize(
    "key",
    [
        *("fan:leaf", "fan:leaf:x", "fan:leaf:", "fan:laef:*", "leaf:0", "fan:leaf:[a-z]", "first:0", "last:?"),
        *("many:item:0:agian", "call:call:first", "", "many:item:0:again:1:body", "fan:leaf:1:*"),
    ],
)
def test_impossible(ran, key):
    assert ran[0].matching(key) == []


def test_the_nearest_id_is_named(ran):
    ids, _ = ran
    assert ids.nearest("fan:laef:2") == "did you mean `fan:leaf:2`?"
    assert ids.nearest("frist") == "did you mean `first`?"
    assert ids.nearest("qqqqqq").startswith("its steps: call, first, choose, chosen")
