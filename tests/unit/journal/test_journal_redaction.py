import json

import pytest

from plait.journal.folder import RunFolder
from plait.journal.reader import read_state
from plait.journal.state import RunState
from plait.journal.values import JournaledList, StoredText
from plait.journal.writer import Journal


class Listener:
    def __init__(self):
        self.seen = []

    def on_event(self, event, state):
        self.seen.append(event)

    def on_output(self, step_id, line):
        self.seen.append(line)


@pytest.fixture
def journal(tmp_path):
    folder = RunFolder.of("r", tmp_path)
    folder.create()
    journal = Journal(RunState(folder), listeners=[Listener()])
    journal.redactor.add("hunter22")
    journal.append("run_created", run_id="r", workflow_id="w", inputs={"a": "hunter22", "b": "x hunter22"})
    yield journal
    journal.close()


def lines(journal):
    return [json.loads(line) for line in journal.state.folder.journal.read_text().splitlines()]


def test_what_is_written_folded_and_told_is_the_same(journal):
    journal.append("step_started", step_id="s", type="t", order=0)
    journal.append("step_completed", step_id="s", status="failed", output={"k": ["hunter22"]}, error="no hunter22")
    journal.output("s", "saying hunter22")
    seen = journal._listeners[0].seen
    assert seen[-1] == "saying ***"
    assert lines(journal) == seen[:-1]
    assert "hunter22" not in journal.state.folder.journal.read_text()
    again = read_state(journal.state.folder)
    for state in (journal.state, again):
        assert state.inputs == {"a": "***", "b": "x ***"}
        assert state.records["s"].output == {"k": ["***"]}
        assert state.records["s"].error == "no ***"


def test_names_are_no_data(journal):
    """A step, a decision or an input that is called as a secret's value still is that one."""
    journal.append("step_started", step_id="hunter22", type="hunter22", order=0)
    journal.append("decided", step_id="hunter22", key="hunter22", value=["hunter22"])
    journal.append("input_reset", input="hunter22")
    journal.append("step_completed", step_id="hunter22", status="completed")
    assert journal.state.records["hunter22"].settled
    assert journal.state.decisions["hunter22", "hunter22"].value == ["***"]
    assert journal.state.inputs["hunter22"] == ""


def test_references_stay_references(journal, tmp_path):
    for index in range(2):
        journal.append("step_started", step_id=f"f:b:{index}", type="t", order=1)
        journal.append("step_completed", step_id=f"f:b:{index}", status="completed", output={"o": "hunter22"})
    results = JournaledList.of_results("f:b", [journal.state.records[f"f:b:{index}"] for index in range(2)])
    stored = StoredText(tmp_path, "file", 3, "a", "b")
    journal.append("step_started", step_id="f", type="t", order=0)
    journal.append(
        "step_completed", step_id="f", status="completed", output={"results": results, "text": stored, "x": "hunter22"}
    )
    assert lines(journal)[-1]["refs"] == {"results": results.reference, "text": stored.reference}
    for state in (journal.state, read_state(journal.state.folder)):
        assert state.records["f"].output["results"] == [{"o": "***"}, {"o": "***"}]
        assert state.records["f"].output["x"] == "***"


def test_without_secrets_fields_are_the_very_same(tmp_path):
    folder = RunFolder.of("r", tmp_path)
    folder.create()
    journal = Journal(RunState(folder))
    inputs = {"a": "hunter22"}
    assert journal.append("run_created", run_id="r", workflow_id="w", inputs=inputs)["inputs"] is inputs
    journal.close()
