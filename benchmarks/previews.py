"""Rows about looking at a workflow before it runs: whole processes, with many earlier runs in the project."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.table import Row
from benchmarks.timing import Contender, best_of, plait_command, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = "workflow: {id: long, name: Long}\ninputs: {name: {default: x}}\nsteps:\n"
_GROUP = """\
  - {{id: a{n}, type: shell, run: "true"}}
  - {{id: b{n}, type: shell, run: "echo {{{{ inputs.name }}}} {n}"}}
  - id: c{n}
    type: if
    condition: "{{{{ steps.a{n}.output.exit_code == 0 }}}}"
    then: [{{id: d{n}, type: shell, run: "echo {{{{ inputs.name }}}}"}}]
    else: [{{id: e{n}, type: shell, run: "false"}}]
  - id: f{n}
    type: fan-out
    items: [1, 2]
    max_concurrency: 2
    steps:
      - {{id: g{n}, type: shell, run: "echo {{{{ item }}}}"}}
      - {{id: h{n}, type: shell, run: "true"}}
  - {{id: i{n}, type: shell, run: "true"}}
  - {{id: j{n}, type: shell, run: "true"}}
"""
_STEPS_A_GROUP = 10


def previews(folder: Path, steps: int, runs: int, times: int) -> Iterator[Row]:
    """Time `plait plan` and `plait graph` of a long file in a project with this many runs of it."""
    file = folder / "long.yml"
    file.write_text(_HEADER + "".join(_GROUP.format(n=number) for number in range(steps // _STEPS_A_GROUP)))
    run([*plait_command(), "run", str(file), "--quiet", "--run-id", "r0"], folder)
    place = folder / ".specify" / "workflows" / "runs"
    for number in range(1, runs):
        (place / f"r{number}").mkdir()
        shutil.copy(place / "r0" / "log.jsonl", place / f"r{number}")
    commands = {
        f"plan, {runs} runs in the project": ["plan", str(file)],
        "graph in the terminal": ["graph", str(file)],
        "graph of a run": ["graph", "r0"],
        "graph as Mermaid": ["graph", str(file), "--format", "mermaid"],
        "graph as DOT": ["graph", str(file), "--format", "dot"],
        "graph as SVG": ["graph", str(file), "--format", "svg"],
    }
    seconds = best_of({what: Contender([*plait_command(), *words], folder) for what, words in commands.items()}, times)
    for what, taken in seconds.items():
        yield Row("preview", f"{what}, {steps:,} steps, whole process", taken, "s", 1.0, {})
