"""What is told of a run that has stopped: its id, its status, what waits, why it failed. Never what it works on."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.model.spending import Spending
from plait.model.status import RunStatus
from plait.notify.stops import stop_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plait.journal.record import StepRecord
    from plait.journal.state import RunState
    from plait.model.notification import Stop
    from plait.model.workflow import Workflow

NOTHING_SPENT = Spending()
_MOST_WAITING = 20
_LONGEST = 2000
_LONGEST_VARIABLE = 16_000
_MINUTE, _HOUR = 60, 3600


class Waiting(NamedTuple):
    """A step that waits for a person: `answer` is the command for the first of its `options`, empty without any."""

    step_id: str
    message: str
    options: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A run's stop, as receivers are told of it. Texts are redacted and bounded; `seconds` is what this walk took."""

    run_id: str
    workflow_id: str
    workflow_name: str
    status: Stop
    project: str
    host: str
    created_at: str
    stopped_at: str
    seconds: float
    step_id: str | None = None
    error: str | None = None
    waiting: tuple[Waiting, ...] = ()
    waiting_count: int = 0
    spent: Spending = NOTHING_SPENT
    outputs: Mapping[str, Any] | None = None
    is_test: bool = False

    @classmethod
    def of(cls, state: RunState, workflow: Workflow, project_root: Path, seconds: float) -> Notice:
        """Return what there is to tell of a run that has stopped."""
        failed = state.status in (RunStatus.FAILED, RunStatus.ABORTED)
        waiting = state.waiting if state.interruption is None else []
        return cls(
            state.run_id,
            workflow.id,
            _plain(workflow.name),
            stop_of(state) or "interrupted",
            str(project_root),
            os.uname().nodename,
            state.created_at,
            state.updated_at,
            round(seconds, 3),
            state.current_step_id if failed or waiting else None,
            _cut(state.error) if failed and state.error else None,
            tuple(_waiting(record, state.run_id, project_root) for record in waiting[:_MOST_WAITING]),
            len(waiting),
            state.spent,
            state.outputs,
        )

    @property
    def go_on(self) -> str:
        """The command that goes on with the run; empty if it has ended."""
        if self.status in ("completed", "aborted"):
            return ""
        return f"plait resume {self.run_id} --project {shlex.quote(self.project)}"

    @property
    def title(self) -> str:
        """What happened, in a few words."""
        words = {"paused": "waits for you", "interrupted": "was interrupted", "aborted": "was aborted"}
        return f"{self.workflow_name} {words.get(self.status, f'has {self.status}')}"

    @property
    def text(self) -> str:
        """What happened, in a sentence on one line."""
        if self.waiting:
            first = self.waiting[0]
            more = f" (and {self.waiting_count - 1} more)" if self.waiting_count > 1 else ""
            return _plain(f"{self.title}: {first.message or first.step_id}{more}")
        if self.error:
            return _plain(f"{self.title} at {self.step_id or 'its end'}: {self.error}")
        return _plain(f"{self.title} after {_duration(self.seconds)}")

    def payload(self, *, outputs: bool) -> dict[str, Any]:
        """Return what a webhook is sent, as a JSON object; `outputs` adds those of the run."""
        found: dict[str, Any] = {
            "text": self.text,
            "run_id": self.run_id,
            "workflow": {"id": self.workflow_id, "name": self.workflow_name},
            "status": self.status,
            "project": self.project,
            "host": self.host,
            "created_at": self.created_at,
            "stopped_at": self.stopped_at,
            "seconds": self.seconds,
            "step_id": self.step_id,
            "error": self.error,
            "waiting": [{**each._asdict(), "options": list(each.options)} for each in self.waiting],
            "waiting_count": self.waiting_count,
            "spent": self.spent._asdict(),
            "resume": self.go_on or None,
        }
        if outputs:
            found["outputs"] = self.outputs or {}
        if self.is_test:
            found["test"] = True
        return found

    def variables(self) -> dict[str, str]:
        """Return what a command finds in its environment."""
        first = self.waiting[0] if self.waiting else None
        values = {
            "PLAIT_RUN_ID": self.run_id,
            "PLAIT_WORKFLOW_ID": self.workflow_id,
            "PLAIT_WORKFLOW_NAME": self.workflow_name,
            "PLAIT_STATUS": self.status,
            "PLAIT_TITLE": self.title,
            "PLAIT_TEXT": self.text,
            "PLAIT_PROJECT": self.project,
            "PLAIT_SECONDS": f"{self.seconds:g}",
            "PLAIT_STEP_ID": self.step_id or "",
            "PLAIT_ERROR": self.error or "",
            "PLAIT_WAITING_MESSAGE": first.message if first else "",
            "PLAIT_ANSWER": first.answer if first else "",
            "PLAIT_RESUME": self.go_on,
        }
        return {name: _variable(value) for name, value in values.items()}

    def body(self, *, outputs: bool) -> bytes:
        """Return the payload as JSON in ASCII."""
        return json.dumps(self.payload(outputs=outputs), ensure_ascii=True, default=str).encode()


def _waiting(record: StepRecord, run_id: str, project_root: Path) -> Waiting:
    message, options = record.output.get("message"), record.output.get("options")
    words = tuple(map(str, options)) if isinstance(options, list) else (options,) if isinstance(options, str) else ()
    words = tuple(map(_plain, words))[:_MOST_WAITING]
    answer = ""
    if words:
        parts = ("plait", "answer", run_id, _plain(record.id), "--choice", words[0], "--project", str(project_root))
        answer = shlex.join(parts)
    return Waiting(_plain(record.id), "" if message is None else _cut(str(message)), words, answer)


def _plain(text: str) -> str:
    """Return text on one line, without what would steer a terminal."""
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))[:_LONGEST]


def _cut(text: str) -> str:
    """Return the beginning of a text, its lines kept, without what would steer a terminal."""
    return "".join(each if each.isprintable() or each in "\n\t" else " " for each in text[:_LONGEST])


def _variable(value: str) -> str:
    """Return a text that an environment can carry."""
    return value.replace("\0", " ").encode("utf-8", "replace").decode()[:_LONGEST_VARIABLE]


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    return f"{whole // _MINUTE} min" if whole < _HOUR else f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
