import io
import random

import pytest
from rich.console import Console

from plait.views.board import Board
from plait.views.rows import Kind, Row, fit, rows_of
from plait.views.rowtext import row_text


@pytest.fixture
def board(story):
    followed = Board([("prep", "Prepare"), ("fan", ""), ("last", "Clean up")])
    story.listeners.append(followed)
    return followed


def draw(board: Board, now: float, width: int = 80, height: int = 20) -> list[str]:
    console = Console(width=width, height=height, record=True, file=io.StringIO(), markup=True)
    for row in rows_of(board, height):
        console.print(row_text(row, width, now))
    return console.export_text().splitlines()


def test_steps_to_come_are_there_from_the_start(story, board):
    story.tell("run_started", pid=1)
    assert draw(board, story.seconds) == ["· prep  Prepare", "· fan", "· last  Clean up"]


def test_a_finished_step_folds_what_it_held(story, board):
    story.start("prep", "if", name="Prepare")
    story.start("inner", parent="prep")
    assert draw(board, 0.0)[1].split()[1:3] == ["inner", "shell"]
    story.end("inner")
    story.end("prep")
    assert draw(board, 0.0)[:2] == ["✓ prep  Prepare  if  3.0s", "· fan"]


def test_a_fan_out_shows_its_bar_its_failures_and_its_running_items(story, board, fan_out):
    fan_out(8)
    board.on_step_start("fan", "fan-out")
    for index in range(5):
        story.start(f"fan:t:{index}", parent="fan", index=index)
    story.end("fan:t:0")
    story.end("fan:t:2", "failed", error="exit code 9")
    story.end("fan:t:3", "paused")
    board.on_output("fan:t:4", "\x1b[31mcompiling [bold]main.c[/bold]\r\n")
    lines = draw(board, 0.0)
    assert lines[2].endswith("━ 1/8 · 2 running · 1 failed · 1 waiting")
    assert lines[3].startswith("  ✗ t:2  shell  4.0s  exit code 9")
    assert lines[4].startswith("  ‖ t:3  shell")
    assert [line.split()[1] for line in lines[5:7]] == ["t:1", "t:4"]
    assert lines[6].endswith("  compiling [bold]main.c[/bold]")


def test_an_item_shows_the_step_that_runs_inside_it(story, board, fan_out):
    fan_out(2)
    story.start("fan:item:0", "item", parent="fan", index=0)
    story.start("fan:item:0:build", parent="fan:item:0")
    assert "item:0 > build  shell" in draw(board, 0.0)[3]
    story.end("fan:item:0:build")
    story.start("fan:item:0:test", parent="fan:item:0")
    assert "item:0 > test  shell" in draw(board, 0.0)[3]


def test_a_running_item_keeps_its_place(story, board, fan_out):
    fan_out(10)
    for index in range(3):
        story.start(f"fan:t:{index}", parent="fan", index=index)
    story.end("fan:t:1")
    story.start("fan:t:3", parent="fan", index=3)
    assert [line.split()[1] for line in draw(board, 0.0)[3:6]] == ["t:0", "t:3", "t:2"]


def test_a_loop_shows_its_latest_pass(story, board):
    story.start("prep", "while")
    story.start("try", parent="prep")
    story.end("try")
    story.start("prep:try:1", parent="prep", iteration=2)
    lines = draw(board, 0.0)
    assert "try:1  shell  pass 2" in lines[1]
    assert lines[2] == "· fan"


def test_a_retry_says_when_and_why(story, board):
    story.start("prep")
    story.tell("attempt_failed", step_id="prep", attempt=1, error="flaky", delay=5)
    assert "trying again in 5.0s: flaky" in draw(board, 0.0)[0]
    story.start("prep", attempt=2)
    assert "try 2" in draw(board, 0.0)[0]


def test_a_resumed_run_is_on_the_board_at_once(story):
    story.step("prep")
    story.start("fan", "fan-out")
    story.tell("decided", step_id="fan", key="items", value=[1, 2, 3])
    for index in range(2):
        story.start(f"fan:t:{index}", parent="fan", index=index)
        story.end(f"fan:t:{index}")
    story.end("fan", "failed")
    board = Board([("prep", ""), ("fan", "")])
    story.listeners.append(board)
    story.tell("run_resumed", pid=2)
    story.start("fan", "fan-out")
    lines = draw(board, 0.0)
    assert lines[0].startswith("✓ prep")
    assert " 2/3" in lines[2]
    assert len(lines) == 3


def test_only_a_little_is_kept_of_many_items(story, fan_out):
    board = Board()
    story.listeners.append(board)
    fan_out(2000)
    for index in range(2000):
        story.start(f"fan:item:{index}", "item", parent="fan", index=index)
        story.start(f"fan:item:{index}:a", parent=f"fan:item:{index}")
        failed = index % 3 == 0
        story.end(f"fan:item:{index}:a", "failed" if failed else "completed")
        story.end(f"fan:item:{index}", "failed" if failed else "completed")
    assert len(board._nodes) < 20
    assert " 1,333/2,000 · 667 failed" in draw(board, 0.0)[1]


def test_busy_counts_the_steps_at_work(story, board, fan_out):
    fan_out(2)
    story.start("fan:t:0", parent="fan", index=0)
    assert not board.busy()
    story.start("fan:t:1", parent="fan", index=1)
    assert board.busy()


@pytest.mark.parametrize("width", [20, 80, 120])
@pytest.mark.parametrize("height", [1, 5, 12, 40])
def test_the_drawing_never_outgrows_the_screen(story, board, fan_out, width, height):
    story.step("prep")
    for number in range(20):
        story.step(f"extra{number}")
    fan_out(100)
    for index in range(30):
        story.start(f"fan:t:{index}", parent="fan", index=index)
        board.on_output(f"fan:t:{index}", "日本語のとても長い行 " * 20)
    lines = draw(board, 1.0, width, height)
    assert 0 < len(lines) <= height
    console = Console(width=width)
    assert all(console.measure(line).maximum <= width for line in lines)


def row(kind, depth=0):
    return Row(depth, kind, note="x")


def test_what_is_over_folds_first_and_only_as_far_as_needed():
    rows = [row(Kind.DONE)] * 6 + [row(Kind.LIVE)] + [row(Kind.PLANNED)] * 4
    fitted = fit(rows, 8)
    assert len(fitted) == 8
    assert (fitted[0].note, fitted[0].folded) == ("4 steps done", 4)
    assert sum(each.kind is Kind.PLANNED for each in fitted) == 4


def test_then_what_is_to_come_then_running_items():
    rows = [row(Kind.DONE)] * 3 + [row(Kind.LIVE)] + [row(Kind.ITEM, 1)] * 9 + [row(Kind.PLANNED)] * 5
    notes = [each.note for each in fit(rows, 8) if each.folded]
    assert notes == ["3 steps done", "5 more items", "5 steps to come"]


def test_folding_counts_everything_once():
    generator = random.Random(7)
    for _ in range(300):
        rows = [row(generator.choice(list(Kind)), generator.randrange(3)) for _ in range(generator.randrange(1, 60))]
        budget = generator.randrange(1, 30)
        fitted = fit(rows, budget)
        assert len(fitted) <= max(budget, 1)
        if fitted[-1].note != "…":
            assert sum(each.folded or 1 for each in fitted) == len(rows)
