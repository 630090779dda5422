from plait.engine.resume_plan import PlannedStep
from plait.runs import RunSummary
from plait.views.palette import Palette
from plait.views.plan import plan_lines, plan_payload
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
         "updated_at": "not a time"}
    ]  # fmt: skip


def test_a_plan():
    steps = [PlannedStep("a", "reuse", "it is settled"), PlannedStep("longer", "run", "it failed")]
    assert list(plan_lines(steps)) == ["reuse  a       it is settled", "run    longer  it failed"]
    assert plan_payload("r1", steps)["plan"][1] == {"step_id": "longer", "action": "run", "reason": "it failed"}
