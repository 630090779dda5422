"""What the journal writes once and refers to, and what only looks like such a reference."""

import copy
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.journal.encode import encode_event, encode_text
from plait.journal.values import JournaledList, StoredText, as_json
from plait.model.outcome import StepResult
from support.bench import picture

LONG = "x" * 70_000 + "ä" + "y" * 70_000

REFERENCES = {
    "results": ("{id: f, type: fan-out, items: [1, 2], step: {id: t, type: do, value: '{{ item }}'}}", "f"),
    "results of a body of steps": ("{id: f, type: fan-out, items: [1, 2], steps: [{id: t, type: do, value: 1}]}", "f"),
    "outputs": ("{id: a, type: do, value: 1}, {id: in, type: fan-in, wait_for: [a]}", "in"),
    "a decision": ("{id: f, type: fan-out, items: [[1], {x: 2}, null], step: {id: t, type: do}}", "f"),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_references_come_back_as_what_they_stand_for(bench, name):
    steps, holder = REFERENCES[name]
    state = bench.run(f"steps: [{steps}, {{id: last, type: do, value: '{{{{ steps.{holder}.output }}}}'}}]")
    event = next(each for each in bench.log() if each["event"] == "step_completed" and each["step_id"] == holder)
    assert event["refs"], "it should have been written once"
    loaded = bench.load()
    assert loaded.records[holder].output == state.records[holder].output
    assert picture(loaded) == picture(state)
    shown = json.loads(json.dumps(bench.snapshot()["step_results"][holder]["output"]))
    assert shown == json.loads(json.dumps(state.records[holder].output))


def test_a_long_text_is_kept_in_a_file(bench):
    text = "steps: [{id: a, type: do}, {id: b, type: do, value: '{{ steps.a.output.text }}'}]"
    state = bench.run(text, a=lambda _: StepResult(output={"text": LONG, "short": "s"}))
    assert state.status == "completed", state.error
    assert (bench.folder() / "log.jsonl").stat().st_size < 40_000
    for each in (state, bench.load()):
        kept = each.records["a"].output["text"]
        assert isinstance(kept, StoredText)
        assert (kept.read(), kept.size) == (LONG, len(LONG.encode()))
        assert each.records["a"].output["short"] == "s"
        assert "bytes left out" in kept.abridged
        assert len(kept.abridged) < 10_000


def test_an_expression_still_sees_the_whole_of_a_long_text(bench):
    seen = []
    text = "steps: [{id: a, type: do}, {id: b, type: do, value: '{{ steps.a.output.text | length }}'}, "
    text += "{id: c, type: do}]"
    bench.run(
        text,
        a=lambda _: StepResult(output={"text": LONG}),
        c=lambda context: seen.append(context.steps["b"]["output"]["value"]),
    )
    assert seen == [len(LONG)]


def test_a_list_that_is_referred_to_inside_another_value_is_written_out(bench):
    steps = "{id: f, type: fan-out, items: [1], step: {id: t, type: do, value: '{{ item }}'}}, {id: d, type: do}"

    def wraps(context):
        return StepResult(output={"deep": {"list": [context.output_of("f")["results"]]}})

    state = bench.run(f"steps: [{steps}]", d=wraps)
    assert bench.load().records["d"].output == state.records["d"].output == {"deep": {"list": [[{"value": 1}]]}}


LOOKALIKES = [
    {"$results": "f:t", "count": 2},
    {"results": "x", "count": 3},
    {"outputs": ["a"]},
    {"output": "a"},
    {"decision": ["f", "items"]},
    {"text": "steps/a/x", "size": 3, "head": "h", "tail": "t"},
    {"refs": {"value": {"output": "a"}}},
    {"reference": {"output": "a"}},
]


@pytest.mark.parametrize("value", LOOKALIKES)
def test_data_that_looks_like_a_reference_stays_data(bench, value):
    text = "steps: [{id: a, type: do}, {id: b, type: do}]"
    state = bench.run(text, a=lambda _: StepResult(output={"value": value}), b=lambda _: StepResult(output=dict(value)))
    loaded = bench.load()
    assert state.records["a"].output == loaded.records["a"].output == {"value": value}
    assert state.records["b"].output == loaded.records["b"].output == value


def test_copies_are_plain():
    original = JournaledList([[1], {"x": 2}], {"results": "f:t", "count": 2})
    for made in (copy.copy(original), copy.deepcopy(original)):
        assert type(made) is list
        assert made == original
    assert copy.deepcopy(original)[0] is not original[0]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers() | st.booleans() | st.none(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_as_json_is_what_a_journal_gives_back(value):
    plain = as_json(value)
    assert as_json(plain) == plain
    back = event({"value": plain})["value"]
    assert back == plain
    assert json.loads(encode_text(plain)) == plain


def event(fields):
    return json.loads(encode_event("now", "said", fields))


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_becomes_one_line(text):
    line = encode_event("now", "said", {"text": text, "other": [text]})
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"v": 1, "timestamp": "now", "event": "said", "text": text, "other": [text]}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_become_null(number):
    assert event({"a": [number], "b": {"c": number}}).items() >= {"a": [None], "b": {"c": None}}.items()


def test_an_event_may_have_no_fields():
    assert event({}) == {"v": 1, "timestamp": "now", "event": "said"}


def test_what_json_cannot_say_is_refused():
    loop = []
    loop.append(loop)
    for value in (object(), {1, 2}, b"x", loop):
        with pytest.raises(TypeError):
            encode_event("now", "said", {"value": value})
    with pytest.raises(TypeError):
        as_json(loop)
