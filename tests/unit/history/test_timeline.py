"""When steps worked and waited."""

from plait.history.timeline import timeline_of
from plait.history.walks import walks_of
from support.history import looked_back
from support.steps import fails
from support.waits import waits


def spans_of(bench, **options):
    run = looked_back(bench)
    return {span.step_id: span for span in timeline_of(run.state, run.events, **options)}


def test_a_plain_run(bench):
    bench.run(
        "steps: [{id: a, type: do, name: First}, {id: f, type: fan-out, items: [1, 2], step: {id: b, type: do}},"
        " {id: no, type: do, if: '{{ false }}'}]"
    )
    spans = spans_of(bench)
    assert list(spans) == ["a", "f", "f:b:0", "f:b:1", "no"]
    assert [(span.parent, span.item_index) for span in spans.values()] == [
        (None, None),
        (None, None),
        ("f", 0),
        ("f", 1),
        (None, None),
    ]
    assert (spans["a"].name, spans["a"].type, spans["a"].status) == ("First", "do", "completed")
    assert [attempt.ended_as for attempt in spans["a"].attempts] == ["completed"]
    assert spans["f"].start <= spans["f:b:0"].start <= spans["f:b:1"].end <= spans["f"].end
    assert (spans["no"].attempts, spans["no"].status) == ((), "skipped")
    assert all(span.waits == () for span in spans.values())


def test_tries_and_the_waits_between_them(bench):
    bench.run(
        "steps: [{id: a, type: do, retry: {attempts: 2, delay: 0.01}}, {id: b, type: do}]",
        a=lambda context: fails("no")(context) if context.attempt == 1 else None,
        b=waits(0.01),
    )
    spans = spans_of(bench)
    for step, ended_as, reason in (("a", "failed", "retry"), ("b", "waiting", "limit")):
        span = spans[step]
        assert [(each.number, each.ended_as) for each in span.attempts] == [(1, ended_as), (2, "completed")]
        (wait,) = span.waits
        assert wait.reason == reason
        assert (wait.start, wait.end) == (span.attempts[0].end, span.attempts[1].start)


def test_a_gate_and_what_is_around_it_wait_for_a_person(bench):
    bench.run("steps: [{id: if, type: if, condition: true, then: [{id: g, type: gate, message: ok?}]}]")
    paused = spans_of(bench)
    assert paused["g"].attempts[-1].ended_as == "paused"
    bench.engine.answer("run", "approve")
    bench.resume()
    for span in spans_of(bench).values():
        assert [wait.reason for wait in span.waits] == ["person"]
        assert [each.ended_as for each in span.attempts] == ["paused", "completed"]


def test_a_process_that_was_gone(bench):
    bench.run("steps: [{id: a, type: do}, {id: b, type: do}]")
    bench.cut(next(number for number, event in enumerate(bench.log(), 1) if event.get("step_id") == "b"))
    lost = spans_of(bench)["b"]
    assert [each.ended_as for each in lost.attempts] == ["lost"]
    running = spans_of(bench, now=lost.start + 60)["b"]
    assert (running.attempts[0].ended_as, running.end) == ("running", lost.start + 60)
    bench.resume()
    span = spans_of(bench)["b"]
    assert [each.ended_as for each in span.attempts] == ["lost", "completed"]
    assert [wait.reason for wait in span.waits] == ["stopped"]
    walks = walks_of(looked_back(bench).events)
    assert [(walk.resumed, walk.ended_as) for walk in walks] == [(False, "lost"), (True, "completed")]
    assert walks[0].end == lost.start


def test_what_a_resume_forgot(bench):
    bench.run("steps: [{id: a, type: do}, {id: b, type: do}]")
    bench.resume(from_step="a")
    spans = spans_of(bench)
    assert [each.forgotten for each in spans["a"].attempts] == [True, False]
    bench.cut(next(number for number, event in enumerate(bench.log(), 1) if event["event"] == "run_resumed"))
    assert spans_of(bench)["b"].status == "forgotten"


def test_a_turn_that_is_waited_for(bench):
    def queues(context):
        with context.waiting("waits for a free agent (1 in use)"):
            pass

    bench.run("steps: [{id: a, type: do}]", a=queues)
    assert [wait.reason for wait in spans_of(bench)["a"].waits] == ["turn"]
