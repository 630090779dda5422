"""Rows measured on whole processes: what a person waits for."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from benchmarks.table import Row, quantity
from benchmarks.timing import Contender, best_of, plait_command, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SHELL_ITEMS = """
workflow: {{id: items, name: Items}}
steps:
  - {{id: numbers, type: shell, run: "seq 1 {count}", output_format: lines}}
  - id: fan
    type: fan-out
    items: "{{{{ steps.numbers.output.data }}}}"
    max_concurrency: {width}
    step: {{id: work, type: shell, run: "true"}}
"""
ONE_STEP = """
workflow: {id: one, name: One}
steps:
  - {id: work, type: shell, run: "true"}
"""
SLOW_FIRST = (4, 1, 1, 1, 1, 1, 1)


def shell_items(folder: Path, count: int, width: int, *, times: int, target: float) -> Iterator[Row]:
    """Compare items that run `true` with xargs and, where it is installed, GNU parallel."""
    file = folder / f"items-{count}-{width}.yml"
    file.write_text(SHELL_ITEMS.format(count=count, width=width))
    numbers = "".join(f"{number}\n" for number in range(1, count + 1))
    contenders = {
        "plait": Contender([*plait_command(), "run", str(file), "--quiet"], folder),
        "xargs": Contender(["xargs", "-n", "1", "-P", str(width), "sh", "-c", "true"], folder, numbers),
    }
    seconds = best_of(contenders, times)
    parallel = _gnu_parallel()
    if parallel is not None and count <= 1000:
        # Once: it takes several milliseconds an item.
        contender = Contender([*parallel, "-j", str(width), "-n0", "true"], folder, numbers)
        seconds |= best_of({"parallel": contender}, 1)
    what = f"{count:,} shell items, {width} at once"
    for peer in list(seconds)[1:]:
        parts = {name: quantity(seconds[name], "s") for name in ("plait", peer)}
        ratio = seconds["plait"] / seconds[peer]
        yield Row("items", f"{what}, against {peer}", ratio, "x", target if peer == "xargs" else 1.0, parts)


def _gnu_parallel() -> Sequence[str] | None:
    path = shutil.which("parallel")
    return None if path is None else [path, "--will-cite"]


def skewed_items(folder: Path, unit: float, repeats: int) -> Iterator[Row]:
    """Compare the time that uneven items take in two slots with what a greedy scheduler needs."""
    lengths = [unit * length for length in SLOW_FIRST * repeats]
    file = folder / "skewed.yml"
    file.write_text(f"""
workflow: {{id: skewed, name: Skewed}}
steps:
  - id: fan
    type: fan-out
    items: {json.dumps([f"{length:g}" for length in lengths])}
    max_concurrency: 2
    step: {{id: work, type: shell, run: "sleep {{{{ item }}}}"}}
""")
    run([*plait_command(), "run", str(file), "--quiet", "--run-id", "skewed"], folder)
    log = folder / ".specify" / "workflows" / "runs" / "skewed" / "log.jsonl"
    events = [json.loads(line) for line in log.read_text().splitlines()]
    times = [datetime.fromisoformat(event["timestamp"]) for event in events if event.get("step_id") == "fan"]
    seconds = (times[-1] - times[0]).total_seconds()
    ideal = greedy_makespan(lengths, 2)
    parts = {"plait": quantity(seconds, "s"), "greedy": quantity(ideal, "s")}
    yield Row("items", f"{len(lengths)} uneven items, 2 at once, against greedy", seconds / ideal, "x", 1.02, parts)


def greedy_makespan(lengths: Sequence[float], slots: int) -> float:
    """Return how long items take if a free slot takes the next one at once."""
    free_at = [0.0] * slots
    for length in lengths:
        slot = free_at.index(min(free_at))
        free_at[slot] += length
    return max(free_at)


def start_up(folder: Path, times: int) -> Iterator[Row]:
    """Compare the shortest commands with a Python that does nothing."""
    file = folder / "one.yml"
    file.write_text(ONE_STEP)
    contenders = {
        "python -c pass": Contender([sys.executable, "-c", "pass"], folder),
        "plait --version": Contender([*plait_command(), "--version"], folder),
        "plait run": Contender([*plait_command(), "run", str(file), "--quiet"], folder),
    }
    best_of(contenders, 1)
    seconds = best_of(contenders, times)
    base = seconds["python -c pass"]
    for name, what, target in (("plait --version", "plait --version", 4), ("plait run", "a run of one step", 20)):
        parts = {name: quantity(seconds[name], "s"), "python -c pass": quantity(base, "s")}
        yield Row("start", f"{what}, against python -c pass", seconds[name] / base, "x", target, parts)


def validation(folder: Path, times: int) -> Iterator[Row]:
    """Time `plait validate` for a file of 1,000 steps, each with an expression."""
    steps = "".join(
        f'  - {{id: s{index}, type: shell, run: "echo {{{{ inputs.name }}}} {index}"}}\n' for index in range(1000)
    )
    file = folder / "long.yml"
    file.write_text(f"workflow: {{id: long, name: Long}}\ninputs: {{name: {{default: x}}}}\nsteps:\n{steps}")
    contenders = {"plait validate": Contender([*plait_command(), "validate", str(file)], folder)}
    seconds = best_of(contenders, times)["plait validate"]
    yield Row("load", "validate 1,000 steps, whole process", seconds, "s", 0.5, {})
