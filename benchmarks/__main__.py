"""Measure everything and print a table: `python -m benchmarks [--quick] [--json] [--only TOPIC] [--spec-kit PATH]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import agents, engine, peers, previews, processes, reports, testing
from benchmarks.table import Row, markdown, table
from benchmarks.timing import FailedCommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOPICS = ("start", "load", "preview", "testing", "items", "disk", "engine", "agents", "report", "peer")


def main() -> int:
    """Measure, print, and exit with 0 whether or not the targets are met: a busy machine misses some."""
    options = _options()
    wanted = options.only or TOPICS
    rows: list[Row] = []
    _warm_up()
    for topic, measure in _measurements(options):
        if topic in wanted:
            rows += _measured(topic, measure)
    if options.json:
        print(json.dumps({"machine": _machine(), "rows": [row.as_json() for row in rows]}, indent=2))
    else:
        print(f"{_machine()}\n")
        print("\n".join(markdown(rows) if options.markdown else table(rows)))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Plait's speed.")
    parser.add_argument("--quick", action="store_true", help="small numbers, once: a minute at most, rough figures")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--only", action="append", choices=TOPICS, help="measure one topic; may be repeated")
    parser.add_argument("--spec-kit", metavar="PATH", help="a `specify` command to compare with; else one is installed")
    return parser.parse_args()


def _warm_up() -> None:
    """Use every module once, so that its bytecode is on the disk, as it is after the first use of an installation."""
    with tempfile.TemporaryDirectory(prefix="plait-bench-") as name:
        for _ in processes.start_up(Path(name), 1):
            pass


def _measurements(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[Path], Iterator[Row]]]]:
    """Yield what there is to measure, topic by topic; each gets a folder of its own."""
    quick = options.quick
    times = 1 if quick else 5
    many = 200 if quick else 1000
    yield "start", lambda folder: processes.start_up(folder, 3 if quick else 15)
    yield "load", lambda folder: processes.validation(folder, times)
    yield "testing", lambda folder: testing.many_cases(folder, 20 if quick else 100, times)
    yield "preview", lambda folder: previews.previews(folder, 1000, 10 if quick else 100, times)
    for width in (4, 16):
        yield "items", _shell_items(many, width, times, 1.1)
    if not quick:
        yield "items", _shell_items(10_000, 16, 3, 0.9)
    yield "items", lambda folder: processes.skewed_items(folder, *((0.1, 1) if quick else (0.5, 2)))
    yield "disk", lambda _: engine.writes(many, 10_000)
    yield "engine", lambda _: engine.chains(*((100, 1000) if quick else (1000, 10_000)), times)
    yield "engine", lambda _: engine.items(*((1000, 10_000) if quick else (10_000, 100_000)), 1 if quick else 3)
    yield "engine", lambda _: engine.resumes(*((1000, 2000) if quick else (50_000, 100_000)))
    yield "agents", lambda folder: agents.own_cost(folder, 20 if quick else 100)
    yield "agents", lambda folder: agents.many_at_once(folder, 16 if quick else 64, 2 if quick else 10)
    yield "agents", lambda folder: agents.long_stream(folder / "stream", 20 if quick else 100)
    yield "report", lambda folder: reports.pages(folder, 500 if quick else 10_000)
    if not quick or options.spec_kit:
        yield "peer", lambda folder: _peer_rows(folder, options.spec_kit, 40 if quick else 300)


def _shell_items(count: int, width: int, times: int, target: float) -> Callable[[Path], Iterator[Row]]:
    return lambda folder: processes.shell_items(folder, count, width, times=times, target=target)


def _peer_rows(folder: Path, given: str | None, count: int) -> Iterator[Row]:
    specify = [given] if given else peers.spec_kit_command()
    return peers.spec_kit_rows(folder, specify, count, count)


def _measured(topic: str, measure: Callable[[Path], Iterator[Row]]) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="plait-bench-") as name:
        begun = time.monotonic()
        try:
            for row in measure(Path(name)):
                print(f"{row.topic}: {row.what}: {row.verdict or 'done'}", file=sys.stderr)
                yield row
        except (FailedCommandError, OSError) as error:
            reason = str(error).splitlines()[0]
            yield Row(topic, f"could not be measured: {reason}", None, "", None, {})
        print(f"  {time.monotonic() - begun:.1f} s", file=sys.stderr)


def _machine() -> str:
    busy = os.getloadavg()[0]
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}, load {busy:.1f} at the end"


if __name__ == "__main__":
    sys.exit(main())
