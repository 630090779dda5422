"""Which agent a new project works with when nobody says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.agents.invocation import find_executable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.agent import Agent

DEFAULT_VARIABLE = "SPECKIT_INTEGRATION_DEFAULT"
LAST_RESORT = "copilot"


def by_installation(agents: Mapping[str, Agent], environ: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the keys of agents that have a place for commands: those installed, and the others."""
    keys = [key for key, agent in agents.items() if agent.commands is not None]
    here = [key for key in keys if find_executable(agents[key], environ) is not None]
    return here, [key for key in keys if key not in here]


def usual_agent(environ: Mapping[str, str]) -> str:
    """Return the agent that the environment names, or else the last resort (INI-04)."""
    return environ.get(DEFAULT_VARIABLE, "").strip() or LAST_RESORT


def likely_agent(agents: Mapping[str, Agent], environ: Mapping[str, str]) -> str:
    """Return the agent that the environment names, or the only one installed, or the last resort."""
    if environ.get(DEFAULT_VARIABLE, "").strip():
        return usual_agent(environ)
    installed, _ = by_installation(agents, environ)
    return installed[0] if len(installed) == 1 else LAST_RESORT
