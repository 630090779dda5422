from plait.engine.resume_plan import PlannedStep
from plait.model.spending import Budget, Spending
from plait.runs import RunSummary
from plait.views.palette import Palette
from plait.views.resume_plan import plan_lines, plan_payload
from plait.views.table import columns, runs_payload, runs_table, width_of


def test_columns_count_cells_not_characters():
    rows = [[("日本", ""), ("x", "")], [("abcde", ""), ("y", "")]]
    assert list(columns(rows, Palette())) == ["日本   x", "abcde  y"]
    assert width_of("e\u0301") == 1


def test_no_rows():
    assert list(columns([], Palette())) == []


def test_runs():
    runs = [RunSummary("completed1", "completed", "completed", "", "not a time")]
    assert list(runs_table(runs, Palette())) == [
        "RUN         WORKFLOW   STATUS     UPDATED",
        "completed1  completed  completed  not a time",
    ]
    assert "\x1b[32mcompleted\x1b[0m" in list(runs_table(runs, Palette(colours=True)))[1]
    assert runs_payload(runs) == [
        {"run_id": "completed1", "workflow_id": "completed", "status": "completed", "created_at": "",
         "updated_at": "not a time", "spent": {"usd": 0.0, "tokens": 0, "minutes": 0.0}}
    ]  # fmt: skip


def test_runs_that_used_agents_have_their_cost():
    runs = [
        RunSummary("one", "a", "paused", "", "then", Spending(1.5, 2000, 3.0)),
        RunSummary("two", "b", "completed", "", "then"),
    ]
    assert list(runs_table(runs, Palette())) == [
        "RUN  WORKFLOW  STATUS     UPDATED  SPENT",
        "one  a         paused     then     2.0k tokens, $1.50",
        "two  b         completed  then",
    ]
    assert runs_payload(runs)[0]["spent"] == {"usd": 1.5, "tokens": 2000, "minutes": 3.0}


def test_a_plan(story):
    steps = [PlannedStep("a", "reuse", "it is settled"), PlannedStep("longer", "run", "it failed")]
    assert list(plan_lines(steps, story.state, {})) == ["reuse  a       it is settled", "run    longer  it failed"]
    assert plan_payload(steps, story.state, {})["plan"][1] == {
        "step_id": "longer",
        "action": "run",
        "reason": "it failed",
    }


def test_a_plan_says_what_waits_and_what_new_budgets_are(story):
    story.start("slow", "command")
    story.tell("spent", step_id="slow", usd=4.9, tokens=1000, minutes=1.0)
    story.tell("attempt_failed", step_id="slow", attempt=1, error="usage limit", failure="quota", until=0.0)
    story.start("dear", "command")
    budget = {"step_id": None, "unit": "usd", "limit": 5.0, "spent": 4.9, "expected": 0.4}
    story.end("dear", "paused", output={"message": "the run's budget is used up", "budget": budget})
    steps = [PlannedStep("slow", "run", "it was stopped"), PlannedStep("dear", "run", "it waits for a person")]
    raised = {None: Budget(20.0, minutes=60.0), "slow": Budget(tokens=3_000_000)}
    lines = list(plan_lines(steps, story.state, raised))
    assert lines[0].startswith("run  slow  it waits until 1970-01-01 ")
    assert lines[0].endswith(": usage limit")
    assert lines[1:] == [
        "run  dear  it waits for a larger budget: the run's budget is used up",
        "agents have cost 1.0k tokens, $4.90 so far",
        "new budget of the run: $20.00, 60 minutes",
        "new budget of step slow: 3.0M tokens",
    ]
    payload = plan_payload(steps, story.state, raised)
    assert payload["new_budgets"][0] == {"step_id": None, "usd": 20.0, "tokens": None, "minutes": 60.0}
    assert payload["spent"]["usd"] == 4.9
