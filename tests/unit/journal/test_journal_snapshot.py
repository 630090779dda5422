"""`state.json`, as other programs read it (RST-05, REAL-8)."""

import json
from datetime import datetime

import pytest

from plait.model.outcome import StepResult
from support.steps import fails, pauses

KEYS = [
    "run_id",
    "workflow_id",
    "installed_workflow_id",
    "installed_registry_root",
    "status",
    "current_step_index",
    "current_step_id",
    "step_results",
    "workflow_dir",
    "created_at",
    "updated_at",
    "error",
]
RECORD = ["type", "integration", "model", "options", "input", "output", "status", "error"]
TEXT = "steps: [{id: a, type: do, value: 1}, {id: c, type: if, condition: true, then: [{id: b, type: do}]}]"


def test_the_keys_are_the_peer_s_in_their_order_and_ours_follow(bench):
    bench.run(TEXT)
    snapshot = bench.snapshot()
    assert list(snapshot)[: len(KEYS)] == KEYS
    for record in snapshot["step_results"].values():
        assert list(record)[: len(RECORD)] == RECORD
    assert list(snapshot["step_results"]) == ["a", "c", "b"]


def test_times_are_iso_8601_in_utc(bench):
    bench.run(TEXT)
    snapshot = bench.snapshot()
    for text in (snapshot["created_at"], snapshot["updated_at"]):
        assert text.endswith("+00:00")
        datetime.fromisoformat(text)
    assert snapshot["updated_at"] == bench.log()[-1]["timestamp"]
    assert snapshot["created_at"] == bench.log()[0]["timestamp"]


@pytest.mark.parametrize(
    ("behaviour", "status", "error"),
    [(None, "completed", None), (fails("no"), "failed", "no"), (pauses, "paused", None)],
)
def test_it_says_how_the_run_ended(bench, behaviour, status, error):
    bench.run(TEXT, **({"b": behaviour} if behaviour else {}))
    snapshot = bench.snapshot()
    assert (snapshot["status"], snapshot["error"]) == (status, error)
    assert (snapshot["current_step_id"], snapshot["current_step_index"]) == ("b", 1)
    assert snapshot["owner"] is None


def test_plain_ids_show_the_latest_pass(bench):
    count = iter(range(9))
    text = "steps: [{id: w, type: while, condition: true, max_iterations: 3, steps: [{id: x, type: do}]}]"
    bench.run(text, default=lambda _: StepResult(output={"n": next(count)}))
    shown = {step_id: each["output"].get("n") for step_id, each in bench.snapshot()["step_results"].items()}
    assert shown == {"w": None, "x": 2, "w:x:1": 1, "w:x:2": 2}


def test_long_texts_are_shortened_and_the_journal_keeps_them(bench):
    text = "<" + "x" * 30_000 + ">"
    bench.run("steps: [{id: a, type: do}]", a=lambda _: StepResult(output={"text": text, "deep": {"list": [text]}}))
    shown = bench.snapshot()["step_results"]["a"]["output"]
    for each in (shown["text"], shown["deep"]["list"][0]):
        assert len(each) < 3000
        assert each.startswith("<xxx")
        assert each.endswith("xxx>")
        assert "characters left out" in each
    assert bench.load().records["a"].output["text"] == text


def test_a_viewer_can_read_it_although_outputs_are_large(bench):
    """Viewers read files of at most 256 KiB."""
    steps = ", ".join(f"{{id: s{number}, type: do}}" for number in range(40))
    bench.run(f"steps: [{steps}]", default=lambda _: StepResult(output={"text": "x" * 200_000}))
    assert (bench.folder() / "state.json").stat().st_size < 256 * 1024


def test_any_text_is_written(bench):
    text = 'half a surrogate pair \ud800, quotes " and \\, line\u2028separator'
    bench.run("steps: [{id: a, type: do}]", a=lambda _: StepResult(output={"text": text, text: 1}))
    shown = bench.snapshot()["step_results"]["a"]["output"]
    assert bench.load().records["a"].output == {"text": text, text: 1}
    assert shown["text"].startswith("half a surrogate pair")


def test_it_is_there_while_the_run_goes_on(bench):
    seen = []
    bench.run(TEXT, a=lambda _: seen.append(bench.snapshot()))
    assert (seen[0]["status"], seen[0]["owner"] is None) == ("running", False)
    assert json.loads((bench.folder() / "inputs.json").read_text()) == {"inputs": {}}


def test_no_temporary_file_is_left(bench):
    bench.run(TEXT)
    assert not [path for path in bench.folder().iterdir() if path.name.startswith(".")]
