"""Runs of a bench, looked back on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.history.explain import explain
from plait.history.recorded import read_recorded
from plait.views.clock import Clock
from plait.views.sentences import sentence_of

if TYPE_CHECKING:
    from plait.history.facts import Explanation, Fact
    from plait.history.recorded import RecordedRun
    from support.bench import Bench

_TIMES = (
    (r"\b(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\b", "TIME"),
    (r"\b\d+(\.\d)?s\b", "LONG"),
    (r"process \(?\d+\)?", "process PID"),
)


def looked_back(bench: Bench, run_id: str = "run", *, with_workflow: bool = True) -> RecordedRun:
    """Return a run with its events and, unless it is to be as if that were gone, its workflow."""
    run = read_recorded(run_id, bench.root)
    return run._replace(workflow=bench.engine.recorded_workflow(run_id)) if with_workflow else run


def explained(bench: Bench, step: str, run_id: str = "run") -> Explanation:
    """Return why a step of a run came to be as it is."""
    return explain(looked_back(bench, run_id), step)


def sentences(found: Explanation) -> list[str]:
    """Return an explanation's sentences, with words for what differs at every run."""
    return [timeless(sentence_of(fact, Clock(0.0))) for fact in found.facts]


def timeless(text: str) -> str:
    """Return a text with words in place of times and numbers of processes."""
    for pattern, word in _TIMES:
        text = re.sub(pattern, word, text)
    return text


def facts_of(found: Explanation, kind: str) -> list[Fact]:
    """Return the facts of one kind."""
    return [fact for fact in found.facts if fact.kind == kind]
