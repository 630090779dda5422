"""Folds that no run can be made to show at will."""

import pytest

from plait.journal.state import RunState, fold


@pytest.fixture
def state(folder):
    return RunState(folder)


def tell(state, name, **fields):
    fold(state, {"v": 1, "timestamp": "2026-01-01T00:00:00+00:00", "event": name, **fields})


def test_an_answer_that_came_while_its_gate_was_ending_is_kept(state):
    tell(state, "step_started", step_id="g", type="gate", order=0)
    tell(state, "gate_answered", step_id="g", choice="approve", comment=None, by="me")
    tell(state, "step_completed", step_id="g", type="gate", status="paused")
    assert state.answers["g"].choice == "approve"


def test_an_answer_that_made_its_gate_wait_is_used_up(state):
    tell(state, "step_started", step_id="g", type="gate", order=0)
    tell(state, "gate_answered", step_id="g", choice="reject", comment=None, by="me")
    tell(state, "step_completed", step_id="g", type="gate", status="paused", answered=True)
    assert state.answers == {}


def test_children_are_known_until_their_step_ends(state):
    for step_id in ("a", "b"):
        tell(state, "step_started", step_id=step_id, type="shell", order=0)
        tell(state, "child_started", step_id=step_id, pid=17, start=1.5)
    tell(state, "step_completed", step_id="a", type="shell", status="completed")
    assert [(child.step_id, child.pid, child.start) for child in state.children.values()] == [("b", 17, 1.5)]
    tell(state, "run_resumed", pid=1, host="h")
    assert state.children == {}


def test_steps_are_counted_by_status_for_the_step_around_them(state):
    tell(state, "step_started", step_id="f", type="fan-out", order=0)
    for index in range(3):
        tell(state, "step_started", step_id=f"f:t:{index}", type="do", order=1, parent="f", index=index)
    tell(state, "step_completed", step_id="f:t:0", type="do", status="completed")
    tell(state, "step_interrupted", step_id="f:t:1")
    counted = {status.value: number for status, number in state.tally["f"].items() if number}
    assert counted == {"completed": 1, "pending": 1, "running": 1}
    tell(state, "records_forgotten", step_ids=["f:t:0"], unsettled=[], decisions=[])
    assert state.tally["f"]["completed"] == 0
