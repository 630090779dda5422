"""A run shown whole: the tree with outcomes, what is folded, the timeline, one step's details."""

import pytest

from plait.history.recorded import read_recorded
from plait.history.timeline import timeline_of
from plait.history.walks import walks_of
from plait.views.axis import Axis
from plait.views.palette import Palette
from plait.views.plain import in_ascii
from plait.views.show import show_lines, show_payload, telling
from plait.views.step_details import detail_lines, detail_payload
from plait.views.timeline import timeline_lines
from plait.views.tree import tree_rows
from support.bench import Bench
from support.history import looked_back
from support.recorded_runs import WrittenRun
from support.steps import fails

PLAIN = Palette()


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def shown(bench, **options):
    return list(show_lines(looked_back(bench), PLAIN, now=0.0, width=options.pop("width", 100), **options))


def test_what_steps_came_to(bench):
    bench.run(
        """
        steps:
          - {id: a, type: do, continue_on_error: true}
          - {id: if, type: if, condition: false, then: [{id: b, type: do}]}
          - {id: pick, type: switch, expression: x, cases: {y: [{id: c, type: do}]}}
          - {id: loop, type: while, condition: true, max_iterations: 2, steps: [{id: d, type: do}]}
          - {id: fan, type: fan-out, items: [1, 2], step: {id: e, type: do}}
          - {id: par, type: parallel, branches: {l: [{id: f, type: do}], r: [{id: g, type: do}]}}
          - {id: gate, type: gate, message: ok?}
        """,
        a=fails("no", exit_code=4),
    )
    bench.engine.answer("run", "approve", by="rosa")
    bench.resume()
    text = "\n".join(shown(bench))
    for line in (
        "✗ a do 0.0s failed no",
        "✓ if if 0.0s else",
        "✓ pick switch 0.0s default",
        "✓ loop while 0.0s 2 passes (as many as allowed)",
        "✓ fan fan-out 0.0s 2/2 items",
        "✓ par parallel 0.0s 2 branches",
    ):
        assert line in text
    assert "try 2 approve by rosa" in text
    assert " in 2 processes" in text


def many(bench, count=40):
    fan = f"{{id: fan, type: fan-out, items: {list(range(count))}, step: {{id: leaf, type: do}}, max_concurrency: 1"
    bench.run(f"steps: [{fan}, on_item_failure: continue}}]", **{"fan:leaf:20": fails("broke")})


def test_many_items_are_folded_but_not_those_that_tell_something(bench):
    many(bench)
    records = [record for record in bench.load().records.values() if record.index is not None]
    records[30].ended = records[30].started + 100
    told = {record.index for record in telling(records, 0.0)}
    assert {0, 1, 2, 20, 30} <= told
    assert len(told) <= 8
    lines = shown(bench)
    assert any("✗ fan:leaf:20" in line for line in lines)
    assert any(" more completed (--all shows them)" in line for line in lines)
    assert len(shown(bench, everything=True)) > 80


def test_a_timeline_keeps_to_its_width_and_gives_up_where_there_is_none(bench):
    many(bench, 5)
    run = looked_back(bench)
    rows = list(tree_rows(run.state, list))
    spans = {span.step_id: span for span in timeline_of(run.state, run.events)}
    for width in (30, 59, 60, 200):
        lines = list(timeline_lines(rows, spans, walks_of(run.events), PLAIN, width=width))
        assert len(lines) == 7
        assert max(map(len, lines)) <= width
    assert list(timeline_lines(rows, spans, walks_of(run.events), PLAIN, width=10)) == []


def test_the_axis_leaves_out_the_time_in_which_nobody_ran_the_run():
    axis = Axis([(0.0, 10.0), (1000.0, 1010.0)], 21)
    assert axis.gaps == (10,)
    assert [axis.cell(at) for at in (-5, 0, 5, 9.9, 500, 1000, 1005, 1010, 9999)] == [0, 0, 5, 9, 11, 11, 16, 20, 20]
    close = Axis([(0.0, 10.0), (10.1, 20.0)], 21)
    assert close.gaps == ()
    assert Axis([(0.0, 0.0)], 5).cell(0.0) == 0
    assert Axis([], 5).cell(3.0) in range(5)
    assert Axis([(i * 10.0, i * 10.0 + 1) for i in range(50)], 20).gaps == ()


def test_signs_in_ascii():
    assert in_ascii("✓ ‖ ✗ ░▓█ … “x” ä") == '+ = x .x# ... "x" ä'


def test_the_details_of_a_step(bench):
    bench.run(
        "steps: [{id: a, type: do, value: {deep: [1, 2]}}, {id: b, type: do}]",
        b=fails("one\ntwo\x1b[2J", text="l\n" * 99),
    )
    run = looked_back(bench)
    steps = {step.id: step for step in run.workflow.walk()}
    first = "\n".join(detail_lines(run, run.state.records["a"], steps["a"], PLAIN, now=0.0))
    assert "as written\n  id: a\n  type: do\n" in first
    assert '"deep": [' in first
    second = list(detail_lines(run, run.state.records["b"], None, PLAIN, now=0.0))
    assert "  … 59 more lines (--all shows them)" in second
    assert not any("\x1b" in line for line in second)
    whole = list(detail_lines(run, run.state.records["b"], None, PLAIN, now=0.0, everything=True))
    assert whole.count("  l") == 99


def test_the_details_name_the_diff_of_what_an_agent_changed(tmp_path):
    written = WrittenRun(tmp_path)
    written.step("a", {"agent": "one", "changes": [{"path": "x", "change": "added"}]}, type="prompt")
    written.diff("a", b"+x\n")
    written.end()
    run = read_recorded("r", tmp_path)
    record, file = run.state.records["a"], str(written.folder.attempt_diff("a", 1))

    assert f"  {file}" in list(detail_lines(run, record, None, PLAIN, now=0.0))
    assert detail_payload(run, record, None)["files"] == [file]


def test_the_payload_grows_and_loses_nothing(bench):
    many(bench, 2)
    payload = show_payload(looked_back(bench))
    assert {"run_id", "status", "steps", "inputs", "folder", "step_records", "timeline", "processes"} <= payload.keys()
    assert [each["step_id"] for each in payload["timeline"]] == ["fan", "fan:leaf:0", "fan:leaf:1"]
