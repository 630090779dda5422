"""Rows about tests of workflows: many dry runs in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.table import Row, quantity
from benchmarks.timing import Contender, best_of, plait_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TARGET = 10.0
_PAIR = """
  - {{id: build{number}, type: shell, run: "make {{{{ inputs.what }}}} {number}"}}
  - {{id: look{number}, type: prompt, integration: claude, prompt: "Read {{{{ steps.build{number}.error }}}}"}}"""
_WORKFLOW = """
workflow: {{id: tested, name: Tested}}
inputs: {{what: {{default: code}}}}
steps:{pairs}
  - id: fan
    type: fan-out
    items: [a, b, c, d]
    max_concurrency: 2
    step: {{id: each, type: shell, run: "check {{{{ item }}}}"}}
"""
_CASE = """
  - name: case {number}
    inputs: {{what: w{number}}}
    expect: {{ran: [build1, look4], order: [build0, fan], steps: {{build2: {{run: make w{number} 2}}}}}}"""


def many_cases(folder: Path, count: int, times: int) -> Iterator[Row]:
    """Time `plait test` with many cases of a workflow with a dozen steps, from the start of the process to its end."""
    pairs = "".join(_PAIR.format(number=number) for number in range(5))
    (folder / "tested.yml").write_text(_WORKFLOW.format(pairs=pairs))
    cases = "".join(_CASE.format(number=number) for number in range(count))
    (folder / "many.test.yml").write_text(f"workflow: tested.yml\ndefault_stub: ok\ntests:{cases}\n")
    seconds = best_of({"plait": Contender([*plait_command(), "test", "many.test.yml"], folder)}, times)["plait"]
    parts = {"each": quantity(seconds / count, "s")}
    yield Row("testing", f"plait test with {count} cases", seconds, "s", _TARGET, parts)
