"""The shapes of what tools return, for their output schemas; each is what `--json` prints and may hold more."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """Any of them."""

    model_config = ConfigDict(extra="allow")


class Workflows(Payload):
    """What `plait list --json` prints."""

    workflows: list[dict[str, Any]]


class Runs(Payload):
    """What `plait runs list --json` prints."""

    runs: list[dict[str, Any]]


class Verdict(Payload):
    """What `plait validate --json` prints; a problem has `message`, `hint`, `line` and `column`, among others."""

    source: str
    valid: bool
    errors: list[dict[str, Any]]
    warnings: list[dict[str, Any]]


class Plan(Payload):
    """What `plait plan --json` prints."""

    steps: list[dict[str, Any]]


class Standing(Payload):
    """What `plait status RUN --json` prints. `exit_code` is null while the run goes on."""

    run_id: str
    status: str
    exit_code: int | None = None
    outputs: dict[str, Any] | None = None
    waiting: list[dict[str, Any]] = []


class Answered(Payload):
    """What `plait answer --json` prints; `running` says whether a process has taken the answer already."""

    run_id: str
    step_id: str
    choice: str
    running: bool


class Cancelled(Payload):
    """What `plait cancel --json` prints; `result` is the run's status, or `requested` if its owner will end it."""

    run_id: str
    request: str
    result: str


class Explanation(Payload):
    """What `plait explain --json` prints."""

    run_id: str


class Logs(Payload):
    """What `plait logs --json` prints; `cut` tells a text of which only the end is there."""

    run_id: str
    logs: list[dict[str, Any]]
