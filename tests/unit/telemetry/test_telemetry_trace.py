"""The ids of traces and spans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.telemetry.trace import SpanIds, TraceParent, own_trace_id, recorded_fields
from support.cases import cases

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "00",
        GOOD.upper(),
        GOOD + "-more",
        GOOD.replace("00-", "ff-", 1),
        GOOD.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        GOOD.replace("b7ad6b7169203331", "0" * 16),
        GOOD[:-1],
        GOOD.replace("-", "_"),
        GOOD + "\nPATH=/tmp",
    ],
)
def test_what_names_no_span_is_taken_for_none(text):
    assert TraceParent.of(text) is None


def test_a_later_version_is_read_as_far_as_it_is_known():
    assert TraceParent.of(GOOD.replace("00-", "cc-", 1) + "-what-comes-later").text == GOOD


@given(
    trace=st.integers(1, 2**128 - 1),
    span=st.integers(1, 2**64 - 1),
    flags=st.integers(0, 255),
    state=st.text(max_size=9),
)
def test_what_was_written_is_read_again(trace, span, flags, state):
    text = f"00-{trace:032x}-{span:016x}-{flags:02x}"
    fields = recorded_fields({"TRACEPARENT": text, "TRACESTATE": state})
    found = TraceParent.of(fields["traceparent"], fields.get("tracestate", ""))
    assert (found.trace_id, found.span_id, found.flags) == (trace, span, flags & 1)
    assert found.state in (state, "")


@given(st.lists(st.tuples(st.text(), st.integers(1, 9)), unique=True, max_size=cases(20)))
def test_steps_and_tries_have_ids_of_their_own(occurrences):
    ids = SpanIds(5, "2026-01-01T00:00:00.000000+00:00", resumes=True)
    found = [ids.attempt(step_id, attempt) for step_id, attempt in occurrences]
    found += [ids.step(step_id, attempt) for step_id, attempt in occurrences]
    assert len(set(found)) == len(found)
    assert all(0 < each < 2**64 for each in found)


def test_another_process_gives_the_same_step_another_span():
    first, second = (SpanIds(5, f"2026-01-01T00:00:0{n}.000000+00:00", resumes=bool(n)) for n in range(2))
    assert first.step("a", 1) != second.step("a", 1)
    assert (first.walk, second.first_walk) == (first.first_walk, first.walk)
    assert second.walk != first.walk


def test_runs_of_one_id_begun_at_other_times_have_other_traces():
    assert own_trace_id("r", "2026-01-01T00:00:00.000000+00:00") != own_trace_id(
        "r", "2026-01-01T00:00:00.000001+00:00"
    )
