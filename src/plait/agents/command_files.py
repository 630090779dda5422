"""An agent's own commands: where their files are, and the prompts that they come to."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.errors import PlaitError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plait.agents.agent import Agent

_PREFIX = "speckit."
_USUAL = "$ARGUMENTS"
_LARGEST = 4 << 20
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(?:.*?\r?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_PLACEHOLDERS = (r"\$ARGUMENTS(?![A-Za-z0-9_])", r"\{\{\s*args\s*\}\}", r"\{\{\s*parameters\s*\}\}")


@dataclass(frozen=True, slots=True)
class CommandFile:
    """A command's file: `text` is what the agent is told, without the file's own header."""

    path: Path
    text: str
    placeholder: str = _USUAL

    def prompt(self, arguments: str) -> str:
        """Return the command's text with the arguments in place, as they are: nothing in them is looked at.

        They stand at the end if the text has no place for them.
        """
        own = () if self.placeholder in ("", _USUAL) else (re.escape(self.placeholder),)
        places = re.compile("|".join((*_PLACEHOLDERS, *own)))
        prompt, found = places.subn(lambda _: arguments, self.text)
        if found or not arguments.strip():
            return prompt
        return f"{prompt.rstrip()}\n\nArguments: {arguments}\n"


def find_command(agent: Agent, project_root: Path, command: str) -> CommandFile | None:
    """Return the file of a command such as `speckit.plan`, or None if the agent has none in the project.

    A name without `speckit.` may be that of a command of Spec Kit's or of anybody else's. Raises `PlaitError` for a
    name that no file can have, and for a file that cannot be understood.
    """
    name = _name_of(command)
    if agent.commands is None:
        return None
    for folder, file in _places(agent, name):
        path = project_root / os.path.expanduser(folder) / file  # noqa: PTH111 - only a leading `~` is expanded
        if path.is_file():
            return CommandFile(path, _text_of(path), agent.commands.placeholder)
    return None


def invocation_text(agent: Agent, command: str, arguments: str) -> str:
    """Return the words that call a command in the agent's own prompt, such as `/speckit-plan ARGUMENTS` (CMD-06)."""
    call = agent.commands.call if agent.commands else "/speckit.{stem}"
    text = named_in(call, _name_of(command).removeprefix(_PREFIX))
    return f"{text} {arguments}" if arguments else text


def _name_of(command: str) -> str:
    """Return a command's name; people write it with the mark that calls it, too."""
    name = command.strip().removeprefix("/").removeprefix("$")
    if not name or name in (".", "..", _PREFIX) or any(bad in name for bad in ("/", "\\", "\0", "..")):
        raise PlaitError(f"{command!r} is not the name of a command", hint="write it as in `speckit.plan`")
    return name


def _places(agent: Agent, name: str) -> Iterator[tuple[str, str]]:
    """Yield folders and files in the order in which they are looked for."""
    commands = agent.commands
    if commands is None:
        return
    places = ((commands.folder, commands.file), *commands.older)
    for folder, file in places:
        yield folder, named_in(file, name.removeprefix(_PREFIX))
    if not name.startswith(_PREFIX):
        for folder, file in places:
            plain = file.removeprefix("speckit.").removeprefix("speckit-")
            yield folder, plain.replace("{dashed}", name).replace("{stem}", name).replace("{name}", name)


def named_in(pattern: str, stem: str) -> str:
    """Put a command's name, given without `speckit.`, into a pattern of `CommandFiles`."""
    words = {"stem": stem, "dashed": stem.replace(".", "-"), "name": f"{_PREFIX}{stem}"}
    return re.sub(r"\{(stem|dashed|name)\}", lambda found: words[found[1]], pattern)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise PlaitError(f"{path} is too large for a command: more than 4 MiB")
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise PlaitError(f"{path} cannot be read: {error.strerror}") from error
    if path.suffix == ".toml":
        return _text_in_toml(path, text)
    if path.suffix in (".yaml", ".yml"):
        return _text_in_recipe(path, text)
    return _FRONT_MATTER.sub("", text, count=1).lstrip("\r\n")


def _text_in_toml(path: Path, text: str) -> str:
    try:
        prompt = tomllib.loads(text).get("prompt")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlaitError(f"{path} is not a command: {error}") from error
    if not isinstance(prompt, str):
        raise PlaitError(f"{path} is not a command: it has no `prompt`")
    return prompt


def _text_in_recipe(path: Path, text: str) -> str:
    """Return what a recipe tells the agent: its instructions, then its prompt."""
    import yaml  # noqa: PLC0415 - few agents keep their commands as YAML

    try:
        recipe = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PlaitError(f"{path} is not a recipe: {' '.join(str(error).split())}") from error
    parts = [recipe.get(key) for key in ("instructions", "prompt")] if isinstance(recipe, dict) else []
    told = [part.strip("\n") for part in parts if isinstance(part, str) and part.strip()]
    if not told:
        raise PlaitError(f"{path} is not a recipe: it has neither `instructions` nor `prompt`")
    return "\n\n".join(told) + "\n"
