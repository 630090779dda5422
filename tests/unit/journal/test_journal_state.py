"""Folds that no run can be made to show at will."""

import pytest

from plait.journal.state import RunState, fold
from plait.model.spending import Budget, Spending


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


def test_a_step_that_waits_is_pending_and_has_not_failed(state):
    tell(state, "step_started", step_id="f", type="if", order=0)
    tell(state, "step_started", step_id="a", type="do", order=1, parent="f")
    assert state.records["a"].extra is None
    tell(state, "attempt_failed", step_id="a", attempt=1, error="limit", failure="quota", until=9.5)
    tell(state, "step_waiting", step_id="f", until=9.5)
    inner, outer = state.records["a"], state.records["f"]
    assert (inner.status, inner.waiting_until, inner.waits, inner.failures) == ("pending", 9.5, 1, 0)
    assert (outer.status, outer.waiting_until, outer.waits) == ("pending", 9.5, 0)
    assert (inner.extra.holds_back, outer.extra.holds_back) == (True, False)
    assert state.tally["f"]["pending"] == 1
    tell(state, "step_started", step_id="a", type="do", order=1, parent="f", attempt=2)
    assert (inner.status, inner.waiting_until, inner.waits, inner.error) == ("running", None, 1, None)


def test_an_attempt_that_failed_otherwise_counts(state):
    tell(state, "step_started", step_id="a", type="do", order=0)
    tell(state, "attempt_failed", step_id="a", attempt=1, error="no", failure="error", delay=1.0)
    record = state.records["a"]
    assert (record.status, record.failures, record.waits, record.extra) == ("running", 1, 0, None)


def test_what_is_remembered_stays_until_it_is_forgotten(state):
    tell(state, "step_started", step_id="a", type="do", order=0)
    tell(state, "remembered", step_id="a", key="session", value={"id": 1})
    tell(state, "remembered", step_id="a", key="session", value={"id": 2})
    for name in ("step_interrupted", "step_started"):
        tell(state, name, step_id="a", type="do", order=0)
        assert state.records["a"].memory == {"session": {"id": 2}}
    tell(state, "records_forgotten", step_ids=["a"], unsettled=[], decisions=[])
    tell(state, "step_started", step_id="a", type="do", order=0)
    assert state.records["a"].memory == {}


def test_what_is_spent_is_added_up_to_the_run(state):
    tell(state, "step_started", step_id="f", type="fan-out", order=0)
    for index in range(2):
        tell(state, "step_started", step_id=f"f:t:{index}", type="do", order=1, parent="f", index=index)
        tell(state, "spent", step_id=f"f:t:{index}", usd=0.5, tokens=3 + index, minutes=1.0)
    assert state.spent == state.records["f"].spent == Spending(1.0, 7, 2.0)
    assert state.records["f:t:1"].spent == Spending(0.5, 4, 1.0)
    assert state.expenses[1].mean == state.expenses[None].mean == Spending(0.5, 4, 1.0)
    tell(state, "records_forgotten", step_ids=["f", "f:t:0", "f:t:1"], unsettled=[], decisions=[])
    assert state.spent == Spending(1.0, 7, 2.0)


def test_raised_budgets_replace_the_limits_they_name(state):
    assert state.spent == Spending()
    tell(state, "budget_raised", step_id=None, usd=5.0, tokens=10, minutes=None)
    tell(state, "budget_raised", step_id=None, usd=7.0, tokens=None, minutes=None)
    tell(state, "budget_raised", step_id="a", usd=None, tokens=None, minutes=1.0)
    assert state.budgets == {None: Budget(7.0, 10, None), "a": Budget(minutes=1.0)}
