"""Every step of every random run is explained, also of one that was cut off anywhere; no run differs from itself."""

import itertools
import sys
import tempfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait.history.difference import compare
from plait.history.explain import explain
from plait.history.timeline import timeline_of
from plait.views.clock import Clock
from plait.views.explanation import explanation_lines, explanation_payload, told_facts
from plait.views.json_text import as_json
from plait.views.palette import Palette
from plait.views.sentences import sentence_of
from plait.views.show import show_lines, show_payload
from support.cases import cases
from support.history import looked_back
from support.random_workflows import run, salts, workflows

# The engine raises the limit for deep workflows; hypothesis wants it to be the same before and after each example.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
SOME = settings(max_examples=cases(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
MOST_STEPS = 60


@SOME
@given(workflows, salts, st.sampled_from([1, 4]), st.booleans(), st.booleans(), st.data())
def test_every_step_is_explained(workflow, salt, width, is_cut, is_resumed, data):
    with tempfile.TemporaryDirectory() as root:
        bench, _ = run(root, workflow, width, salt)
        if is_cut:
            bench.cut(data.draw(st.integers(0, len(bench.log())), label="events kept"))
        if is_resumed and bench.load().status != "completed":
            bench.resume()
        past = looked_back(bench)
        written = [step.id for step in past.workflow.walk()]
        for name in itertools.islice(dict.fromkeys([*past.state.records, *written]), MOST_STEPS):
            found = explain(past, name)
            assert found.facts, name
            for fact in found.facts:
                text = sentence_of(fact, Clock(0.0))
                assert text.endswith("."), text
                assert not text.startswith(f"{fact.kind}:"), text
            assert told_facts(found.facts)
            assert len(list(explanation_lines(found, Palette(), width=40))) > 1
            as_json(explanation_payload("run", found))
        spans = timeline_of(past.state, past.events)
        assert {span.step_id for span in spans} >= past.state.records.keys()
        assert all(part.start <= part.end for span in spans for part in (span, *span.attempts, *span.waits))
        list(show_lines(past, Palette(), now=0.0, width=80))
        as_json(show_payload(past))
        assert compare(past, past).is_empty
