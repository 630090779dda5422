"""Runs as spans and measurements, without a collector: what a sink is told, event by event."""

import pytest

from plait.journal.folder import RunFolder
from plait.journal.state import RunState, fold
from plait.model.outcome import StepResult
from plait.model.spending import AgentCall, Spending
from plait.telemetry import Telemetry
from plait.telemetry.finished import Measurement, Span
from support.bench import Bench
from support.steps import fails, pauses
from support.waits import waits


class Sink:
    """Takes what is told; `sampled` says whether spans are wanted."""

    def __init__(self, *, sampled=True):
        self.spans: list[Span] = []
        self.measured: list[Measurement] = []
        self.sampled = sampled

    def is_sampled(self, parent, trace_id, name):
        return self.sampled

    def put(self, told):
        (self.spans if isinstance(told, Span) else self.measured).append(told)

    def close(self):
        return ""

    def named(self, name):
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.began)


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def bench(tmp_path, sink):
    bench = Bench(tmp_path)
    bench.telemetry = Telemetry(sink)
    bench.engine = bench.new_engine(telemetry=bench.telemetry)
    return bench


def span_id(span):
    return span.trace.span_id


def assert_sound(spans, *, whole=True):
    ids = [span_id(span) for span in spans]
    assert len(set(ids)) == len(ids)
    assert len({span.trace.trace_id for span in spans}) <= 1
    assert all(span.began <= span.ended for span in spans)
    if whole:
        assert [span.name for span in spans if span.parent and span.parent not in ids] == []


def test_a_failed_try_of_a_fan_out_is_a_try_of_its_span_in_which_items_go_on(bench, sink):
    text = """
    steps:
      - id: fan
        type: fan-out
        items: [0, 1]
        retry: 2
        step: {id: leaf, type: do}
    """
    state = bench.run(text, **{"fan:leaf:1": lambda context: fails()(context) if context.attempt == 1 else None})
    assert (state.status, bench.telemetry.trouble) == ("completed", "")
    assert_sound(sink.spans)
    [fan] = sink.named("fan")
    assert [(each.parent, each.problem) for each in sink.named("attempt") if each.parent == span_id(fan)] == [
        (span_id(fan), "error"),
        (span_id(fan), None),
    ]
    items = sorted((each.attributes["plait.item.index"], each.problem or "") for each in sink.named("fan:leaf"))
    assert items == [(0, ""), (1, ""), (1, "error")]


def test_a_limit_that_is_waited_for_is_an_event_and_the_next_try_another_span(bench, sink):
    state = bench.run("steps: [{id: a, type: do}]", a=waits(0.0, times=2))
    assert state.status == "completed"
    [step] = sink.named("a")
    assert [moment.attributes["plait.waits_for"] for moment in step.moments] == ["limit", "limit"]
    assert [each.attributes["plait.attempt"] for each in sink.named("attempt")] == [1, 2, 3]
    assert [each.problem for each in sink.named("attempt")] == ["quota", "quota", None]
    assert_sound(sink.spans)


def test_an_item_that_waits_for_an_answer_and_gets_it_has_one_span(bench, sink):
    text = """
    steps:
      - {id: fan, type: fan-out, items: [0, 1], max_concurrency: 2, on_item_pause: continue, step: {id: leaf, type: do}}
    """
    bench.run(text, **{"fan:leaf:0": pauses})
    bench.script({})
    bench.resume()
    assert_sound(sink.spans)
    first, second = (each for each in sink.named("fan:leaf") if each.attributes["plait.item.index"] == 0)
    assert [each.attributes["plait.status"] for each in (first, second)] == ["paused", "completed"]
    assert [each.name for each in sink.spans if each.name.endswith(" sample")] == ["run sample", "resume sample"]


def test_no_text_of_anybody_s_becomes_the_class_of_a_failure(bench, sink):
    def behave(context):
        context.spend(Spending(0.5, 7, 1.0), AgentCall("claude", "opus", 3, 4))
        output = {"session": "what it said, in words", "waits_for": "secret words", "exit_code": "words"}
        return StepResult.failed("words", output, failure="words of its own")

    bench.run("steps: [{id: a, type: do}]", a=behave)
    [call] = sink.named("invoke_agent claude")
    assert (call.problem, call.attributes["error.type"]) == ("error", "error")
    assert "words" not in repr([*sink.spans, *sink.measured])
    assert {each.name: each.value for each in sink.measured if each.name.startswith(("gen_ai", "plait.agent"))} == {
        "gen_ai.client.operation.duration": 60.0,
        "gen_ai.client.token.usage": 4,
        "plait.agent.cost": 0.5,
    }


def test_a_mistake_in_telemetry_is_no_mistake_of_the_run(bench, sink, monkeypatch):
    def breaks(told):
        raise ValueError("broken")

    monkeypatch.setattr(sink, "put", breaks)
    assert bench.run("steps: [{id: a, type: do}]").status == "completed"
    assert bench.telemetry.trouble == "telemetry stopped: ValueError: broken"


def test_what_is_not_sampled_is_measured_but_has_no_spans(tmp_path):
    sink = Sink(sampled=False)
    bench = Bench(tmp_path)
    bench.engine = bench.new_engine(telemetry=Telemetry(sink))
    bench.run("steps: [{id: a, type: do}]")
    assert (sink.spans, "plait.run.duration" in {each.name for each in sink.measured}) == ([], True)


def test_little_is_kept_of_items_that_are_done(bench):
    seen = []
    text = "steps: [{id: fan, type: fan-out, items: '{{ range(0, 200) }}', step: {id: leaf, type: do}}]"
    text = text.replace("'{{ range(0, 200) }}'", str(list(range(200))))
    bench.run(text, default=lambda _: seen.append(len(next(iter(bench.telemetry._walks.values()))._open)))
    assert max(seen) <= 2
    assert bench.telemetry._walks == {}


TREE = """
steps:
  - {id: again, type: do, retry: 2}
  - id: loop
    type: while
    condition: true
    max_iterations: 2
    steps: [{id: in-loop, type: do}]
  - id: fan
    type: fan-out
    items: [0, 1]
    steps: [{id: one, type: do}, {id: two, type: do}]
"""


def test_wherever_a_process_dies_its_spans_and_those_of_the_next_are_one_tree(tmp_path):
    def behave(context):
        return StepResult.failed("no") if context.step_id == "again" and context.attempt == 1 else None

    whole = Bench(tmp_path / "whole")
    whole.root.mkdir()
    whole.run(TREE, default=behave)
    for keep in range(2, len(whole.log())):
        bench = Bench(tmp_path / f"cut-{keep}")
        bench.root.mkdir()
        before, after = Sink(), Sink()
        bench.run(TREE, default=behave)
        bench.cut(keep)
        first = Telemetry(before)
        state = RunState(RunFolder(bench.folder()))
        for event in bench.log():
            fold(state, event)
            first.on_event(event, state)
        bench.engine = bench.new_engine(telemetry=(second := Telemetry(after)))
        bench.resume()
        assert (first.trouble, second.trouble) == ("", "")
        assert_sound([*before.spans, *after.spans])
        [died] = after.named("run sample")
        assert (died.problem, died.parent) == ("process_died", 0)
        [resumed] = after.named("resume sample")
        assert (resumed.parent, resumed.problem) == (span_id(died), None)
