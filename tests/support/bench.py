"""A project to run workflows in, whose steps run in this process and do what the test tells them."""

from __future__ import annotations

import json
import textwrap
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from plait.api import WorkflowEngine
from plait.journal import RunState
from plait.load import WorkflowDefinition
from support.steps import Do, Raw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from support.steps import Behaviour

PATIENCE = 20.0
"""Seconds after which a test that waits for something gives up: never reached by one that passes."""


def definition(text: str) -> WorkflowDefinition:
    """Return a workflow from its `steps:` and what stands beside them."""
    header = 'schema_version: "1.0"\nworkflow: {id: sample, name: Sample, version: 1.0.0}\n'
    return WorkflowDefinition.from_string(header + textwrap.dedent(text))


class Events:
    """Keeps every event and notices listeners that are called at the same time."""

    def __init__(self) -> None:
        self.seen: list[dict[str, object]] = []
        self.overlaps = 0
        self.hook: Callable[[dict[str, object], RunState], None] | None = None
        self._busy = threading.Lock()

    def on_event(self, event: dict[str, object], state: RunState) -> None:
        if not self._busy.acquire(blocking=False):
            self.overlaps += 1
            return
        try:
            self.seen.append(event)
            if self.hook is not None:
                self.hook(event, state)
        finally:
            self._busy.release()

    def on_output(self, step_id: str, line: str) -> None:
        """Children are no part of these tests."""


class WatchedPool(ThreadPoolExecutor):
    """Says when the first of its workers has left: it found nothing more to do, or was told to stop."""

    def __init__(self, width: int, left: threading.Event) -> None:
        super().__init__(width)
        self._left = left

    def submit(self, work: Callable[[], None], /) -> Future[None]:
        def watched() -> None:
            try:
                work()
            finally:
                self._left.set()

        return super().submit(watched)


class Bench:
    """Runs workflows of `do` steps (and all built-in ones) in one project folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.do = Do()
        self.raw = Raw(self.do)
        self.events = Events()
        self.engine = self.new_engine()

    def new_engine(self, **settings: object) -> WorkflowEngine:
        settings.setdefault("listeners", [self.events])
        return WorkflowEngine(self.root, [self.do, self.raw], signals=(), **settings)

    def watch_workers(self) -> threading.Event:
        """Return an event that is set as soon as one worker of a fan-out has left.

        An item that waits for it goes on only after the fan-out has taken note of what became of another item.
        """
        left = threading.Event()
        self.engine = self.new_engine(executor=lambda width: WatchedPool(width, left))
        return left

    def script(self, behaviours: Mapping[str, Behaviour]) -> None:
        """Say what the steps of these ids do from now on; others complete with their `value`."""
        self.do.script = dict(behaviours)

    def run(
        self, text: str, inputs: Mapping[str, object] | None = None, *, run_id: str = "run", **script: Behaviour
    ) -> RunState:
        if script:
            self.script(script)
        return self.engine.execute(definition(text), inputs, run_id=run_id)

    def resume(self, inputs: Mapping[str, object] | None = None, *, run_id: str = "run", **where: str) -> RunState:
        self.do.calls.clear()
        return self.engine.resume(run_id, inputs, **where)

    @property
    def calls(self) -> list[str]:
        """The step ids executed, in the order in which they began (since the last resume)."""
        return list(self.do.calls)

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.do.calls)

    def folder(self, run_id: str = "run") -> Path:
        return self.root / ".specify" / "workflows" / "runs" / run_id

    def log(self, run_id: str = "run") -> list[dict[str, object]]:
        """Every line of the journal, each of which must be whole."""
        lines = (self.folder(run_id) / "log.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def snapshot(self, run_id: str = "run") -> dict[str, object]:
        return json.loads((self.folder(run_id) / "state.json").read_text(encoding="utf-8"))

    def cut(self, keep: int, run_id: str = "run") -> None:
        """Leave the journal as a process leaves it that died after writing `keep` events."""
        path = self.folder(run_id) / "log.jsonl"
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:keep]))

    def load(self, run_id: str = "run") -> RunState:
        return RunState.load(run_id, self.root)


def picture(state: RunState) -> dict[str, object]:
    """Return all that two runs of one workflow must have in common, whatever ran at the same time."""
    return {
        "status": state.status,
        "error": state.error,
        "step": state.current_step_id if state.error else None,
        "outputs": state.outputs,
        "records": {
            record.id: {
                **dict(record),
                "parent": record.parent,
                "index": record.index,
                "iteration": record.iteration,
                "continued": record.continued,
                "order": record.order,
                "alias": record.alias,
            }
            for record in state.records.values()
        },
        "latest": dict(state.latest),
    }


def statuses(state: RunState) -> dict[str, str]:
    return {record.id: record.status.value for record in state.records.values()}


def wait_until(holds: Callable[[], bool]) -> None:
    """Poll for something that another thread does; fail if it never happens."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.002)


def arrive(event: threading.Event) -> None:
    """Wait for an event of the test; fail if it never comes."""
    assert event.wait(PATIENCE), "it never happened"
