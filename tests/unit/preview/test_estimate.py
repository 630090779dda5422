"""What earlier runs say of a plan."""

import json

import pytest

from plait.model.spending import Spending
from plait.preview.estimate import Cost, Interval, estimate, items_time, likely, over_budget, side_by_side
from plait.preview.history import MOST_RUNS, History, Sample, read_history
from support.bench import Bench, definition


def plan_of(tmp_path, text, **inputs):
    return Bench(tmp_path).engine.plan(definition(text), inputs)


def history(runs=1, **by_path):
    samples = {tuple(name.split("__")): tuple(found) for name, found in by_path.items()}
    return History(tuple(f"r{number}" for number in range(runs)), 0, samples)


def took(*seconds):
    return [Sample(each, Spending(), 1) for each in seconds]


def paid(seconds, usd, tokens=100):
    return Sample(seconds, Spending(usd, tokens, seconds / 60), 1)


def test_of_few_runs_the_extremes_count_of_many_the_tenths():
    assert likely([3.0, 1.0, 2.0]) == Interval(1.0, 3.0)
    assert likely([float(each) for each in range(1, 102)]) == Interval(11.0, 91.0)


def test_steps_after_each_other_add_up(tmp_path):
    plan = plan_of(tmp_path, "steps: [{id: a, type: do}, {id: b, type: do}]")
    found = estimate(plan, history(2, a=took(1, 2), b=took(10, 20)))

    assert found.total.seconds == Interval(11, 22)
    assert found.unseen == ()


def test_steps_that_no_run_knows_are_listed_and_without_any_there_is_no_estimate(tmp_path):
    plan = plan_of(tmp_path, "steps: [{id: a, type: do}, {id: b, type: do}, {id: g, type: gate, message: ok}]")

    assert estimate(plan, history()) is None
    found = estimate(plan, history(a=took(1)))
    assert (found.unseen, found.gates) == (("b",), 1)


def test_a_branch_that_is_not_decided_may_be_either(tmp_path):
    text = """
    steps:
      - {id: a, type: do}
      - id: i
        type: if
        condition: "{{ steps.a.output.value }}"
        then: [{id: t, type: do}]
        else: [{id: e, type: do}]
      - {id: s, type: do, if: "{{ steps.a.output.value }}"}
    """
    found = estimate(
        plan_of(tmp_path, text), history(2, a=took(1, 1), i=took(5, 5), i__t=took(5), i__e=took(3), s=took(2))
    )

    assert found.total.seconds == Interval(1 + 3 + 0, 1 + 5 + 2)


def test_items_run_side_by_side_and_cost_what_each_costs(tmp_path):
    text = """
    steps:
      - id: f
        type: fan-out
        items: [1, 2, 3, 4]
        max_concurrency: 2
        step: {id: x, type: do}
    """
    found = estimate(plan_of(tmp_path, text), history(2, f=took(9, 9), f__x=[paid(10, 0.5), paid(20, 1.0)]))

    assert found.total.seconds == Interval(20, 50)
    assert found.total.usd == Interval(2.0, 4.0)
    assert found.total.tokens == Interval(400, 400)


def test_an_unknown_number_of_items_or_passes_is_that_of_earlier_runs(tmp_path):
    text = """
    steps:
      - {id: a, type: do}
      - {id: f, type: fan-out, items: "{{ steps.a.output.value }}", steps: [{id: x, type: do}]}
      - {id: w, type: while, condition: "{{ steps.a.output.value }}", max_iterations: 2, steps: [{id: y, type: do}]}
    """
    many = [Sample(1, Spending(), 1, inside=number) for number in (2, 5)]
    found = estimate(
        plan_of(tmp_path, text),
        history(2, a=took(0), f=many, f__item__x=took(1, 1), w=many, w__y=took(10)),
    )

    assert found.by_path["f",].seconds == Interval(2, 5)
    assert found.by_path["w",].seconds == Interval(20, 20)


def test_a_loop_that_never_went_round_costs_nothing(tmp_path):
    text = """
    steps:
      - {id: a, type: do}
      - {id: w, type: while, condition: "{{ steps.a.output.value }}", steps: [{id: y, type: do}]}
    """
    found = estimate(plan_of(tmp_path, text), history(1, a=took(1), w=[Sample(0, Spending(), 1, inside=0)]))

    assert (found.total.seconds, found.unseen) == (Interval(1, 1), ())


def test_the_time_of_items_is_between_the_best_and_the_worst_order():
    assert items_time(Interval(1, 1), Interval(8, 8), Interval(4, 4)) == Interval(2, 2.75)
    assert items_time(Interval(1, 2), Interval(0, 0), Interval(4, 4)) == Interval(0, 0)
    blocks = [Cost(Interval(1, 2)), Cost(Interval(3, 4))]
    assert side_by_side(blocks, Interval(2, 2)).seconds == Interval(3, 4)
    assert side_by_side(blocks, Interval(1, 1)).seconds == Interval(4, 6)


def test_a_budget_that_may_not_be_enough_is_told(tmp_path):
    text = """
    budget: {usd: 2, tokens: 1000}
    steps: [{id: a, type: do, budget: {usd: 5}}, {id: b, type: do, budget: {usd: 1}}]
    """
    plan = plan_of(tmp_path, text)
    found = estimate(plan, history(1, a=[paid(1, 1.5)], b=[paid(1, 1.2)]))

    assert [(each.step_id, each.unit, each.limit) for each in over_budget(plan, found)] == [
        (None, "usd", 2),
        ("b", "usd", 1),
    ]


def test_runs_by_another_agent_say_nothing(tmp_path):
    plan = plan_of(tmp_path, "steps: [{id: p, type: prompt, prompt: hi, integration: claude, model: big}]")

    def by(agent, model):
        return history(1, p=[Sample(1, Spending(), 1, agent=agent, model=model)])

    assert estimate(plan, by("codex", None)) is None
    assert estimate(plan, by("claude", "small")) is None
    assert estimate(plan, by("claude", "big")).unpriced == ("p",)


def test_journals_are_read_for_what_they_say_of_each_written_step(tmp_path):
    bench = Bench(tmp_path)
    text = """
    steps:
      - id: f
        type: fan-out
        items: [1, 2, 3]
        steps: [{id: x, type: do, if: "{{ item != 2 }}"}]
      - {id: w, type: do-while, condition: true, max_iterations: 2, steps: [{id: y, type: do}]}
    """
    bench.run(text)
    samples = read_history("sample", bench.root).samples

    assert samples["f",][0].inside == 3
    assert samples["w",][0].inside == 2
    assert (samples["f", "item", "x"][0].occurrences, samples["w", "y"][0].occurrences) == (2, 2)
    assert samples["f", "item", "x"][0].share == pytest.approx(2 / 3)
    assert read_history("other", bench.root).runs == ()


def test_the_newest_runs_are_read_and_the_others_counted(tmp_path):
    folder = tmp_path / ".specify" / "workflows" / "runs"
    for number in range(MOST_RUNS + 3):
        write_run(folder / f"r{number}", seconds=number)
    found = read_history("w", tmp_path)

    assert (len(found.runs), found.others) == (MOST_RUNS, 3)
    assert all(len(each) == MOST_RUNS for each in found.samples.values())


def test_time_between_a_stop_and_a_resume_does_not_count_and_a_damaged_journal_is_passed_over(tmp_path):
    folder = tmp_path / ".specify" / "workflows" / "runs"
    write_run(folder / "a", seconds=4, resumed_after=1000)
    write_run(folder / "b", seconds=5)
    with (folder / "b" / "log.jsonl").open("a") as file:
        file.write('{"v":1,"timestamp":"x","event":"step_completed","step_id":\n')
    (folder / "c").mkdir()
    (folder / "c" / "log.jsonl").write_text("nonsense\n")
    found = read_history("w", tmp_path)

    assert sorted(each.seconds for each in found.samples["s",]) == [4, 5]


def write_run(folder, *, seconds, resumed_after=None):
    folder.mkdir(parents=True)
    start = {"event": "step_started", "step_id": "s", "type": "shell", "order": 0}
    events = [(0, {"event": "run_created", "run_id": folder.name, "workflow_id": "w"}), (0, start)]
    at = 0
    if resumed_after is not None:
        at = resumed_after
        events += [(at, {"event": "run_resumed"}), (at, {**start, "attempt": 2})]
    end = {"event": "step_completed", "step_id": "s", "status": "completed", "output": {"text": ',"output":'}}
    events.append((at + seconds, end))
    lines = [json.dumps({"v": 1, "timestamp": moment(when), **event}, separators=(",", ":")) for when, event in events]
    (folder / "log.jsonl").write_text("".join(f"{line}\n" for line in lines))


def moment(seconds):
    return f"2026-01-01T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000000+00:00"
