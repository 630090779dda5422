"""Runs written down by hand, for what only reads them: no workflow ran, and their values may be anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plait.journal.folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

BEGAN = 1_790_000_000.0


class WrittenRun:
    """One such run; every event is 0.1 s after the one before it."""

    def __init__(self, project: Path, run_id: str = "r", *, workflow: str = "demo", inputs: object = None) -> None:
        (project / ".specify").mkdir(exist_ok=True)
        self.folder = RunFolder.of(run_id, project)
        self.folder.create()
        self._lines: list[str] = []
        self.event("run_created", run_id=run_id, workflow_id=workflow, inputs=inputs or {})
        self.event("run_started", pid=1, host="here")

    def event(self, kind: str, /, **fields: Any) -> None:
        """Add an event."""
        at = datetime.fromtimestamp(BEGAN + len(self._lines) / 10, UTC).isoformat()
        self._lines.append(json.dumps({"v": 1, "timestamp": at, "event": kind, **fields}) + "\n")

    def step(self, step_id: str, output: object = None, *, status: str = "completed", **fields: Any) -> None:
        """Add a step that ran once: `type`, `name`, `parent`, `index` and `error` may be given."""
        error = fields.pop("error", None)
        placed = {"step_id": step_id, "type": fields.pop("type", "shell"), "order": 0, "attempt": 1, **fields}
        self.event("step_started", **placed)
        self.event("step_completed", step_id=step_id, status=status, output=output or {}, error=error)

    def log(self, step_id: str, data: bytes, attempt: int = 1) -> None:
        """Write the log of a try."""
        path = self.folder.attempt_log(step_id, attempt)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def diff(self, step_id: str, data: bytes, attempt: int = 1) -> None:
        """Write the diff of what a try of an agent changed."""
        path = self.folder.attempt_diff(step_id, attempt)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def end(self, status: str = "completed", **fields: Any) -> None:
        """End the run and write its journal."""
        self.event("workflow_finished", status=status, **fields)
        self.write()

    def write(self) -> None:
        """Write the journal as it is."""
        self.folder.journal.write_text("".join(self._lines))


def fan_out(project: Path, count: int, *, failing: int = 0, log: bytes = b"") -> WrittenRun:
    """Write a run of a fan-out with so many items, the first `failing` of which failed; `log` is each one's."""
    run = WrittenRun(project)
    run.event("step_started", step_id="fan", type="fan-out", order=0)
    for index in range(count):
        status, error = ("failed", "it broke") if index < failing else ("completed", None)
        run.step(f"fan:work:{index}", {"exit_code": 0}, parent="fan", index=index, status=status, error=error)
        if log:
            run.log(f"fan:work:{index}", log)
    ended = "failed" if failing else "completed"
    run.event("step_completed", step_id="fan", status=ended, output={"items": list(range(count))}, error=None)
    run.end(ended, step_id="fan")
    return run
