"""The folders that the skill is put into: one may serve several agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from plait.agents.agent import Agent

NAME = "plait"
_HOME = "~/"


class Place(NamedTuple):
    """A folder for the skill: `path` is relative to `root`, a project or the home; `agents` look for skills there."""

    root: Path
    path: str
    agents: tuple[str, ...]
    in_home: bool = False

    @property
    def shown(self) -> str:
        """The folder as people write it."""
        return (_HOME if self.in_home else "") + self.path


def place_of(agent: Agent, project: Path, home: Path | None = None) -> Place:
    """Return where an agent looks for the skill: in the project or, with `home`, in the folders of its user.

    Raises `UsageError` for an agent of which that is not known.
    """
    folder = "" if agent.skills is None else agent.skills.project if home is None else agent.skills.user
    if not folder:
        where = "in a project" if home is None else "in the home"
        raise UsageError(
            f"it is not known where {agent.name} looks for skills {where}",
            hint=f"`[{agent.key}.skills]` in .specify/agents.toml says it; most agents look in .agents/skills",
        )
    if home is None:
        return Place(project, f"{folder.rstrip('/')}/{NAME}", (agent.key,))
    return Place(home, f"{folder.removeprefix(_HOME).rstrip('/')}/{NAME}", (agent.key,), in_home=True)


def places_for(agents: Iterable[Agent], project: Path, home: Path | None = None) -> list[Place]:
    """Return the places of several agents, each folder once."""
    return shared_places(place_of(agent, project, home) for agent in agents)


def shared_places(places: Iterable[Place]) -> list[Place]:
    """Return places, those of the same folder as one."""
    found: dict[tuple[Path, str], Place] = {}
    for place in places:
        known = found.get((place.root, place.path))
        agents = place.agents if known is None else (*known.agents, *place.agents)
        found[place.root, place.path] = place._replace(agents=tuple(dict.fromkeys(agents)))
    return list(found.values())
