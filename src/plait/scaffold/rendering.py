"""A command in an agent's own format and place."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import yaml

from plait.agents.command_files import named_in
from plait.scaffold.command import ARGUMENTS

if TYPE_CHECKING:
    from plait.agents.agent import CommandFiles
    from plait.scaffold.command import Command

_CALL = re.compile(r"<call:(\w+)>")
_SKILL = "SKILL.md"
_NO_ARGUMENTS = "(what the user wrote after the name of this command, if anything)"


class Rendered(NamedTuple):
    """A file of an agent: its path inside the folder of the agent's commands, and its text."""

    path: PurePosixPath
    text: str


def render(command: Command, place: CommandFiles) -> Rendered:
    """Put a command into the format of an agent's files."""
    path = PurePosixPath(named_in(place.file, command.stem))
    body = _body(command, place)
    if place.format == "toml":
        return Rendered(path, _toml(command, body))
    if place.format == "yaml":
        return Rendered(path, _recipe(command, body))
    front = {"description": command.description}
    if path.name == _SKILL:
        front = {"name": path.parent.name} | front
    else:
        front["argument-hint"] = command.hint
    return Rendered(path, f"---\n{_yaml(front)}---\n\n{body}\n")


def call_of(stem: str, place: CommandFiles) -> str:
    """Return what a person types to call a command."""
    return named_in(place.call, stem)


def _body(command: Command, place: CommandFiles) -> str:
    text = _CALL.sub(lambda found: f"`{call_of(found[1], place)}`", command.body)
    return text.replace(ARGUMENTS, place.placeholder or _NO_ARGUMENTS)


def _yaml(data: object) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=10_000)
    return text


def _toml(command: Command, body: str) -> str:
    # A JSON text is a basic string of TOML.
    description = json.dumps(command.description, ensure_ascii=False)
    escaped = body.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'description = {description}\n\nprompt = """\n{escaped}\n"""\n'


def _recipe(command: Command, body: str) -> str:
    recipe = {
        "version": "1.0.0",
        "title": command.name,
        "description": command.description,
        "parameters": [
            {
                "key": "args",
                "input_type": "string",
                "requirement": "optional",
                "default": "",
                "description": command.hint,
            }
        ],
        "extensions": [{"type": "builtin", "name": "developer"}],
    }
    lines = "\n".join(f"  {line}" if line else "" for line in body.split("\n"))
    return f"{_yaml(recipe)}prompt: |\n{lines}\n"
