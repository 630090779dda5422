"""Steps that wait for a limit to pass, and what agents have cost: as text and as objects."""

import io
import json
import time

import pytest
from rich.console import Console

from plait.model.outcome import StepResult
from plait.model.spending import Spending
from plait.views.board import Board
from plait.views.json_text import as_json
from plait.views.outcome import outcome_lines
from plait.views.palette import Palette
from plait.views.payload import details_payload, run_payload, status_payload
from plait.views.progress import PlainProgress
from plait.views.rows import rows_of
from plait.views.rowtext import row_text
from plait.views.text import roughly, until_text
from plait.views.tree import status_lines

PLAIN = Palette()
LIMIT = "claude: usage limit \x1b[31mreached\nat noon"


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch):

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def board(story):
    followed = Board([("fan", "")])
    story.listeners.append(followed)
    return followed


def draw(board, now, width=110, height=20):
    console = Console(width=width, height=height, record=True, file=io.StringIO())
    for row in rows_of(board, height):
        console.print(row_text(row, width, now))
    return console.export_text().splitlines()


def park(story, step_id, until, error=LIMIT):
    story.tell("attempt_failed", step_id=step_id, attempt=1, error=error, failure="quota", until=until)


@pytest.fixture
def parked(story):
    """Of three items one has ended, one waits for a limit in a step inside it, one runs."""
    story.start("fan", "fan-out")
    story.tell("decided", step_id="fan", key="items", value=[0, 1, 2])
    for index in range(3):
        story.start(f"fan:item:{index}", "item", parent="fan", index=index)
        story.start(f"fan:item:{index}:work", "command", parent=f"fan:item:{index}")
    story.tell("spent", step_id="fan:item:0:work", usd=0.5, tokens=12_345, minutes=2.0)
    story.end("fan:item:0:work")
    story.end("fan:item:0")
    until = story.seconds + 7800
    park(story, "fan:item:1:work", until)
    story.tell("step_waiting", step_id="fan:item:1", until=until)
    return until


def test_the_board_says_until_when_and_why(story, board, parked):
    lines = draw(board, parked - 7800)
    assert lines[0].split("  ")[1:] == ["fan-out", "11s", "12.3k tokens, $0.50"]
    assert lines[1].endswith(" 1/3 · 1 running · 1 waiting")
    assert lines[2].startswith("  ‖ item:1 > work  command")
    assert lines[2].endswith("  waits until 14:10 (in 2 h 10 min): claude: usage limit reached at noon")
    assert lines[3].split()[1] == "item:2"


def test_a_step_that_has_waited_goes_on(story, board, parked):
    story.start("fan:item:1", attempt=2)
    story.start("fan:item:1:work", attempt=2)
    lines = draw(board, parked)
    assert lines[1].endswith(" 1/3 · 2 running")
    assert "waits" not in "".join(lines)
    story.end("fan:item:1:work")
    story.end("fan:item:1")
    assert draw(board, parked)[1].endswith(" 2/3 · 1 running")


def test_an_item_that_waits_leaves_its_place(story, board, parked):
    assert board.roots["fan"].slots == [None, None, board.roots["fan"].children["fan:item:2"]]


def test_many_items_that_wait_are_counted_and_not_all_kept(story, board):
    story.start("fan", "fan-out")
    story.tell("decided", step_id="fan", key="items", value=list(range(300)))
    for index in range(300):
        story.start(f"fan:t:{index}", "command", parent="fan", index=index)
        park(story, f"fan:t:{index}", story.seconds + 60)
    assert len(board._nodes) <= 51
    assert draw(board, story.seconds)[1].endswith(" 0/300 · 300 waiting")


def test_a_resumed_board_has_what_waits(story, parked):
    board = Board([("fan", "")])
    story.listeners.append(board)
    story.tell("run_resumed", pid=2)
    assert draw(board, parked)[1].endswith(" 1/3 · 1 running · 1 waiting")
    assert board.spent.tokens == 12_345


def test_status_says_it_too(story, parked):
    lines = list(status_lines(story.state, "running", PLAIN, now=parked - 60))
    assert "spent     12.3k tokens, $0.50" in lines
    [work] = [line for line in lines if "fan:item:1:work" in line]
    assert work.endswith("waits until 14:10 (in 1 min): claude: usage limit reached at noon")
    assert work.strip().startswith("‖ fan:item:1:work command")


def test_a_run_that_stopped_while_steps_wait_lists_them(story, parked):
    story.finish("paused", step_id="fan:item:1:work")
    lines = list(outcome_lines(story.state, PLAIN))
    assert lines[1].startswith("  fan:item:1:work waits until ")
    assert lines[2:] == ["  agents: 12.3k tokens, $0.50", "  go on with: plait resume r1"]


def test_what_waits_and_what_was_spent_as_objects(story, parked):
    payload = json.loads(as_json(status_payload(story.state)))
    [wait] = payload["waits"]
    assert wait == {
        "step_id": "fan:item:1:work",
        "waiting_until": "2026-03-04T14:10:13.000000+00:00",
        "waits_for": LIMIT,
    }
    assert payload["spent"] == {"usd": 0.5, "tokens": 12_345, "minutes": 2.0}
    assert payload["agents"]["fan:item:0:work"] == {"spent": payload["spent"]}
    assert payload["agents"]["fan:item:1"]["waiting_until"] == wait["waiting_until"]
    assert "fan:item:2" not in payload["agents"]


def test_an_agents_session_usage_and_changes_are_in_the_payload(story):
    story.start("a", "command")
    story.tell("remembered", step_id="a", key="agent", value={"session": "s-1", "place": 0})
    assert status_payload(story.state)["agents"]["a"] == {"session": "s-1"}
    usage = {"input": 10, "cached": 0, "output": 5, "cost_usd": None}
    story.end("a", output={"session": "s-2", "usage": usage, "changes": ["x.py", "y.py"]})
    facts = {"session": "s-2", "usage": usage, "changes": 2}
    assert status_payload(story.state)["agents"]["a"] == facts
    assert facts.items() <= details_payload(story.state)["step_records"]["a"].items()


def test_lines_tell_what_waits_and_what_was_spent(story):
    told = []
    story.listeners.append(PlainProgress(told.append, PLAIN))
    story.start("a", "command")
    park(story, "a", 0.0)
    story.start("a", "command", attempt=2)
    story.tell("spent", step_id="a", usd=0.0, tokens=950, minutes=1)
    story.end("a")
    story.step("b")
    assert told == [
        "‖ [a] waits until 1970-01-01 00:00: claude: usage limit reached at noon",
        "✓ [a] done: 950 tokens",
    ]


def test_steps_that_hold_others_are_walked_again_not_tried_again(story, board):
    story.start("fan", "if", attempt=3)
    story.start("inner", parent="fan", attempt=2)
    lines = list(status_lines(story.state, "running", PLAIN, now=story.seconds))
    assert [line.split()[1] for line in lines if "try" in line] == ["inner"]
    assert [("try 3" in line, "try 2" in line) for line in draw(board, 0.0)] == [(False, False), (False, True)]


def short(story, name, message, **budget):
    story.start(name, "command")
    story.end(name, "paused", output={"message": message, "budget": budget})


def test_a_budget_that_is_used_up_says_how_to_raise_it(story):
    short(story, "a", "the run's budget …", step_id=None, unit="usd", limit=5.0, spent=4.9, expected=0.4)
    short(story, "b", "the run's budget …", step_id=None, unit="usd", limit=5.0, spent=4.9, expected=0.9)
    short(story, "c", "the budget of step c …", step_id="c", unit="tokens", limit=1000, spent=990, expected=1005)
    story.finish("paused", step_id="a")
    command = "plait resume r1 --budget usd=10 --budget c:tokens=3000 --project p"
    assert list(outcome_lines(story.state, PLAIN, suffix=" --project p"))[1:] == [
        "  a and 1 other step stopped: the run's budget …",
        "  c stopped: the budget of step c …",
        f"    raise it and go on: {command}",
    ]
    assert run_payload(story.state)["waiting"][0]["budget"]["limit"] == 5.0
    assert command in "\n".join(status_lines(story.state, "paused", PLAIN, now=0.0, suffix=" --project p"))


def test_a_budget_is_told_of_once_as_it_stands_in_the_end(story):
    for name, spent in (("a", 4.0), ("b", 4.5), ("c", 5.0)):
        short(story, name, f"${spent} spent", step_id=None, unit="usd", limit=5.0, spent=spent, expected=2.0)
    story.finish("paused", step_id="a")
    assert list(outcome_lines(story.state, PLAIN))[1] == "  a and 2 other steps stopped: $5.0 spent"


def test_items_budgets_are_raised_together(story):
    story.start("f", "fan-out")
    for index in range(25):
        name = f"f:item:{index}"
        short(
            story, name, f"of {index}", step_id=name, unit="minutes", limit=0.01, spent=0.0612 + index / 1e6, expected=0
        )
    story.finish("paused", step_id="f")
    lines = list(outcome_lines(story.state, PLAIN))
    assert len(lines) == 13
    assert lines[-2:] == [
        "  … and 15 more: plait status r1",
        "    raise it and go on: plait resume r1 --budget f:item:minutes=0.062",
    ]


def test_one_item_s_budget_is_raised_alone(story):
    for unit in ("usd", "tokens"):
        short(
            story, f"{unit}:item:7", "used up", step_id=f"{unit}:item:7", unit=unit, limit=0.6, spent=0.4, expected=0.3
        )
    story.finish("paused", step_id="f")
    command = "plait resume r1 --budget usd:item:7:usd=2 --budget tokens:item:7:tokens=2"
    assert command in list(outcome_lines(story.state, PLAIN))[-1]


def test_the_board_tells_what_waits_for_a_budget_from_what_waits_for_a_person(story):
    board = Board(())
    story.listeners.append(board)
    story.start("f", "fan-out")
    for index in range(2):
        story.start(f"f:item:{index}", "item", parent="f", index=index)
    budget = {"step_id": None, "unit": "usd", "limit": 1.0, "spent": 1.0, "expected": 0.0}
    story.start("f:item:0:a", "prompt", parent="f:item:0")
    story.end("f:item:0:a", "paused", output={"message": "used up", "budget": budget})
    story.gate("f:item:1:g", parent="f:item:1")
    for index in range(2):
        story.end(f"f:item:{index}", "paused")
    lines = draw(board, story.seconds)
    assert [("larger budget" in line, "a person" in line) for line in lines if "item:" in line] == [
        (True, False),
        (False, True),
    ]


def test_a_gate_beside_it_keeps_its_question(story):
    story.gate("g")
    short(story, "a", "used up", step_id=None, unit="minutes", limit=0.1, spent=0.1, expected=0.0)
    story.finish("paused", step_id="g")
    lines = list(outcome_lines(story.state, PLAIN))
    assert lines[1:3] == ["  g waits: Ship it?", "    plait answer r1 g --choice approve"]
    assert lines[-1] == "    raise it and go on: plait resume r1 --budget minutes=0.2"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (45, "45 s"), (60, "1 min"), (61, "2 min"), (3600, "1 h"), (7800, "2 h 10 min"), (90000, "1 d 1 h")],
)
def test_rough_lengths_of_time(seconds, said):
    assert roughly(seconds) == said


def test_another_day_is_named():
    assert until_text(90_000.0, 0.0) == "until 1970-01-02 01:00 (in 1 d 1 h)"
    assert until_text(3600.0, 3600.0) == "until 01:00"


def test_a_real_run_that_waits_is_told_as_it_happens(tmp_path):
    from support.bench import Bench

    def limited(context):
        if context.waits == 0 and context.step_id == "fan:item:1:work":
            return StepResult.failed("codex: too many requests", failure="rate_limit", again_at=time.time() + 0.05)
        context.tell("reads \x1b[2Ja file")
        context.spend(Spending(0.25, 500, 0.1))
        return None

    class Watching(Board):
        def on_event(self, event, state):
            super().on_event(event, state)
            frames.append(draw(self, time.time()))

    frames, told = [], []
    bench = Bench(tmp_path)
    view = Watching([("fan", "")])
    bench.engine = bench.new_engine(listeners=[view, PlainProgress(told.append, PLAIN)])
    fan = "{id: fan, type: fan-out, items: [a, b], max_concurrency: 2, steps: [{id: work, type: do}]}"
    state = bench.run(f"steps: [{fan}]", default=limited)
    assert state.status == "completed"
    assert any("1 waiting" in line for frame in frames for line in frame)
    assert any("item:1 > work" in line and ": codex: too many requests" in line for frame in frames for line in frame)
    assert not any("waiting" in line or "waits" in line for line in frames[-1])
    assert view.spent == Spending(0.5, 1000, 0.2)
    [wait] = [line for line in told if "waits until" in line]
    assert wait.startswith("‖ [fan:item:1:work] waits until ")
    assert told.count("✓ [fan:item:1:work] done: 500 tokens, $0.25") == 1
    assert status_payload(state)["agents"]["fan"]["spent"]["tokens"] == 1000
