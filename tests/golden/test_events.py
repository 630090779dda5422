"""The exact events that small workflows leave behind, without their times, process numbers and hosts.

Every `events/<name>.yml` is a workflow of `do` steps, `events/<name>.jsonl` what its journal says. A step whose `note`
is `fail`, `pause`, `abort` or `once` does that (`once`: fails at its first try), `wait` runs into a limit once, and
`call` remembers something and spends a dollar. `PLAIT_UPDATE_GOLDEN=1` writes the journals anew, for a person to read
before they are kept.
"""

import json
import os
from pathlib import Path

import pytest

from plait.journal.events import EVENTS
from plait.journal.folds import FOLDS
from plait.load import WorkflowDefinition
from plait.model.outcome import StepResult
from plait.model.spending import Budget, Spending
from support.bench import Bench
from support.steps import aborts, fails, pauses
from support.waits import waits

HERE = Path(__file__).parent / "events"
NAMES = sorted(path.stem for path in HERE.glob("*.yml"))
CHANGING = ("v", "timestamp", "pid", "host", "workflow_dir", "until")


def behave(context):
    note = context.evaluate(context._step.config.note)
    if note == "fail" or (note == "once" and context.attempt == 1):
        return fails(f"{context.step_id} failed", code=1)(context)
    return {"pause": pauses, "abort": aborts, "call": calls, "wait": waits()}.get(note, lambda _: None)(context)


def calls(context):
    with context.budgeted() as why:
        if why is not None:
            return StepResult.paused(why, {"waits_for": "budget"})
        context.remember("session", f"session of {context.step_id}")
        context.spend(Spending(1.0, 100, 0.5))
    return None


def journal_of(name, root):
    bench = Bench(root)
    bench.script({"default": behave})
    bench.engine.execute(WorkflowDefinition.from_yaml(HERE / f"{name}.yml"), run_id="run")
    if name.startswith("resumed-"):
        budget = {None: Budget(usd=5.0)} if name == "resumed-budget" else None
        bench.script({"default": behave} if budget else {})
        bench.engine.resume("run", budget=budget)
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


@pytest.mark.parametrize("name", NAMES)
def test_every_event_is_as_it_is_described(name):
    for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        kind = EVENTS[event["event"]]

        assert event.keys() - {"event"} <= kind.names
        assert set(kind.fields) <= event.keys() | set(CHANGING)


def test_every_event_that_changes_a_run_is_described():
    assert FOLDS.keys() <= EVENTS.keys()
