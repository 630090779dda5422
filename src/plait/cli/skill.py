"""`plait skill`: teaching coding agents to use Plait."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from plait.agents.catalogue import agents_of
from plait.agents.default_agent import default_agent
from plait.agents.invocation import find_executable
from plait.cli.command_facts import command_facts
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import project_root
from plait.errors import UsageError
from plait.skill import Place, contents, install, places_for, remove, shared_places, standing
from plait.skill.contents import MAIN
from plait.skill.telling import (
    installed_lines,
    installed_payload,
    removed_lines,
    removed_payload,
    standing_lines,
    standing_payload,
)
from plait.suggest import suggestion
from plait.user_folders import home_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plait.agents.agent import Agent

_ANY = "generic"
"""The agent that stands for any: it looks where most do."""

agent_option = click.option(
    "--agent", "keys", multiple=True, metavar="NAME", help="The coding agent; may be repeated, `all` means every one."
)
user_option = click.option("--user", is_flag=True, help="In your home, for all projects, instead of this project.")


@click.group()
def skill() -> None:
    """Give coding agents a skill with which they write, check, run and look at workflows by themselves."""


@skill.command("install")
@agent_option
@user_option
@click.option("--force", is_flag=True, help="Overwrite files that somebody has changed, or that are newer.")
@project_option
@json_option
def install_skill(keys: tuple[str, ...], project: Path | None, *, user: bool, force: bool, as_json: bool) -> None:
    """Put the skill where coding agents look for it, or renew it there.

    Without --agent it is put where the project's agent and those installed on this machine look.
    """
    root = project_root(project)
    texts = contents(command_facts())
    places = _places(_chosen(root, keys), root, user=user)
    done = [install(place, texts, force=force) for place in places]
    show(installed_payload(done) if as_json else None, installed_lines(done))


@skill.command("list")
@project_option
@json_option
def list_skill(project: Path | None, *, as_json: bool) -> None:
    """Say where the skill is installed, in this project and in your home, and whether it is up to date."""
    root = project_root(project)
    texts = contents(command_facts())
    found = [standing(place, texts) for place in _every_place(root)]
    show(standing_payload(found) if as_json else None, standing_lines(found, palette_for(sys.stdout)))


@skill.command("show")
@click.argument("name", metavar="[NAME]", required=False)
@json_option
def show_skill(name: str | None, *, as_json: bool) -> None:
    """Print the skill or, with NAME, one of its references: workflow, steps, expressions, command-line, agents."""
    texts = contents(command_facts())
    names = {path.removeprefix("references/").removesuffix(".md").lower(): path for path in texts}
    wanted = (name or MAIN).removeprefix("references/").removesuffix(".md").lower()
    if wanted not in names:
        hint = suggestion(wanted, names) or f"there are: {', '.join(names)}"
        raise UsageError(f"the skill has no page {name!r}", hint=hint)
    text = texts[names[wanted]]
    show({"file": names[wanted], "text": text} if as_json else None, text.splitlines())


@skill.command("remove")
@agent_option
@user_option
@click.option("--force", is_flag=True, help="Remove files that somebody has changed, too.")
@project_option
@json_option
def remove_skill(keys: tuple[str, ...], project: Path | None, *, user: bool, force: bool, as_json: bool) -> None:
    """Take the skill away again; files that somebody has changed stay.

    Without --agent it is taken away wherever it is, in this project or, with --user, in your home.
    """
    root = project_root(project)
    texts = contents(command_facts())
    if keys:
        places = _places(_chosen(root, keys), root, user=user)
    else:
        places = [place for place in _every_place(root) if place.in_home is user]
    done = [remove(place, force=force) for place in places if standing(place, texts).state != "absent"]
    show(removed_payload(done) if as_json else None, removed_lines(done))


def _chosen(root: Path, keys: tuple[str, ...]) -> list[Agent]:
    known = agents_of(root)
    if "all" in keys:
        return [agent for agent in known.values() if agent.skills is not None]
    if keys:
        return [known.named(key) for key in keys]
    likely = [default_agent(root) or "", *(key for key, each in known.items() if find_executable(each, os.environ))]
    found = [known[key] for key in likely if key in known and known[key].skills is not None]
    return found or [known[_ANY]]


def _places(agents: list[Agent], root: Path, *, user: bool) -> list[Place]:
    home = home_folder(os.environ) if user else None
    if home is not None and len(agents) > 1:
        agents = [agent for agent in agents if agent.skills is not None and agent.skills.user]
    return places_for(agents, root, home)


def _every_place(root: Path) -> list[Place]:
    """Return all places that any agent looks in, those of the project first."""
    known: Mapping[str, Agent] = agents_of(root)
    agents = [agent for agent in known.values() if agent.skills is not None]
    own = _places(agents, root, user=False)
    return shared_places([*own, *_places(agents, root, user=True)])
