"""The commands for spec-driven work, read from the Markdown files in the folder `commands`."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import NamedTuple

import yaml

NAMES = ("constitution", "specify", "clarify", "plan", "tasks", "analyze", "implement", "converge")
"""In the order in which they are used; `plan` is `speckit.plan` in workflow files."""
ARGUMENTS = "$ARGUMENTS"
"""Stands in a command's text where the user's arguments go."""

_FRONT = re.compile(r"---\n(.*?)---\n(.*)", re.DOTALL)
_FEATURE = "<feature>"


class Command(NamedTuple):
    """One command: `stem` is `plan` of `speckit.plan`; `body` still holds `$ARGUMENTS` and `<call:STEM>`."""

    stem: str
    description: str
    hint: str
    body: str

    @property
    def name(self) -> str:
        """The name that workflow files use."""
        return f"speckit.{self.stem}"


def read_commands() -> tuple[Command, ...]:
    """Return all commands in the order in which they are used."""
    feature = _text("_feature").strip()
    return tuple(_command(stem, feature) for stem in NAMES)


def _command(stem: str, feature: str) -> Command:
    parts = _FRONT.fullmatch(_text(stem))
    if parts is None:
        raise ValueError(f"the command {stem} has no front matter")
    front = yaml.safe_load(parts[1])
    return Command(stem, front["description"], front["argument-hint"], parts[2].strip().replace(_FEATURE, feature))


def _text(name: str) -> str:
    return (files(__package__) / "commands" / f"{name}.md").read_text(encoding="utf-8")
