"""Measurements that need a process of their own: `python -m benchmarks.inside TASK FOLDER …` prints one JSON object.

The steps measured here do nothing, in this process: what is left is the engine's own work, journal included.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait import RunStatus, StepBase, StepContext, StepResult, WorkflowDefinition, WorkflowEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait import RunState

_RUN_ID = "measured"


class NoopStep(StepBase):
    """Does nothing."""

    type_key = "noop"

    def execute(self, config: Any, context: StepContext) -> StepResult:
        """Do nothing."""
        del config, context
        return StepResult()


class NumbersStep(StepBase):
    """Makes a list of numbers to fan out over."""

    type_key = "numbers"

    def execute(self, config: Any, context: StepContext) -> StepResult:
        """Count."""
        del context
        return StepResult(output={"list": list(range(config["count"]))})


class Stopwatch:
    """Measures from the first event after the run has begun to the run's last one."""

    def __init__(self) -> None:
        self.begun = self.ended = (0.0, 0.0)

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """Note the time."""
        del state
        if event["event"] in ("run_started", "run_resumed"):
            self.begun = _now()
        elif event["event"] == "workflow_finished":
            self.ended = _now()

    def on_output(self, step_id: str, line: str) -> None:
        """See nothing."""

    @property
    def measured(self) -> dict[str, float]:
        """How long the walk took, by the clock and on the processor; a busy machine changes the former alone."""
        return _since(self.begun, self.ended)


def chain(folder: Path, count: int) -> dict[str, float]:
    """Walk `count` steps, one after the other."""
    steps = "".join(f"  - {{id: s{index}, type: noop}}\n" for index in range(count))
    return _walk(folder, f"workflow: {{id: chain, name: Chain}}\nsteps:\n{steps}")


def items(folder: Path, count: int) -> dict[str, float]:
    """Walk `count` items, eight at once, and stop at a gate."""
    text = f"""
workflow: {{id: items, name: Items}}
steps:
  - {{id: numbers, type: numbers, count: {count}}}
  - id: fan
    type: fan-out
    items: "{{{{ steps.numbers.output.list }}}}"
    max_concurrency: 8
    step: {{id: work, type: noop}}
  - {{id: stop, type: gate, message: Enough?}}
"""
    return _walk(folder, text)


def resume(folder: Path) -> dict[str, float]:
    """Resume the run that `items` left at its gate."""
    engine = WorkflowEngine(folder, [NoopStep(), NumbersStep()], signals=())
    begun = _now()
    state = engine.resume(_RUN_ID)
    measured = _since(begun, _now())
    with state.folder.journal.open("rb") as journal:
        lines = sum(1 for _ in journal)
    return {**measured, "records": len(state.records), "lines": lines, "memory": _memory()}


def writes(folder: Path, count: int, size: int) -> dict[str, float]:
    """Run `count` commands that print `size` bytes each; count every byte that Plait writes.

    The kernel counts the writes of the commands too, each exactly its output into a pipe: those are taken off.
    """
    (folder / "output.txt").write_text("x" * (size - 1) + "\n")
    text = f"""
workflow: {{id: writes, name: Writes}}
steps:
  - {{id: numbers, type: numbers, count: {count}}}
  - id: fan
    type: fan-out
    items: "{{{{ steps.numbers.output.list }}}}"
    max_concurrency: 4
    step: {{id: work, type: shell, run: cat output.txt}}
"""
    before = _written()
    _walk(folder, text)
    written = _written() - before - count * size
    run_folder = folder / ".specify" / "workflows" / "runs" / _RUN_ID
    kept = sum(path.stat().st_size for path in run_folder.rglob("*") if path.is_file())
    return {"written": written, "kept": kept, "output": count * size}


def agents(folder: Path, count: int) -> dict[str, float]:
    """Walk `cost.yml`, whose `count` steps ask a scripted agent."""
    del count
    return _walk(folder, (folder / "cost.yml").read_text())


def stream(folder: Path, megabytes: int) -> dict[str, float]:
    """Read an agent's stream of so many MB, a tenth of it one single line; `memory` is what that took."""
    from plait.agents.streams import reader_for  # noqa: PLC0415 - for this task alone

    del folder
    million = 1_000_000
    talk = b'{"type":"assistant","message":{"content":[{"type":"text","text":"%s"}]}}\n' % (b"work " * 200)
    result = b'{"type":"result","is_error":false,"result":"done","session_id":"s","usage":{"input_tokens":1}}\n'
    chunk = talk * (65536 // len(talk))
    reader = reader_for("claude")
    reader.feed(talk)
    memory, begun = _memory(), _now()
    for _ in range(9 * megabytes * million // 10 // len(chunk)):
        reader.feed(chunk)
    for _ in range(megabytes * million // 10 // len(chunk)):
        reader.feed(b"x" * len(chunk))
    reader.feed(b"\n" + result)
    if reader.finish().text != "done":
        raise ValueError("the end of the stream was not understood")
    return {**_since(begun, _now()), "memory": _memory() - memory}


def _walk(folder: Path, text: str) -> dict[str, float]:
    watch = Stopwatch()
    engine = WorkflowEngine(folder, [NoopStep(), NumbersStep()], listeners=[watch], signals=())
    state = engine.execute(WorkflowDefinition.from_string(text), run_id=_RUN_ID)
    if state.status in (RunStatus.FAILED, RunStatus.ABORTED):
        raise ValueError(f"the run did not do its work: {state.error}")
    return {**watch.measured, "memory": _memory()}


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float], ended: tuple[float, float]) -> dict[str, float]:
    return {"seconds": ended[0] - begun[0], "cpu": ended[1] - begun[1]}


def _memory() -> float:
    """Return this process's peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _written() -> int:
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["wchar"])


TASKS: dict[str, Callable[..., dict[str, float]]] = {
    "chain": chain,
    "items": items,
    "resume": resume,
    "writes": writes,
    "agents": agents,
    "stream": stream,
}


if __name__ == "__main__":
    task, where, *numbers = sys.argv[1:]
    print(json.dumps(TASKS[task](Path(where), *map(int, numbers))))
