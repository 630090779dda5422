import pytest

from plait.views.palette import Palette
from plait.views.tree import status_lines, tree_lines

PLAIN = Palette()


@pytest.fixture
def tree(story):
    return lambda **options: list(tree_lines(story.state, PLAIN, now=story.seconds, **options))


def test_steps_are_indented_below_the_one_that_holds_them(story, tree):
    story.start("choose", "if")
    story.start("build", parent="choose", name="Build\x1b[2J it")
    story.end("build")
    story.start("test", parent="choose", attempt=2)
    assert tree() == [
        "▸ choose if 4.0s running",
        "  ✓ build “Build it” shell 1.0s",
        "  ▸ test shell 1.0s try 2 running",
    ]


def test_an_error_is_shown_on_one_line(story, tree):
    story.step("build", "failed", error="first\nsecond")
    assert tree() == ["✗ build shell 1.0s failed first second"]


def test_a_long_fan_out_shows_what_is_worth_a_look(story, tree, fan_out):
    fan_out(30)
    for index in range(30):
        story.start(f"fan:t:{index}", parent="fan", index=index)
        story.end(f"fan:t:{index}", "failed" if index == 17 else "completed", error="bad" if index == 17 else None)
    lines = tree()
    assert lines[1:] == ["  ✗ fan:t:17 shell 1.0s failed bad", "  … 29 more items (--all shows them)"]
    assert len(tree(everything=True)) == 31


def test_status_has_the_facts_the_tree_and_what_waits(story):
    story.step("build")
    story.gate("review")
    story.finish("paused", step_id="review")
    lines = list(status_lines(story.state, "paused", PLAIN, now=story.seconds))
    assert lines[:3] == ["run       r1", "workflow  demo", "status    paused"]
    assert "step      review" in lines
    assert lines[-5:] == [
        "‖ review gate 1.0s paused",
        "",
        "  review waits: Ship it?",
        "    plait answer r1 review --choice approve",
        "    other options: reject",
    ]


def test_nothing_waits_in_an_aborted_run(story):
    story.step("build")
    story.gate("review")
    story.finish("aborted", error="cancelled by me")
    assert story.state.records["review"].status == "paused"
    lines = list(status_lines(story.state, "aborted", PLAIN, now=story.seconds))
    assert lines[-1] == "✗ review gate 1.0s aborted"


def test_a_running_run_names_its_owner(story):
    assert "owner     process 1 on here" in list(status_lines(story.state, "running", PLAIN, now=0.0))


def test_an_interrupted_one_has_none(story):
    assert not any("owner" in line for line in status_lines(story.state, "interrupted", PLAIN, now=0.0))
