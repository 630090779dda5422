"""Who does the agent steps of a workflow, as far as that is known before it runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plait.agents.catalogue import agents_of
from plait.agents.invocation import find_executable, missing_executable
from plait.model.inputs import AUTO
from plait.model.workflow import PERMISSIONS
from plait.preview.plan import AgentPlan
from plait.preview.values import known, resolve_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plait.expressions.partial import Resolved
    from plait.preview.around import Around
    from plait.steps.agent.config import AgentConfig

NOBODY = "no agent is named, and the project has no default one"


class AgentsHere:
    """The agents of a project, and which of them are installed; looked up when a step first asks.

    `default` is the one that the project works with.
    """

    def __init__(
        self, project_root: Path, default: str | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self._root = project_root
        self._default = default
        self._environ = os.environ if environ is None else environ
        self._looked_up: dict[str, tuple[bool | None, str]] = {}

    def plan_of(self, config: AgentConfig, around: Around) -> AgentPlan:
        """Return who is to do a step, with what permissions, and who takes over."""
        agent = self._chosen(config, around)
        key = agent.value if agent.is_known else None
        model = _first_known(resolve_value(config.model, around.scope), around.model)
        installed, note = self._installed(key) if isinstance(key, str) else (None, "")
        if agent.is_known and not key:
            note = NOBODY
        return AgentPlan(
            agent=agent,
            model=None if model.is_known and not model.value else model,
            permissions=self._permissions(config, around),
            installed=installed,
            note=note,
            session=config.session,
            fallback=self._fallback(config, around, key),
            limits=around.limits.get(key) if isinstance(key, str) else None,
        )

    def _chosen(self, config: AgentConfig, around: Around) -> Resolved:
        chosen = _first_known(resolve_value(config.integration, around.scope), around.integration)
        if chosen.is_known and chosen.value in (None, "", AUTO):
            return known(self._default or chosen.value or "")
        return chosen

    def _permissions(self, config: AgentConfig, around: Around) -> Resolved:
        own = resolve_value(config.permissions, around.scope)
        if not own.is_known or own.value:
            return own
        return known(around.permissions or agents_of(self._root, self._environ).permissions or "edit")

    def _fallback(self, config: AgentConfig, around: Around, key: object) -> tuple[Resolved, ...]:
        if config.fallback is not None:
            return tuple(resolve_value(entry.agent, around.scope) for entry in config.fallback)
        agent = agents_of(self._root, self._environ).get(key) if isinstance(key, str) else None
        return () if agent is None else tuple(known(name) for name in agent.fallback)

    def _installed(self, key: str) -> tuple[bool | None, str]:
        """Return whether an agent's program is here, and what is to be said about it."""
        if key not in self._looked_up:
            self._looked_up[key] = self._look_up(key)
        return self._looked_up[key]

    def _look_up(self, key: str) -> tuple[bool | None, str]:
        agents = agents_of(self._root, self._environ)
        agent = agents.get(key)
        if not key:
            return None, ""
        if agent is None:
            return None, f"there is no agent `{key}`; {agents.hint_for(key)}"
        if agent.executable is None:
            return None, f"{agent.name} cannot be driven: {agent.reason or 'it has no command line'}"
        if find_executable(agent, self._environ) is None:
            return False, missing_executable(agent, self._environ)[0]
        return True, ""


def level_trouble(permissions: Resolved) -> str | None:
    """Return what is wrong with a level of permissions that is known."""
    if not permissions.is_known or permissions.value in PERMISSIONS:
        return None
    return f"`permissions` must be read, edit or full, not {permissions.value!r}"


def _first_known(own: Resolved, default: Resolved) -> Resolved:
    return default if own.is_known and own.value in (None, "") else own
