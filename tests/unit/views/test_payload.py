import json
import math

from plait.journal.values import StoredText
from plait.views.json_text import as_json
from plait.views.payload import details_payload, run_payload, status_payload


def test_a_completed_run(story):
    story.step("build")
    story.finish("completed", outputs={"version": "1.2"})
    assert run_payload(story.state) == {
        "run_id": "r1",
        "workflow_id": "demo",
        "status": "completed",
        "current_step_id": "build",
        "current_step_index": 0,
        "exit_code": 0,
        "outputs": {"version": "1.2"},
        "waiting": [],
        "waits": [],
        "spent": {"usd": 0.0, "tokens": 0, "minutes": 0.0},
    }


def test_a_run_that_waits_names_the_gate_and_all_that_wait(story):
    story.start("fan", "fan-out")
    story.gate("fan:ok:0", "First?", parent="fan", index=0)
    story.gate("fan:ok:1", "Second?", parent="fan", index=1)
    story.end("fan", "paused")
    story.finish("paused", step_id="fan:ok:0")
    payload = run_payload(story.state)
    gate = {"step_id": "fan:ok:0", "message": "First?", "options": ["approve", "reject"], "choice": None}
    assert payload["gate"] == gate
    assert payload["waiting"] == [gate, {**gate, "step_id": "fan:ok:1", "message": "Second?"}]
    assert payload["exit_code"] == 3


def test_gate_values_become_text(story):
    story.start("g", "gate")
    story.end("g", "paused", output={"message": 5, "options": "yes", "choice": True})
    story.finish("paused", step_id="g")
    gate = run_payload(story.state)["gate"]
    assert gate == {"step_id": "g", "message": "5", "options": ["yes"], "choice": "True"}


def test_an_aborted_run_has_its_gate_and_error(story):
    story.start("g", "gate")
    story.end("g", "failed", output={"message": "?", "options": ["ok", "reject"], "choice": "reject"}, error="rejected")
    story.finish("aborted", step_id="g", error="rejected")
    payload = run_payload(story.state)
    assert payload["gate"]["choice"] == "reject"
    assert payload["error"] == "rejected"
    assert payload["exit_code"] == 4


def test_no_gate_for_a_pause_elsewhere_and_no_error_for_a_pause(story):
    story.gate("g")
    story.step("build")
    story.finish("paused", step_id="build", error="left over")
    payload = run_payload(story.state)
    assert "gate" not in payload
    assert "error" not in payload


def test_a_failed_run_says_which_step_and_its_last_words(story):
    story.start("build")
    log = story.state.folder.attempt_log("build", 1)
    log.parent.mkdir(parents=True)
    log.write_text("noise\n")
    stderr = "".join(f"line {number}\n" for number in range(20)) + "\x1b[31mfatal\x1b[0m\n"
    story.end("build", "failed", output={"stderr": stderr}, error="exit code 2")
    story.finish("failed", step_id="build", error="exit code 2")
    failure = run_payload(story.state)["failure"]
    assert failure["step_id"] == "build"
    assert failure["stderr"][-1] == "fatal"
    assert len(failure["stderr"]) == 8
    assert failure["log"] == str(log)


def test_without_stderr_the_end_of_the_log_speaks(story):
    story.start("build")
    log = story.state.folder.attempt_log("build", 1)
    log.parent.mkdir(parents=True)
    log.write_bytes(b"x" * 100_000 + b"\nthe end \xff\n")
    story.end("build", "failed", output={"stderr": ""}, error="exit code 2")
    story.finish("failed", step_id="build")
    assert run_payload(story.state)["failure"]["stderr"][-1] == "the end \ufffd"


def test_an_interrupted_run_exits_with_130(story):
    story.tell("workflow_interrupted", reason="interrupt")
    payload = run_payload(story.state)
    assert (payload["status"], payload["exit_code"], payload["interruption"]) == ("paused", 130, "interrupt")


def test_status_of_a_dead_owner_is_shown(story):
    story.start("build")
    payload = status_payload(story.state, "interrupted")
    assert payload["status"] == "interrupted"
    assert payload["exit_code"] is None


def test_status_has_times_and_steps_with_the_latest_pass_of_loops(story):
    story.start("loop", "while")
    story.start("try", parent="loop")
    story.end("try", "failed", continued=True)
    story.start("loop:try:1", parent="loop", iteration=2, **{"as": "try"})
    story.end("loop:try:1")
    payload = status_payload(story.state)
    assert payload["created_at"] == "2026-03-04T12:00:00+00:00"
    assert payload["updated_at"] == story.state.updated_at
    assert payload["steps"] == {
        "loop": "running",
        "try": "completed",
        "loop:try:1": "completed",
    }


def test_details_hold_inputs_outputs_and_times(story):
    story.tell("inputs_resolved", inputs={"who": "me"})
    story.step("build", output={"stdout": "hello"})
    details = details_payload(story.state)
    assert details["inputs"] == {"who": "me"}
    assert details["step_records"]["build"]["output"] == {"stdout": "hello"}
    assert details["step_records"]["build"]["started_at"] < details["step_records"]["build"]["ended_at"]


def test_json_of_values_that_json_lacks(tmp_path):
    text = StoredText.store("x" * 100_000, tmp_path, tmp_path / "big.txt")
    value = {"nan": math.nan, "inf": [math.inf], "big": text, "path": tmp_path, "wide": "grün", "half": "\ud800"}
    loaded = json.loads(as_json(value).encode("utf-8", "backslashreplace"))
    assert loaded["nan"] is None
    assert loaded["inf"] == [None]
    assert "bytes left out" in loaded["big"]
    assert loaded["path"] == str(tmp_path)
    assert loaded["wide"] == "grün"


def test_json_steers_no_terminal():
    value = {"a": "\x9b2J \u202e \x7f \u2028 \x1b[2J\n"}
    assert as_json(value, indent=None) == r'{"a": "\u009b2J \u202e \u007f \u2028 \u001b[2J\n"}'
    assert json.loads(as_json(value)) == value


def test_json_keeps_text_readable():
    assert as_json({"wide": "grün"}) == '{\n  "wide": "grün"\n}'
