import io
import json

from plait.views.events import EventStream


class Gone(io.BytesIO):
    def write(self, data):
        raise BrokenPipeError


def test_each_event_is_a_line(story):
    stream = io.BytesIO()
    story.listeners.append(EventStream(stream))
    story.step("build", output={"stdout": "grün\n"})
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["step_started", "step_completed"]
    assert events[1]["output"] == {"stdout": "grün\n"}


def test_events_steer_no_terminal(story):
    stream = io.BytesIO()
    story.listeners.append(EventStream(stream))
    story.step("build", output={"stdout": "\x9b2J\u202eä"})
    line = stream.getvalue().splitlines()[1].decode()
    assert r"\u009b2J\u202eä" in line
    assert json.loads(line)["output"] == {"stdout": "\x9b2J\u202eä"}


def test_a_reader_that_has_left_does_not_stop_the_run(story):
    story.listeners.append(EventStream(Gone()))
    story.step("build")
    story.step("test")
