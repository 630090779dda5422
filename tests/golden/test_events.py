"""The exact events that small workflows leave behind, without their times, process numbers and hosts.

Every `events/<name>.yml` is a workflow of `do` steps, `events/<name>.jsonl` what its journal says. A step whose `note`
is `fail`, `pause`, `abort` or `once` does that (`once`: fails at its first try). `PLAIT_UPDATE_GOLDEN=1` writes the
journals anew, for a person to read before they are kept.
"""

import json
import os
from pathlib import Path

import pytest

from plait.load import WorkflowDefinition
from support.bench import Bench
from support.steps import aborts, fails, pauses

HERE = Path(__file__).parent / "events"
NAMES = sorted(path.stem for path in HERE.glob("*.yml"))
CHANGING = ("v", "timestamp", "pid", "host", "workflow_dir")


def behave(context):
    note = context.evaluate(context._step.config.note)
    if note == "fail" or (note == "once" and context.attempt == 1):
        return fails(f"{context.step_id} failed", code=1)(context)
    return {"pause": pauses, "abort": aborts}.get(note, lambda _: None)(context)


def journal_of(name, root):
    bench = Bench(root)
    bench.script({"default": behave})
    bench.engine.execute(WorkflowDefinition.from_yaml(HERE / f"{name}.yml"), run_id="run")
    if name.startswith("resumed-"):
        bench.script({})
        bench.engine.resume("run")
    for event in bench.log():
        assert event["v"] == 1
        yield json.dumps({key: value for key, value in event.items() if key not in CHANGING}, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_events(name, tmp_path):
    written = "".join(journal_of(name, tmp_path))
    kept = HERE / f"{name}.jsonl"
    if os.environ.get("PLAIT_UPDATE_GOLDEN"):
        kept.write_text(written, encoding="utf-8")
    assert written == kept.read_text(encoding="utf-8")


def test_there_are_workflows():
    assert len(NAMES) >= 8
