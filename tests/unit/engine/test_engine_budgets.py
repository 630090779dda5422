"""Budgets: what agents cost is added up, and nothing is begun that would cost more than is left."""

import threading

import pytest

from plait.engine.budgets import _amount
from plait.errors import UsageError
from plait.model.outcome import StepResult
from plait.model.spending import Budget, Spending
from support.bench import arrive, statuses, wait_until

RUN = """
budget: {{{budget}}}
steps:
  - id: fan
    type: fan-out
    items: [{items}]
    max_concurrency: {width}
    step: {{id: leaf, type: do}}
"""


def text(budget, items=4, width=1):
    return RUN.format(budget=budget, items=", ".join(map(str, range(items))), width=width)


def calls(usd=0.0, tokens=0, minutes=0.0):
    """Return a step that calls an agent once, at this price."""

    def behave(context):
        with context.budgeted() as why:
            if why is not None:
                return StepResult.paused(why, {"waits_for": "budget"})
            context.spend(Spending(usd, tokens, minutes))
        return None

    return behave


def fails_after(behaviour):
    """Return a step that fails once the behaviour is done."""
    return lambda context: behaviour(context) or StepResult.failed("no")


def test_what_is_spent_counts_for_the_step_all_around_it_and_the_run(bench):
    state = bench.run(text("usd: 100"), default=calls(1.5, 10, 0.5))
    assert state.spent == Spending(6.0, 40, 2.0)
    assert state.records["fan"].spent == state.spent
    assert state.records["fan:leaf:2"].spent == Spending(1.5, 10, 0.5)
    spent = [event for event in bench.log() if event["event"] == "spent"]
    assert [(event["step_id"], event["usd"], event["tokens"], event["minutes"]) for event in spent] == [
        (f"fan:leaf:{index}", 1.5, 10, 0.5) for index in range(4)
    ]
    assert bench.load().spent == state.spent


def test_a_step_that_spends_nothing_has_no_room_for_it(bench):
    assert bench.run("steps: [{id: a, type: do}]").records["a"].extra is None


def test_nothing_is_begun_when_the_limit_is_reached_though_it_may_cost_nothing(bench):
    text = """
    budget: {usd: 1}
    steps:
      - {id: l, type: while, condition: true, max_iterations: 2, steps: [{id: a, type: do}, {id: b, type: do}]}
    """
    state = bench.run(text, default=lambda context: calls(float("b" in context.step_id))(context))
    assert (state.status, state.spent.usd, len(bench.calls)) == ("paused", 1, 3)


def test_a_run_that_would_spend_too_much_pauses_and_says_why(bench):
    state = bench.run(text("usd: 20"), default=calls(8))
    why = "the run's budget of $20.00 is used up: $16.00 spent, $8.00 expected of the calls under way and this one"
    assert (state.status, state.spent.usd) == ("paused", 16)
    assert statuses(state) == {
        "fan": "paused",
        "fan:leaf:0": "completed",
        "fan:leaf:1": "completed",
        "fan:leaf:2": "paused",
    }
    assert state.records["fan:leaf:2"].output == {
        "waits_for": "budget",
        "message": why,
        "budget": {"step_id": None, "unit": "usd", "limit": 20.0, "spent": 16.0, "expected": 8.0},
    }


@pytest.mark.parametrize(
    ("budget", "price", "why"),
    [
        ("usd: 2", {"usd": 2.5}, "the run's budget of $2.00 is used up: $2.50 spent"),
        ("tokens: 1000", {"tokens": 1000}, "the run's budget of 1,000 tokens is used up: 1,000 tokens spent"),
        ("minutes: 3", {"minutes": 3.5}, "the run's budget of 3 minutes is used up: 3.5 minutes spent"),
        (
            "usd: 9, tokens: 1000",
            {"usd": 0.001, "tokens": 700},
            (
                "the run's budget of 1,000 tokens is used up: 700 tokens spent,"
                " 700 tokens expected of the calls under way and this one"
            ),
        ),
    ],
)
def test_each_limit_counts_by_itself(bench, budget, price, why):
    state = bench.run(text(budget), default=calls(**price))
    assert state.records["fan:leaf:1"].output["message"] == why


def test_a_limit_that_is_just_reached_is_used_up_and_one_that_would_be_is_not(bench):
    state = bench.run(text("usd: 3"), default=calls(1))
    assert (state.status, state.spent.usd) == ("paused", 3)
    assert bench.run(text("usd: 4"), run_id="enough").status == "completed"


def test_calls_under_way_count_with_what_they_are_expected_to_cost(bench):
    """Two at once, each expected to cost what the first did: the third would pass the limit while both run."""
    both, refused = threading.Barrier(2), threading.Event()

    def behave(context):
        index = context.item_index
        with context.budgeted() as why:
            if why is not None:
                refused.set()
                return StepResult.paused(why, {"waits_for": "budget"})
            if index in (1, 2):
                both.wait(20)
                arrive(refused)
            context.spend(Spending(usd=1.0))
        return None

    state = bench.run(text("usd: 3.5", items=4, width=3), default=lambda context: first_alone(context, behave))
    assert state.status == "paused"
    assert state.spent.usd == 3
    message = state.records["fan:leaf:3"].output["message"]
    assert message == (
        "the run's budget of $3.50 is used up: $1.00 spent, $3.00 expected of the calls under way and this one"
    )


def first_alone(context, behave):
    """Let the first item be over, and the last begin only when those before it are at work."""
    budgets = context._run.budgets
    if context.item_index in (1, 2):
        wait_until(lambda: context._run.state.spent.usd >= 1)
    if context.item_index == 3:
        wait_until(lambda: len(budgets._under_way) == 2)
    return behave(context)


def test_what_was_set_aside_is_given_back(bench):
    def behave(context):
        with context.budgeted():
            pass
        with pytest.raises(ZeroDivisionError), context.budgeted():
            raise ZeroDivisionError
        with context.budgeted():
            context.spend(Spending(usd=1))
            assert context._run.budgets._under_way == []
        assert context._run.budgets._under_way == []

    assert bench.run("steps: [{id: a, type: do}]", a=behave).status == "completed"


def test_a_step_s_own_calls_say_what_the_next_one_costs_and_else_all_do(bench):
    text = """
    budget: {usd: 10}
    steps: [{id: dear, type: do}, {id: cheap, type: do}, {id: cheap2, type: do}]
    """
    state = bench.run(text, dear=calls(6), cheap=calls(0.1))
    assert statuses(state) == {"dear": "completed", "cheap": "paused"}
    assert "$6.00 expected" in state.records["cheap"].output["message"]


NESTED = """
steps:
  - id: outer
    type: if
    condition: true
    budget: {usd: 5}
    then:
      - id: fan
        type: fan-out
        items: [0, 1]
        step:
          id: item
          type: if
          condition: true
          budget: {usd: 3}
          then: [{id: a, type: do}, {id: b, type: do}, {id: c, type: do}]
  - {id: after, type: do}
"""


def test_a_step_s_budget_counts_what_is_inside_it_and_an_item_s_only_the_item(bench):
    state = bench.run(NESTED, default=calls(1))
    assert state.records["outer"].spent.usd == 5
    assert [state.records[f"fan:item:{index}"].spent.usd for index in (0, 1)] == [3, 2]
    assert (
        state.records["fan:item:1:c"].output["message"] == "the budget of step outer of $5.00 is used up: $5.00 spent"
    )

    state = bench.resume(budget={"outer": Budget(usd=100), "item": Budget(usd=2)})
    assert state.records["fan:item:1:c"].output["message"] == (
        "the budget of step fan:item:1 of $2.00 is used up: $2.00 spent"
    )
    state = bench.resume(budget={"fan:item:1": Budget(usd=3)})
    assert (state.status, state.spent.usd) == ("completed", 7)
    raised = [event for event in bench.log() if event["event"] == "budget_raised"]
    assert [(event["step_id"], event["usd"]) for event in raised] == [("outer", 100), ("item", 2), ("fan:item:1", 3)]


ITEMS = """
steps:
  - id: fan
    type: fan-out
    items: [0, 1, 2]
    on_item_pause: continue
    item_budget: {usd: 1}
    steps: [{id: a, type: do}, {id: b, type: do}]
"""


def test_the_budget_of_items_is_raised_for_one_or_for_all(bench):
    state = bench.run(ITEMS, default=calls(1))
    assert (state.status, state.spent.usd) == ("paused", 3)
    state = bench.resume(budget={"fan:item:1": Budget(usd=5)})
    assert (state.status, state.spent.usd, state.records["fan:item:1"].spent.usd) == ("paused", 4, 2)
    state = bench.resume(budget={"fan:item": Budget(usd=5)})
    assert (state.status, state.spent.usd) == ("completed", 6)


def test_all_items_with_a_budget_of_their_own_are_raised_by_their_fan_out(bench):
    text = "steps: [{id: fan, type: fan-out, items: [0, 1], step: {id: a, type: do, budget: {usd: 1}, retry: 2}}]"
    assert bench.run(text, default=fails_after(calls(1))).status == "paused"
    assert bench.resume(budget={"fan:a": Budget(usd=9)}).status == "failed"


def test_a_run_goes_on_with_a_raised_budget_that_stays_raised(bench):
    assert bench.run(text("usd: 2, tokens: 500"), default=calls(1, 10)).status == "paused"
    assert bench.resume().status == "paused"
    assert bench.resume(budget={None: Budget(usd=3)}).status == "paused"
    assert (bench.load().spent.usd, bench.load().budgets) == (3, {None: Budget(usd=3)})
    assert bench.resume(budget={None: Budget(usd=10)}).status == "completed"
    assert bench.load().spent == Spending(4, 40)


def test_steps_that_run_again_do_not_undo_what_was_spent(bench):
    bench.run(text("usd: 8"), default=calls(1))
    state = bench.resume(from_step="fan")
    assert (state.status, state.spent.usd, state.records["fan"].spent.usd) == ("completed", 8, 4)


@pytest.mark.parametrize("name", ["leaf", "fan:leaf:0", "nothing"])
def test_only_a_budget_that_is_there_can_be_raised(bench, name):
    bench.run(text("usd: 2"), default=calls(1))
    before = bench.log()
    with pytest.raises(UsageError, match="has no budget to raise"):
        bench.resume(budget={name: Budget(usd=9)})
    assert bench.log() == before


def test_a_step_that_waits_for_a_budget_takes_no_answer(bench):
    bench.run(text("usd: 2"), default=calls(1))
    for step_id in (None, "fan:leaf:2"):
        with pytest.raises(UsageError, match="waits for a larger budget") as caught:
            bench.engine.answer("run", "approve", step_id=step_id)
        assert "plait resume run --budget usd=" in caught.value.hint


def test_a_gate_beside_it_is_answered(bench):
    text = """
    budget: {usd: 1}
    steps:
      - id: all
        type: parallel
        max_concurrency: 1
        on_item_pause: continue
        branches: {l: [{id: a, type: do}, {id: b, type: do}], r: [{id: ask, type: gate, message: "?"}]}
    """
    bench.run(text, default=calls(1))
    assert bench.engine.answer("run", "approve") == "ask"
    plan = {step.step_id: step.reason for step in bench.engine.plan_resume("run")}
    assert plan["b"] == "it waits for a larger budget"


@pytest.mark.parametrize(
    ("unit", "number", "shown"),
    [
        ("usd", 1234.5, "$1,234.50"),
        ("usd", 0.05, "$0.05"),
        ("usd", 0.0042, "$0.0042"),
        ("usd", 3.14159, "$3.14"),
        ("tokens", 1_234_567, "1,234,567 tokens"),
        ("minutes", 1.5, "1.5 minutes"),
        ("minutes", 90.0, "90 minutes"),
    ],
)
def test_amounts(unit, number, shown):
    assert _amount(unit, number) == shown
