import pytest

from plait.views.palette import Palette
from plait.views.progress import PlainProgress


@pytest.fixture
def told(story):
    lines = []
    clock = [0.0]
    progress = PlainProgress(lines.append, Palette(), clock=lambda: clock[0])
    progress.lines = lines
    progress.clock = clock
    story.listeners.append(progress)
    return progress


def test_a_line_for_each_start(told):
    told.on_step_start("build", "speckit.plan\x1b[2J")
    assert told.lines == ["▸ [build] speckit.plan …"]


def test_success_is_silent_failure_is_not(story, told):
    story.step("build")
    story.step("lint", "failed", error="exit code 1", continued=True)
    story.step("test", "failed", error="exit code 2\nmore")
    assert told.lines == ["✗ [lint] failed, going on: exit code 1", "✗ [test] failed: exit code 2 more"]


def test_only_the_innermost_of_what_waits_is_told(story, told, fan_out):
    fan_out(1)
    story.gate("fan:ok:0", "Fine?", parent="fan", index=0)
    story.end("fan", "paused")
    assert told.lines == ["‖ [fan:ok:0] waits: Fine?"]


def test_another_try(story, told):
    story.start("build")
    story.tell("attempt_failed", step_id="build", attempt=1, error="exit code 1", delay=2.5)
    assert told.lines == ["‖ [build] try 1 failed, trying again in 2.5s: exit code 1"]


def test_an_answer(story, told):
    story.gate("ok")
    story.tell("gate_answered", step_id="ok", choice="approve", by="ann")
    assert told.lines[-1] == "✓ [ok] answered by ann: approve"


def test_a_fan_out_tells_now_and_then_how_far_it_is(story, told, fan_out):
    fan_out(100)
    for index in range(20):
        story.start(f"fan:t:{index}", parent="fan", index=index)
        if index == 10:
            told.clock[0] = 6.0
        story.end(f"fan:t:{index}")
    assert told.lines == ["  [fan] 11 items finished, 0 running, 0 failed"]


def test_an_agent_that_works_for_long_says_at_times_what_it_does(story):
    now = [0.0]
    told = []
    progress = PlainProgress(told.append, Palette(), clock=lambda: now[0])
    story.listeners.append(progress)
    for step_id, kind in (("a", "command"), ("b", "prompt"), ("sh", "shell")):
        story.start(step_id, kind)
    for second, step_id in [(1, "a"), (31, "a"), (32, "b"), (40, "b"), (41, "sh"), (60, "a"), (70, "a"), (71, "b")]:
        now[0] = float(second)
        progress.on_output(step_id, f"\x1b[2Jat {second}\r\n")
    assert told == ["  [a] at 31", "  [b] at 40", "  [a] at 70"]
    story.end("a")
    now[0] = 200.0
    progress.on_output("a", "late")
    assert len(told) == 3
