"""Random workflows: however much runs at once, and wherever a run is cut off, it comes to the same end."""

import itertools
import json
import sys
import tempfile
import zlib
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plait.model.outcome import StepResult
from support.bench import Bench, picture

# The engine raises the limit for deep workflows; hypothesis wants it to be the same before and after each example.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
SOME = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
ONE_IN = 9


def steps(block, inside_items):
    """Draw one step whose blocks are drawn from `block`, as a mapping without ids."""
    condition = st.sampled_from([True, False, *(["{{ item_index == 1 }}"] if inside_items else [])])
    value = st.sampled_from([1, ["x"], *(["{{ item }}", "{{ item_index }}"] if inside_items else [])])
    do = st.fixed_dictionaries({"type": st.just("do"), "value": value, "continue_on_error": st.booleans()})
    if block is None:
        return do
    loop = {"condition": condition, "steps": block, "max_iterations": st.integers(1, 3)}
    return st.one_of(
        do,
        st.fixed_dictionaries({"type": st.just("if"), "condition": condition, "then": block, "else": block}),
        st.fixed_dictionaries(
            {
                "type": st.just("switch"),
                "expression": st.sampled_from(["a", "b", "c"]),
                "cases": st.fixed_dictionaries({"a": block, "b": block}),
                "default": block,
            }
        ),
        st.fixed_dictionaries({"type": st.just("while"), **loop}),
        st.fixed_dictionaries({"type": st.just("do-while"), **loop}),
        st.fixed_dictionaries(
            {"type": st.just("parallel"), "branches": st.fixed_dictionaries({"l": block, "r": block})}
        ),
    )


def blocks(depth, inside_items):
    """Draw a list of steps that holds others to this depth."""
    if depth == 0:
        return st.lists(steps(None, inside_items), min_size=1, max_size=2)
    block = blocks(depth - 1, inside_items)
    in_item = blocks(depth - 1, inside_items=True)
    policy = st.sampled_from(["stop", "continue"])
    fan = {"type": st.just("fan-out"), "items": st.lists(st.integers(0, 9), max_size=4), "on_item_failure": policy}
    step = st.one_of(
        steps(block, inside_items),
        st.fixed_dictionaries({**fan, "steps": in_item}),
        st.fixed_dictionaries({**fan, "step": steps(None, inside_items=True)}),
        st.fixed_dictionaries({**fan, "step": steps(in_item, inside_items=True)}),
    )
    return st.lists(step, min_size=1, max_size=3)


def named(value, width, numbers):
    """Give every step an id, and a width to those that can run several things at once."""
    if isinstance(value, list):
        return [named(each, width, numbers) for each in value]
    if not isinstance(value, dict):
        return value
    result = {key: named(inner, width, numbers) for key, inner in value.items()}
    if "type" not in value:
        return result
    result = {"id": f"s{next(numbers)}", **result}
    return {**result, "max_concurrency": width} if value["type"] in ("fan-out", "parallel") else result


def by_id(salt):
    """Return a behaviour that fails at some ids, the same ones at every time."""

    def behave(context):
        if zlib.crc32(f"{salt}{context.step_id}".encode()) % ONE_IN == 0:
            return StepResult.failed(f"{context.step_id} fails", {"code": salt})
        return None

    return behave


def run(root, workflow, width, salt):
    bench = Bench(Path(root) / str(width))
    text = "steps: " + json.dumps(named(workflow, width, itertools.count()))
    return bench, bench.run(text, default=by_id(salt))


def without_widths(value):
    """Leave out what differs by the test's own doing."""
    if isinstance(value, dict):
        return {key: without_widths(inner) for key, inner in value.items() if key != "max_concurrency"}
    return [without_widths(inner) for inner in value] if isinstance(value, list) else value


workflows = blocks(2, inside_items=False)
salts = st.integers(0, 3)


@SOME
@given(workflows, salts)
def test_how_much_runs_at_once_makes_no_difference(workflow, salt):
    with tempfile.TemporaryDirectory() as root:
        one, several = (without_widths(picture(run(root, workflow, width, salt)[1])) for width in (1, 4))
    records, more = one.pop("records"), several.pop("records")
    latest, later = one.pop("latest"), several.pop("latest")
    assert one == several
    # Items that run beside the one that halts, or behind it, are recorded too; what both runs did is the same.
    assert {step_id: more.get(step_id) for step_id in records} == records
    if one["status"] == "completed":
        assert more.keys() == records.keys()
        assert latest == later


@SOME
@given(workflows, salts, st.sampled_from([1, 4]))
def test_the_state_is_the_fold_of_the_journal(workflow, salt, width):
    with tempfile.TemporaryDirectory() as root:
        bench, state = run(root, workflow, width, salt)
        live, folded, again = picture(state), picture(bench.load()), picture(bench.load())
        order = list(bench.load().records)
        shown = bench.snapshot()
    assert live == folded == again
    assert order == list(state.records)
    assert shown["status"] == state.status
    assert shown["step_results"].keys() == state.step_results.keys()
    assert all(shown["step_results"][key]["status"] == each["status"] for key, each in state.step_results.items())


@SOME
@given(workflows, salts)
def test_a_resume_that_meets_the_same_failures_ends_the_same(workflow, salt):
    with tempfile.TemporaryDirectory() as root:
        bench, state = run(root, workflow, 1, salt)
        if state.status == "completed":
            return
        settled = {record.id for record in state.records.values() if record.settled}
        again = bench.resume()
    assert picture(again) == picture(state)
    assert settled.isdisjoint(bench.calls)


@SOME
@given(workflows, salts, st.data())
def test_a_run_that_was_cut_off_anywhere_comes_to_the_same_end(workflow, salt, data):
    with tempfile.TemporaryDirectory() as root:
        bench, state = run(root, workflow, 1, salt)
        expected = picture(state)
        log = bench.log()
        bench.cut(data.draw(st.integers(0, len(log) - 1), label="events kept"))
        settled = {record.id for record in bench.load().records.values() if record.settled}
        again = bench.resume()
        folded = picture(bench.load())
    assert picture(again) == folded == expected
    assert settled.isdisjoint(bench.calls)
    assert len(bench.calls) == len(set(bench.calls))


@SOME
@given(workflows, salts, st.data())
def test_a_concurrent_run_that_was_cut_off_anywhere_repeats_nothing(workflow, salt, data):
    with tempfile.TemporaryDirectory() as root:
        bench, state = run(root, workflow, 4, salt)
        bench.cut(data.draw(st.integers(0, len(bench.log()) - 1), label="events kept"))
        settled = {record.id for record in bench.load().records.values() if record.settled}
        again = bench.resume()
    assert (again.status, again.error) == (state.status, state.error)
    assert settled.isdisjoint(bench.calls)
    assert len(bench.calls) == len(set(bench.calls))
    if state.status == "completed":
        assert picture(again)["records"] == picture(state)["records"]
