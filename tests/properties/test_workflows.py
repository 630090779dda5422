"""Random workflows: however much runs at once, and wherever a run is cut off, it comes to the same end."""

import sys
import tempfile

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plait.journal.events import EVENTS
from support.bench import picture
from support.random_workflows import run, salts, workflows

# The engine raises the limit for deep workflows; hypothesis wants it to be the same before and after each example.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
SOME = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)


def without_widths(value):
    """Leave out what differs by the test's own doing."""
    if isinstance(value, dict):
        return {key: without_widths(inner) for key, inner in value.items() if key != "max_concurrency"}
    return [without_widths(inner) for inner in value] if isinstance(value, list) else value


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
        shown, events = bench.snapshot(), bench.log()
    assert live == folded == again
    assert order == list(state.records)
    assert shown["status"] == state.status
    assert shown["step_results"].keys() == state.step_results.keys()
    for event in events:
        kind, fields = EVENTS[event["event"]], event.keys() - {"v", "timestamp", "event"}
        assert set(kind.fields) <= fields <= kind.names
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
