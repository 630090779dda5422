"""What is in a package, for a person who decides whether to trust it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from plait.agents import STEP_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plait.model.workflow import Step, Workflow

_ADDRESS = re.compile(r"\b(?:https?|wss?|ftp|ssh|git)://[^\s\"'<>`\\)\]}]+")
_LARGEST_TEXT = 1 << 20
_SHEBANG = b"#!"


class ShownStep(NamedTuple):
    """A step: its id, the word after `type:`, and how deep it is nested."""

    step_id: str
    type_key: str
    depth: int


class Contents(NamedTuple):
    """What a package does and holds.

    `commands` are the texts of shell steps by their ids; `agents` the agents that its steps name, where one that an
    input chooses is told as written; `scripts` the companion files that are programs, `python` those that become step
    types; `addresses` every network address in any of its texts; `notices` who is told when a run of it stops, and how.
    """

    steps: tuple[ShownStep, ...]
    commands: tuple[tuple[str, str], ...]
    agents: tuple[str, ...]
    step_types: tuple[str, ...]
    python: tuple[str, ...]
    scripts: tuple[str, ...]
    addresses: tuple[str, ...]
    files: tuple[str, ...]
    notices: tuple[str, ...] = ()


def contents_of(workflow: Workflow, folder: Path, files: Sequence[str], step_types: Sequence[str]) -> Contents:
    """Look through a valid workflow and the files that come with it; nothing of them is run."""
    steps = list(_walk((*workflow.steps, *workflow.finally_steps), 0))
    return Contents(
        tuple(ShownStep(step.id, step.type.type_key, depth) for step, depth in steps),
        tuple((step.id, _command_text(step.written["run"])) for step, _ in steps if "run" in step.written),
        tuple(dict.fromkeys(name for step, _ in steps if (name := _agent_of(step, workflow)) is not None)),
        tuple(step_types),
        tuple(name for name in files if name.startswith("steps/") and name.endswith(".py")),
        tuple(name for name in files if _is_program(folder, name)),
        tuple(sorted({address for name in files for address in _addresses_in(folder / name)})),
        tuple(files),
        tuple(each.summary for each in workflow.notify),
    )


def _walk(steps: Sequence[Step], depth: int) -> Iterator[tuple[Step, int]]:
    for step in steps:
        yield step, depth
        yield from _walk(step.children, depth + 1)


def _command_text(run: object) -> str:
    return " ".join(map(str, run)) if isinstance(run, list) else str(run)


def _agent_of(step: Step, workflow: Workflow) -> str | None:
    if step.type.type_key not in STEP_TYPES:
        return None
    return str(step.written.get("integration") or workflow.default_integration or "the project's default")


def _is_program(folder: Path, name: str) -> bool:
    path = folder / name
    if name == "workflow.yml" or name.startswith("steps/"):
        return False
    if path.stat().st_mode & 0o111:
        return True
    with path.open("rb") as file:
        return file.read(2) == _SHEBANG


def _addresses_in(path: Path) -> list[str]:
    with path.open("rb") as file:
        text = file.read(_LARGEST_TEXT).decode("utf-8", "replace")
    return [found.rstrip(".,;:") for found in _ADDRESS.findall(text)]
