"""Items that wait in any order, in fan-outs of any width: each comes to its end exactly once."""

import itertools
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plait.model.outcome import StepResult
from support.bench import Bench

sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
SOME = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
PLANS = st.lists(st.lists(st.sampled_from([0.0, 0.001, 0.004, 0.02]), max_size=3), min_size=1, max_size=8)
FLAT = "steps: [{id: fan, type: fan-out, items: ITEMS, max_concurrency: WIDTH, step: {id: leaf, type: do}}]"
DEEP = """
steps:
  - id: outer
    type: fan-out
    items: [0, 1, 2]
    max_concurrency: WIDTH
    steps:
      - {id: before, type: do}
      - id: fan
        type: fan-out
        items: ITEMS
        max_concurrency: WIDTH
        steps: [{id: leaf, type: do}, {id: then, type: do}]
"""


@SOME
@given(
    plans=PLANS,
    width=st.integers(1, 4),
    limit=st.sampled_from(["", "max_parallel: 2\n"]),
    text=st.sampled_from([FLAT, DEEP]),
)
def test_every_item_is_completed_exactly_once(plans, width, limit, text):
    completed = Counter()

    def behave(context):
        plan = plans[context.item_index] if "leaf" in context.step_id else []
        if context.waits < len(plan):
            return StepResult.failed("limit", again_at=time.time() + plan[context.waits])
        completed[context.step_id] += 1
        return None

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        written = limit + text.replace("ITEMS", str(list(range(len(plans))))).replace("WIDTH", str(width))
        state = bench.run(written, default=behave)
        events = bench.log()
    assert state.status == "completed", state.error
    assert set(completed.values()) == {1}
    leaves = [record for record in state.records.values() if record.type == "do"]
    assert {record.id for record in leaves} == set(completed)
    for record in leaves:
        index = record.id.split(":leaf")[0] if ":leaf" in record.id and text is DEEP else record.id
        plan = plans[int(index.rsplit(":", 1)[1])] if "leaf" in record.id else []
        assert (record.waits, record.attempt) == (len(plan), len(plan) + 1)
    ended = Counter(event["step_id"] for event in events if event["event"] == "step_completed")
    assert set(ended.values()) == {1}


@SOME
@given(plans=PLANS, width=st.integers(1, 4), data=st.data())
def test_cut_off_anywhere_it_goes_on_waiting_and_comes_to_the_same_end(plans, width, data):
    def behave(context):
        plan = plans[context.item_index]
        if context.waits < len(plan):
            return StepResult.failed("limit", again_at=time.time() + plan[context.waits])
        return None

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        written = FLAT.replace("ITEMS", str(list(range(len(plans))))).replace("WIDTH", str(width))
        bench.run(written, default=behave)
        keep = data.draw(st.integers(2, len(bench.log()) - 1))
        bench.cut(keep)
        settled = {event["step_id"] for event in bench.log() if event["event"] == "step_completed"}
        state = bench.resume()
        assert state.status == "completed", state.error
        assert settled.isdisjoint(bench.calls)
        assert [state.records[f"fan:leaf:{index}"].waits for index in range(len(plans))] == list(map(len, plans))
        assert len(list(itertools.chain(state.records["fan"].output["results"]))) == len(plans)
