"""How many items run at once (FAN-04..07): proved by barriers that only the right number can pass."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from plait.model.outcome import StepResult
from support.bench import PATIENCE
from support.steps import aborts, fails, pauses

FAN = """
inputs: {{width: {{type: string, default: "2"}}}}
steps:
  - id: fan
    type: fan-out
    items: [{items}]
    max_concurrency: {width}
    step: {{id: leaf, type: do, value: "{{{{ item }}}}"}}
"""


class Crowd:
    """Counts who is in `execute`, and lets nobody leave before `together` have been there at once."""

    def __init__(self, together):
        self.most = 0
        self._inside = 0
        self._lock = threading.Lock()
        self._barrier = threading.Barrier(together)

    def __call__(self, context):
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        self._barrier.wait(PATIENCE)
        with self._lock:
            self._inside -= 1


def run_with(bench, width, items, together):
    """Run so many items; return how many threads were asked for: none for one item at a time."""
    crowd, widths = Crowd(together), []

    def executor(threads):
        widths.append(threads)
        return ThreadPoolExecutor(threads)

    bench.engine = bench.new_engine(executor=executor)
    text = FAN.format(items=", ".join(map(str, range(items))), width=width)
    state = bench.run(text, default=crowd)
    assert state.status == "completed", state.error
    assert [each["value"] for each in state.records["fan"].output["results"]] == list(range(items))
    assert crowd.most <= sum(widths) or not widths
    return widths or [crowd.most]


@pytest.mark.parametrize(
    ("written", "width"),
    [
        ("2", 2),
        ("3", 3),
        ('"4"', 4),
        ("4.0", 4),
        ("4.9", 4),
        ('" 3 "', 3),
        ('"{{ inputs.width }}"', 2),
        ("1", 1),
        ("0", 1),
        ("-3", 1),
        ("true", 1),
        ("false", 1),
        ("null", 1),
        ('"many"', 1),
        ('"2.5"', 1),
        ("[2]", 1),
        (".inf", 1),
        ("-.inf", 1),
        (".nan", 1),
    ],
)
def test_exactly_so_many_run_at_once(bench, written, width):
    """The barrier proves that there are so many; the size of the pool that there cannot be more."""
    assert run_with(bench, written, 12, together=width) == [width]


def test_without_a_width_one_runs_after_the_other(bench):
    crowd = Crowd(1)
    state = bench.run("steps: [{id: fan, type: fan-out, items: [1, 2, 3], step: {id: leaf, type: do}}]", default=crowd)
    assert (state.status, crowd.most) == ("completed", 1)
    assert bench.calls == ["fan:leaf:0", "fan:leaf:1", "fan:leaf:2"]


def test_sequential_items_need_no_thread(bench):
    threads = set()
    bench.run(FAN.format(items="1, 2, 3", width=1), default=lambda _: threads.add(threading.current_thread()))
    assert threads == {threading.main_thread()}


def test_there_are_never_more_workers_than_items(bench):
    assert run_with(bench, 50, 3, together=3) == [3]


@pytest.mark.parametrize("width", [1, 4])
def test_an_empty_list_completes_without_results(bench, width):
    state = bench.run(FAN.format(items="", width=width))
    record = state.records["fan"]
    assert (state.status, record.status, record.output["results"], record.output["item_count"]) == (
        "completed",
        "completed",
        [],
        0,
    )
    assert list(state.records) == ["fan"]


def test_branches_run_all_at_once_unless_a_width_says_less(bench):
    text = "steps: [{id: all, type: parallel, WIDTH branches: {a: [{id: a, type: do}], b: [{id: b, type: do}], "
    text += "c: [{id: c, type: do}]}}]"
    everybody, two = Crowd(3), Crowd(1)
    assert bench.run(text.replace("WIDTH", ""), default=everybody).status == "completed"
    assert bench.run(text.replace("WIDTH", "max_concurrency: 2,"), run_id="two", default=two).status == "completed"
    assert (everybody.most, two.most <= 2) == (3, True)


WORK_CONSERVING = """
steps:
  - id: fan
    type: fan-out
    items: [long, s, s, s, s, s, s]
    max_concurrency: 2
    step: {id: leaf, type: do, value: "{{ item }}"}
"""


def test_a_free_slot_takes_the_next_item_at_once(bench):
    short_ones_ended = threading.Event()
    ended = []

    def hook(event, state):
        if event["event"] == "step_completed" and event["step_id"] != "fan:leaf:0":
            ended.append(event["step_id"])
            if len(ended) == 6:
                short_ones_ended.set()

    def long(context):
        # Were a slot kept for the lowest item's sake, the last short ones could not end before this one.
        return None if short_ones_ended.wait(PATIENCE) else StepResult.failed("the short ones waited for the long one")

    bench.events.hook = hook
    state = bench.run(WORK_CONSERVING, **{"fan:leaf:0": long})
    assert state.status == "completed", state.error
    assert list(state.records["fan"].output["results"]) == [{"value": "long"}, *[{"value": "s"}] * 6]


NESTED = """
max_parallel: {limit}
steps:
  - id: all
    type: parallel
    branches:
      left:
        - id: outer
          type: fan-out
          items: [1, 2, 3]
          max_concurrency: 3
          step:
            id: inner
            type: fan-out
            items: [1, 2, 3]
            max_concurrency: 3
            step: {{id: leaf, type: do}}
      right:
        - id: again
          type: fan-out
          items: [1, 2, 3]
          max_concurrency: 3
          steps:
            - id: choose
              type: if
              condition: true
              then: [{{id: deep, type: do}}]
"""


class Watch(Crowd):
    """Counts, and holds everybody until `together` are there or the last ones come."""

    def __init__(self, together, of):
        super().__init__(1)
        self._left = of
        self._together = together
        self._gate = threading.Condition()

    def __call__(self, context):
        with self._gate:
            self._inside += 1
            self._left -= 1
            self.most = max(self.most, self._inside)
            self._gate.notify_all()
            assert self._gate.wait_for(lambda: self.most >= self._together or self._left <= 0, PATIENCE)
            self._inside -= 1


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_limit_of_the_run_holds_across_nested_fan_outs(bench, limit):
    watch = Watch(limit, 12)
    state = bench.run(NESTED.format(limit=limit), default=watch)
    assert state.status == "completed", state.error
    assert (watch.most, len(bench.calls)) == (limit, 12)


def test_without_a_limit_the_nested_ones_multiply(bench):
    watch = Watch(12, 12)
    text = NESTED.format(limit=1).replace("max_parallel: 1\n", "")
    assert bench.run(text, default=watch).status == "completed"
    assert watch.most == 12


@pytest.mark.parametrize("behaviour", [fails("no"), pauses, aborts])
def test_a_halt_under_a_limit_gives_the_slot_back(bench, behaviour):
    state = bench.run(NESTED.format(limit=1), **{"outer:inner:0:leaf:0": behaviour})
    assert state.status in {"failed", "paused", "aborted"}
    again = bench.run(NESTED.format(limit=1), run_id="again", default=lambda _: None)
    assert again.status == "completed"


@pytest.mark.parametrize("limit", ["0", "-1", '"none"', "true"])
def test_a_limit_that_is_no_number_is_refused(bench, limit):
    from plait.errors import InvalidWorkflowError

    with pytest.raises(InvalidWorkflowError):
        bench.run(NESTED.format(limit=limit))


def test_a_limit_may_be_an_expression(bench):
    watch = Watch(2, 12)
    text = "inputs: {n: {type: number, default: 2}}\n" + NESTED.format(limit='"{{ inputs.n }}"')
    assert bench.run(text, default=watch).status == "completed"
    assert watch.most == 2


def test_a_limit_whose_expression_yields_none_fails_the_run(bench):
    text = "inputs: {n: {type: number, default: 0}}\n" + NESTED.format(limit='"{{ inputs.n }}"')
    state = bench.run(text)
    assert (state.status, bench.calls) == ("failed", [])
    assert "`max_parallel` must be a whole number of at least 1, not 0" in state.error
