"""The benchmarks run; what they measure is not asserted, as a busy machine measures anything."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from doc_blocks import ROOT


def measure(topic):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json", "--only", topic]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["rows"]


@pytest.mark.parametrize("topic", ["start", "load", "preview", "disk"])
def test_a_quick_round_measures_everything(topic):
    rows = measure(topic)

    assert rows
    assert all(row["figure"] is not None for row in rows), rows


def test_a_greedy_scheduler_fills_a_free_slot_at_once():
    sys.path.insert(0, str(ROOT))
    try:
        from benchmarks.processes import greedy_makespan
    finally:
        sys.path.remove(str(ROOT))

    assert greedy_makespan([4, 1, 1, 1, 1, 1, 1], 2) == 5
