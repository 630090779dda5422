"""The exact words in which the steps of small runs are explained, without times and process numbers.

The workflows are those of `events/`, and their steps do what is said in `test_events.py`. Every
`explanations/<name>.txt` has the explanation of each step, whether it ran or not. `PLAIT_UPDATE_GOLDEN=1` writes them
anew, for a person to read before they are kept.
"""

import os
from pathlib import Path

import pytest

from plait.history.explain import explain
from plait.load import WorkflowDefinition
from plait.model.outcome import StepResult
from plait.model.spending import Budget, Spending
from plait.views.explanation import explanation_lines
from plait.views.palette import Palette
from support.bench import Bench
from support.history import looked_back, sentences
from support.steps import aborts, fails, pauses
from support.waits import waits

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "events").glob("*.yml"))


def behave(context):
    note = context.evaluate(context._step.config.note)
    if note == "fail" or (note == "once" and context.attempt == 1):
        return fails(f"{context.step_id} failed", code=1)(context)
    return {"pause": pauses, "abort": aborts, "call": calls, "wait": waits()}.get(note, lambda _: None)(context)


def calls(context):
    with context.budgeted() as why:
        if why is not None:
            return StepResult.paused(why, {"waits_for": "budget"})
        context.spend(Spending(1.0, 100, 0.5))
    return None


def explanations_of(name, root):
    bench = Bench(root)
    bench.script({"default": behave})
    bench.engine.execute(WorkflowDefinition.from_yaml(HERE / "events" / f"{name}.yml"), run_id="run")
    if name.startswith("resumed-"):
        budget = {None: Budget(usd=5.0)} if name == "resumed-budget" else None
        bench.script({"default": behave} if budget else {})
        bench.engine.resume("run", budget=budget)
    run = looked_back(bench)
    for step_id in dict.fromkeys([*run.state.records, *(step.id for step in run.workflow.walk())]):
        found = explain(run, step_id)
        title = next(explanation_lines(found, Palette(), width=80))
        yield "\n  ".join([title, *sentences(found)]) + "\n\n"


@pytest.mark.parametrize("name", NAMES)
def test_explanations(name, tmp_path):
    written = "".join(explanations_of(name, tmp_path))
    kept = HERE / "explanations" / f"{name}.txt"
    if os.environ.get("PLAIT_UPDATE_GOLDEN"):
        kept.write_text(written, encoding="utf-8")
    assert written == kept.read_text(encoding="utf-8")
