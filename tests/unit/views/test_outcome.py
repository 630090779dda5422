from plait.views.outcome import header_line, outcome_lines
from plait.views.palette import Palette

PLAIN = Palette()


def test_header_is_safe_and_on_one_line():
    assert header_line("A\x1b[2J\nflow", "a", "1.0.0", "r1", PLAIN) == "A flow (a 1.0.0), run r1"


def test_completed(story):
    story.finish("completed")
    assert list(outcome_lines(story.state, PLAIN, seconds=3.24)) == ["✓ completed after 3.2s, run r1"]


def test_completed_with_outputs(story):
    story.finish("completed", outputs={"url": "http://x\x1b[2J", "sizes": [1, True], "log": "x" * 1000})
    assert list(outcome_lines(story.state, PLAIN))[1:] == [
        "  url: http://x",
        "  sizes: [1, true]",
        f"  log: {'x' * 299}…",
    ]


def test_failed_shows_stderr_and_what_to_do(story):
    story.step("build", "failed", output={"stderr": "warning: x\nundefined \x1b[1mfoo\n"}, error="exit code 2")
    story.finish("failed", step_id="build", error="exit code 2")
    assert list(outcome_lines(story.state, PLAIN, suffix=" --project x")) == [
        "✗ failed, run r1",
        "  build: exit code 2",
        "  │ warning: x",
        "  │ undefined foo",
        "  go on with: plait resume r1 --project x",
    ]


def test_failed_does_not_say_the_same_twice(story):
    story.step("build", "failed", output={"stderr": "oops\n"}, error="exit code 2: oops")
    story.finish("failed", step_id="build", error="exit code 2: oops")
    lines = list(outcome_lines(story.state, PLAIN))
    assert lines[1:] == ["  build: exit code 2: oops", "  go on with: plait resume r1"]


def test_failed_points_at_the_log(story):
    story.start("a b")
    log = story.state.folder.attempt_log("a b", 1)
    log.parent.mkdir(parents=True)
    log.touch()
    story.end("a b", "failed", error="bad")
    story.finish("failed", step_id="a b", error="bad")
    assert "  all it printed: plait logs r1 'a b'" in list(outcome_lines(story.state, PLAIN))


def test_failed_outside_a_step_still_says_why(story):
    story.step("build")
    story.tell("workflow_failed", error="KeyError: 'x'\nmore")
    lines = list(outcome_lines(story.state, PLAIN))
    assert lines[1:3] == ["  build: KeyError: 'x'", "  more"]


def test_aborted_is_not_resumable(story):
    story.step("g", "failed", error="rejected")
    story.finish("aborted", step_id="g", error="rejected by ann")
    assert list(outcome_lines(story.state, PLAIN)) == ["✗ aborted, run r1", "  g: rejected by ann"]


def test_paused_gives_the_commands_that_answer(story):
    story.gate("review it", "Ship\x1b[2J\nit?")
    story.finish("paused", step_id="review it")
    assert list(outcome_lines(story.state, PLAIN)) == [
        "‖ paused, run r1",
        "  review it waits: Ship it?",
        "    plait answer r1 'review it' --choice approve",
        "    other options: reject",
        "  then: plait resume r1",
    ]


def test_many_gates_are_cut(story):
    story.start("fan", "fan-out")
    for index in range(15):
        story.gate(f"fan:ok:{index}", parent="fan", index=index)
    story.end("fan", "paused")
    story.finish("paused", step_id="fan:ok:0")
    lines = list(outcome_lines(story.state, PLAIN))
    assert sum(" waits: " in line for line in lines) == 10
    assert "  … and 5 more: plait status r1" in lines


def test_interrupted(story):
    story.tell("workflow_interrupted", reason="interrupt")
    assert list(outcome_lines(story.state, PLAIN)) == ["! interrupted, run r1", "  go on with: plait resume r1"]


def test_colours_are_escape_codes_and_only_if_wanted(story):
    story.finish("completed")
    assert "\x1b[32m✓\x1b[0m" in next(outcome_lines(story.state, Palette(colours=True)))
