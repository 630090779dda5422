"""When an engine tells whom: through the Python API."""

import json
import logging

import pytest

from plait.errors import UsageError
from support.bench import Bench, definition

TELL = "notify: {command: 'cat >> told', on: [paused, failed, completed, aborted]}\n"


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Bench(tmp_path)


def told(bench):
    path = bench.root / "told"
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.replace("}{", "}\n{").splitlines()]


def test_an_exception_that_no_step_expected_is_told_as_a_failure_and_comes_through(bench):
    def breaks(context):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        bench.run(f"{TELL}steps: [{{id: a, type: do}}]", a=breaks)
    [notice] = told(bench)
    assert (notice["status"], notice["error"]) == ("failed", "RuntimeError: a bug")


def test_nobody_is_told_of_a_run_that_did_not_begin(bench):
    with pytest.raises(UsageError):
        bench.engine.execute(definition(f"{TELL}inputs: {{x: {{required: true}}}}\nsteps: [{{id: a, type: do}}]"))
    bench.run(f"{TELL}steps: [{{id: a, type: do}}]")
    with pytest.raises(UsageError, match="exists already"):
        bench.run(f"{TELL}steps: [{{id: a, type: do}}]")
    assert [notice["status"] for notice in told(bench)] == ["completed"]


def test_outputs_are_told_only_to_those_who_ask(bench):
    text = "outputs: {all: words}\nsteps: [{id: a, type: do}]\n"
    bench.run(text + "notify: [{command: 'cat >> told'}, {command: 'cat > whole', outputs: true}]")
    assert "outputs" not in told(bench)[0]
    assert json.loads((bench.root / "whole").read_text())["outputs"] == {"all": "words"}


def test_an_engine_that_is_to_tell_nobody_tells_nobody(bench):
    bench.engine = bench.new_engine(notify=False)
    bench.run(f"{TELL}steps: [{{id: a, type: do}}]")
    assert told(bench) == []


def test_what_goes_wrong_is_logged_unless_somebody_wants_to_know(bench, caplog):
    text = "notify: {command: exit 3}\nsteps: [{id: a, type: do}]"
    with caplog.at_level(logging.WARNING, "plait"):
        assert bench.run(text).status == "completed"
    assert [record.message for record in caplog.records] == [
        "warning: the command `exit 3` was not told: it exits with 3"
    ]
    heard = []
    bench.engine = bench.new_engine(warn=heard.append)
    bench.run(text, run_id="other")
    assert heard == ["warning: the command `exit 3` was not told: it exits with 3"]


def test_a_run_that_is_told_of_has_been_recorded_as_it_is_told(bench):
    status = "notify: {command: 'cat .specify/workflows/runs/run/state.json > seen'}\nsteps: [{id: a, type: do}]"
    bench.run(status)
    assert json.loads((bench.root / "seen").read_text())["status"] == "completed"
