import pytest

from plait.views.logs import attempts_of, log_lines, logs_payload, nothing_found


@pytest.fixture
def logged(story):
    def write(step_id: str, content: bytes, attempt: int = 1) -> None:
        path = story.state.folder.attempt_log(step_id, attempt)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    story.step("build")
    write("build", b"one\ntwo \xff\n")
    story.start("fan", "fan-out")
    for index in range(2):
        story.start(f"fan:t:{index}", parent="fan", index=index, attempt=2)
        write(f"fan:t:{index}", b"first try\n", 1)
        write(f"fan:t:{index}", b"second \x1b[2Jtry", 2)
    story.step("silent")
    return story.state


def test_all_steps_that_printed_something_with_their_last_try(logged):
    assert [(a.step_id, a.number) for a in attempts_of(logged)] == [("build", 1), ("fan:t:0", 2), ("fan:t:1", 2)]


def test_a_step_means_what_is_inside_it_too(logged):
    assert [a.step_id for a in attempts_of(logged, "fan")] == ["fan:t:0", "fan:t:1"]


def test_a_certain_try(logged):
    assert [(a.step_id, a.number) for a in attempts_of(logged, "fan:t:1", 1)] == [("fan:t:1", 1)]


def test_lines_for_a_terminal_are_safe_and_prefixed(logged):
    lines = list(log_lines(attempts_of(logged), safe=True, prefixed=True))
    assert lines == ["[build] one", "[build] two \ufffd", "[fan:t:0] second try", "[fan:t:1] second try"]


def test_lines_for_a_pipe_are_as_they_were(logged):
    assert list(log_lines(attempts_of(logged, "fan:t:0"), safe=False, prefixed=False)) == ["second \x1b[2Jtry"]


def test_payload(logged):
    payload = logs_payload("r1", attempts_of(logged, "build"))
    assert payload["logs"][0]["text"] == "one\ntwo \ufffd\n"
    assert payload["logs"][0]["attempt"] == 1


def test_an_agent_s_own_output(logged):
    logged.folder.attempt_log("fan:t:0", 2).with_suffix(".stream").write_bytes(b'{"type": "text"}\n')
    [found] = attempts_of(logged, raw=True)
    assert (found.step_id, found.number) == ("fan:t:0", 2)
    assert list(log_lines([found], safe=True, prefixed=False)) == ['{"type": "text"}']
    assert attempts_of(logged, "fan:t:0", 1, raw=True) == []


@pytest.mark.parametrize(
    ("step_id", "number", "raw", "said"),
    [
        (None, None, False, "run r1 printed nothing"),
        (None, 2, True, "run r1 has no machine output of an agent in try 2"),
        ("silent", None, False, "step silent printed nothing"),
        ("silent", 1, False, "step silent printed nothing in try 1"),
        ("fan:t:0", 9, False, "step fan:t:0 has no try 9: it has had 2"),
        ("build", None, True, "step build has no machine output of an agent"),
    ],
)
def test_why_there_is_nothing_to_show(logged, step_id, number, raw, said):
    assert nothing_found(logged, step_id, number, raw=raw) == said
