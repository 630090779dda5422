"""The files of the skill: the hand-written core, and references made from what validates and what runs."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import yaml

from plait._version import __version__
from plait.skill.places import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAIN = "SKILL.md"
DESCRIPTION = (
    "Writes, validates, plans, runs and repairs Plait workflows: YAML files whose steps run shell commands and coding "
    "agents, fan out over many items, wait for people and resume exactly. Use it when work has several steps or many "
    "similar items, when agents are to work in parallel, when something must go on after a crash, a limit or a "
    "person's decision, when a workflow file (`schema_version`, `workflow:`, `steps:`) is to be written or mended, or "
    "when a run is to be looked at, resumed or explained."
)


class OptionFacts(NamedTuple):
    """An option as it is written, such as `-i, --input KEY=VALUE`, and what it does."""

    written: str
    help: str


class CommandFacts(NamedTuple):
    """A command as a person calls it, its options included, such as `plait run SOURCE`."""

    usage: str
    summary: str
    options: Sequence[OptionFacts]


def contents(commands: Sequence[CommandFacts]) -> Mapping[str, str]:
    """Return the texts of the skill's files, by their paths inside its folder."""
    from plait.skill.reference import agents, command_line, expressions, steps, workflow  # noqa: PLC0415 - heavy

    return {
        MAIN: _main(),
        "references/workflow.md": workflow(),
        "references/steps.md": steps(),
        "references/expressions.md": expressions(),
        "references/command-line.md": command_line(commands),
        "references/agents.md": agents(),
    }


def _main() -> str:
    front = {
        "name": NAME,
        "description": DESCRIPTION,
        "license": "MIT",
        "compatibility": "Needs the `plait` command and a shell.",
        "metadata": {"version": __version__},
    }
    body = (files(__package__) / "text" / MAIN).read_text(encoding="utf-8")
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=10_000)}---\n\n{body}"
