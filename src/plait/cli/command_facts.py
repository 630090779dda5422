"""What the commands say of themselves, for those who describe them elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from plait.cli.commands import plait
from plait.skill import CommandFacts, OptionFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERYWHERE = frozenset({"--json", "--project"})
_SELDOM = frozenset({"init", "skill", "mcp", "completion", "catalog", "overlay"})
"""Commands whose options are for people; an agent that needs them asks for `--help`."""


def command_facts() -> list[CommandFacts]:
    """Return every command with its arguments and options, those of all commands left out."""
    context = click.Context(plait, info_name="plait")
    return [
        fact
        for name in plait.list_commands(context)
        if (command := plait.get_command(context, name)) is not None
        for fact in _facts(command, f"plait {name}", brief=name in _SELDOM)
    ]


def _facts(command: click.Command, called: str, *, brief: bool) -> Iterator[CommandFacts]:
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from _facts(each, f"{called} {name}", brief=brief)
        return
    arguments = [_argument(each) for each in command.params if isinstance(each, click.Argument)]
    options = [each for each in command.params if isinstance(each, click.Option) and not brief]
    shown = [_option(each) for each in options if not _EVERYWHERE & set(each.opts) and not each.hidden]
    yield CommandFacts(" ".join([called, *arguments]), _first_paragraph(command), shown)


def _argument(argument: click.Argument) -> str:
    name = (argument.name or "").upper()
    return argument.metavar or (name if argument.required else f"[{name}]")


def _option(option: click.Option) -> OptionFacts:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if not option.is_flag:
        choice = option.type.choices if isinstance(option.type, click.Choice) else ()
        names += " " + ("|".join(map(str, choice)) or option.metavar or (option.name or "").upper())
    return OptionFacts(names, option.help or "")


def _first_paragraph(command: click.Command) -> str:
    text = re.split(r"\n\s*\n|\n?\x08", (command.help or "").strip())[0]
    return " ".join(text.split())
