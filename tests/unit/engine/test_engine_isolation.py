"""What items that run at the same time share, and what they do not."""

import json
import threading
from datetime import datetime

import pytest

from plait.model.outcome import StepResult
from support.bench import Bench, picture

FAN = """
inputs: {names: {type: string, default: "unchanged"}}
steps:
  - {id: before, type: do, value: {list: [1, 2], deep: {list: [3]}}}
  - id: fan
    type: fan-out
    items: [{n: 0, list: []}, {n: 1, list: []}, {n: 2, list: []}]
    max_concurrency: 3
    step: {id: leaf, type: do, value: "{{ item.n }}"}
  - {id: after, type: do, value: "{{ steps.before.output.value }} {{ inputs.names }} {{ steps.fan.output.items }}"}
"""


def test_what_a_step_does_to_its_context_is_seen_by_no_other(bench):
    """Each of three items changes all it can reach, then all look at what the others left."""
    changed, looked = threading.Barrier(3), []

    def meddle(context):
        index = context.item_index
        context.inputs["names"] = f"changed by {index}"
        context.inputs[f"new {index}"] = True
        context.item["list"].append(index)
        context.item["n"] = 99
        context.steps["before"]["output"]["value"]["list"].append(index)
        context.steps["before"]["output"]["value"]["deep"]["list"].clear()
        context.steps[f"invented {index}"] = {}
        context.default_options["new"] = index
        changed.wait(20)
        looked.append(
            (
                index,
                context.inputs["names"],
                context.item["list"],
                context.steps["before"]["output"]["value"]["list"],
                context.scope()["inputs"]["names"],
            )
        )

    def fresh(context):
        looked.append((context.inputs, context.default_options, "invented 0" in context.steps))

    script = {f"fan:leaf:{index}": meddle for index in range(3)}
    state = bench.run(FAN, after=fresh, **script)
    assert state.status == "completed", state.error
    assert sorted(looked[:3]) == [
        (index, f"changed by {index}", [index], [1, 2, index], "unchanged") for index in range(3)
    ]
    assert looked[3] == ({"names": "unchanged"}, {}, False)
    text = state.records["after"].output["value"]
    assert text == '{"list": [1, 2], "deep": {"list": [3]}} unchanged ' + json.dumps(
        [{"n": index, "list": []} for index in range(3)]
    )
    assert picture(bench.load()) == picture(state)


def test_a_copy_of_results_may_be_changed_and_kept(bench):
    """What the journal says of an output is what the step said, not what a value in it once stood for."""

    def turned_round(context):
        results = context.steps["fan"]["output"]["results"]
        results.reverse()
        return StepResult(output={"results": results, "items": sorted(context.steps["fan"]["output"]["items"])})

    text = "steps: [{id: fan, type: fan-out, items: [2, 1], step: {id: t, type: do, value: '{{ item }}'}},"
    state = bench.run(text + " {id: turn, type: do}]", turn=turned_round)
    expected = {"results": [{"value": 1}, {"value": 2}], "items": [1, 2]}
    assert state.records["turn"].output == expected
    assert bench.load().records["turn"].output == expected


def test_an_output_that_the_step_goes_on_changing_stays_as_it_was(bench):
    kept = {"list": [1], "tuple": (1, (2,)), 5: {None: float("inf"), True: 1.5}}

    def returns(context):
        return StepResult(output=kept)

    def changes(context):
        kept["list"].append(2)

    state = bench.run("steps: [{id: a, type: do}, {id: b, type: do}]", a=returns, b=changes)
    assert state.records["a"].output == {"list": [1], "tuple": [1, [2]], "5": {"null": None, "true": 1.5}}
    assert picture(bench.load()) == picture(state)


MANY = """
steps:
  - id: fan
    type: fan-out
    items: "{{ inputs.items | from_json }}"
    max_concurrency: 8
    steps:
      - {id: one, type: do, value: "{{ item }}"}
      - {id: two, type: do, value: "{{ steps.one.output.value }}"}
inputs: {items: {type: string}}
"""


def run_many(bench, count):
    return bench.run(MANY, {"items": json.dumps([{"n": n, "text": "ä" * 50} for n in range(count)])})


def test_events_of_concurrent_items_are_whole_lines_and_none_is_lost(bench):
    state = run_many(bench, 60)
    assert state.status == "completed"
    log = bench.log()
    assert [(event["event"], event.get("step_id")) for event in log] == [
        (event["event"], event.get("step_id")) for event in bench.events.seen
    ]
    for name, number in {"step_started": 181, "step_completed": 181, "decided": 1, "workflow_finished": 1}.items():
        assert sum(event["event"] == name for event in log) == number
    times = [datetime.fromisoformat(event["timestamp"]) for event in log]
    assert times == sorted(times)
    assert picture(bench.load()) == picture(state)


def test_listeners_and_on_step_start_are_never_called_at_the_same_time(bench):
    """Each is called under the lock that every other call needs: while one goes on, no thread can get it."""
    catch_journal(bench)
    labels, free = [], []

    def look(*_):
        taker = threading.Thread(target=lambda: free.append(take_at_once(bench.journal.lock)))
        taker.start()
        taker.join()

    def on_step_start(step_id, label):
        look()
        labels.append((step_id, label))

    bench.engine.on_step_start = on_step_start
    bench.events.hook = lambda event, state: look() if event["event"].startswith("step_") else None
    assert run_many(bench, 20).status == "completed"
    assert bench.events.overlaps == 0
    assert len(labels) == 61
    assert len(free) == 3 * 61
    assert not any(free)


def take_at_once(door):
    """Say whether a lock is free, without waiting for it."""
    taken = door._lock.acquire(blocking=False)
    if taken:
        door._lock.release()
    return taken


def test_a_listener_sees_the_state_with_its_event_folded_in(bench):
    wrong = []

    def hook(event, state):
        if state.updated_at != event["timestamp"]:
            wrong.append(event)
        if event["event"] == "step_completed" and state.records[event["step_id"]].status != event["status"]:
            wrong.append(event)

    bench.events.hook = hook
    run_many(bench, 20)
    assert wrong == []


def test_readers_never_see_half_a_state_file(bench):
    """One thread reads while another run writes its state as often as it can."""
    done, problems, read = threading.Event(), [], []

    def reader():
        while not done.is_set():
            try:
                read.append(bench.snapshot())
            except FileNotFoundError:
                continue
            except ValueError as error:
                problems.append(error)

    def write_all_the_time(context):
        bench.journal.write_snapshot()

    catch_journal(bench)
    thread = threading.Thread(target=reader)
    thread.start()
    try:
        bench.script({"default": write_all_the_time})
        state = run_many(bench, 30)
    finally:
        done.set()
        thread.join()
    assert (state.status, problems) == ("completed", [])
    assert len(read) > 1
    times = [each["updated_at"] for each in read]
    assert times == sorted(times), "an older snapshot replaced a newer one"
    by_time = {event["timestamp"]: number for number, event in enumerate(bench.log())}
    assert set(times) <= set(by_time)
    for each in read[:: max(1, len(read) // 40)]:
        assert_of_one_moment(each, bench.log()[: by_time[each["updated_at"]] + 1])


def catch_journal(bench):
    """Let the test reach the journal of the run, as a listener cannot."""
    from plait.engine.engine import Engine

    original = Engine._open

    def opened(self, state, workflow):
        run = original(self, state, workflow)
        bench.journal = run.journal
        return run

    bench.patch.setattr(Engine, "_open", opened)


def assert_of_one_moment(snapshot, log):
    """`updated_at` belongs to the snapshot it is in: its steps are those of the journal up to then."""
    statuses = {}
    for event in log:
        if event["event"] == "step_started":
            statuses[event["step_id"]] = "running"
        elif event["event"] == "step_completed":
            statuses[event["step_id"]] = event["status"]
    assert {key: each["status"] for key, each in snapshot["step_results"].items()} == statuses


@pytest.fixture
def bench(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    bench.patch = monkeypatch
    return bench


def test_two_engines_do_not_share_step_types(tmp_path):
    from plait.api import WorkflowEngine
    from plait.errors import InvalidWorkflowError
    from support.bench import definition

    Bench(tmp_path).run("steps: [{id: a, type: do}]")
    with pytest.raises(InvalidWorkflowError):
        WorkflowEngine(tmp_path, signals=()).execute(definition("steps: [{id: a, type: do}]"))
