"""Rows measured inside a process: what the engine itself costs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.table import Row, quantity
from benchmarks.timing import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

MICRO = 1_000_000


def chains(short: int, long: int, times: int) -> Iterator[Row]:
    """Steps that do nothing, one after the other: their cost, and whether it grows with their number."""
    per_step: dict[int, float] = {}
    for count in (short, long):
        measured = [_measure("chain", count) for _ in range(times)]
        per_step[count] = _least(measured, "seconds") / count * MICRO
        yield Row("engine", f"a step, of {count:,} in a row", per_step[count], "µs", 50, _parts(measured))
    ratio = per_step[long] / per_step[short]
    yield Row("engine", f"a step of {long:,}, against one of {short:,}", ratio, "x", 1.2, {})


def items(few: int, many: int, times: int) -> Iterator[Row]:
    """Items that do nothing, eight at once; then the resume of a run in which all of them are settled."""
    least: dict[int, float] = {}
    for count in (few, many):
        measured = [_measure("items", count) for _ in range(times)]
        least[count] = _least(measured, "seconds")
        each_item = least[count] / count * MICRO
        yield Row("engine", f"an item, of {count:,}, 8 at once", each_item, "µs", 60, _parts(measured))
        yield Row("engine", f"peak memory of {count:,} items", _least(measured, "memory"), "MB", 250, {})
    yield Row("engine", f"{many:,} items, against {few:,}", least[many] / least[few], "x", 11 * many / few / 10, {})


def resumes(few: int, many: int) -> Iterator[Row]:
    """Load the journal of a run whose items are all settled, and walk it again."""
    for count, target in ((few, 1.5), (many, None)):
        with tempfile.TemporaryDirectory(prefix="plait-bench-") as name:
            inside("items", Path(name), count)
            measured = [inside("resume", Path(name)) for _ in range(2)]
        records, lines = measured[0]["records"], measured[0]["lines"]
        parts = {**_parts(measured), "memory": quantity(_least(measured, "memory"), "MB")}
        what = f"load and resume {records:,} settled records ({lines:,} events)"
        yield Row("engine", what, _least(measured, "seconds"), "s", target, parts)


def writes(count: int, size: int) -> Iterator[Row]:
    """Bytes written for items that print, against what they printed."""
    measured = _measure("writes", count, size)
    parts = {name: quantity(measured[name] / 1e6, "MB") for name in ("output", "written", "kept")}
    ratio = measured["written"] / measured["output"]
    yield Row("disk", f"written for {count:,} items of {size:,} bytes, against output", ratio, "x", 3, parts)


def _measure(task: str, *arguments: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="plait-bench-") as name:
        return inside(task, Path(name), *arguments)


def _least(measured: list[dict[str, float]], name: str) -> float:
    return min(each[name] for each in measured)


def _parts(measured: list[dict[str, float]]) -> dict[str, str]:
    """Return the least time by the clock and, for busy machines, on the processor."""
    return {"all": quantity(_least(measured, "seconds"), "s"), "cpu": quantity(_least(measured, "cpu"), "s")}
