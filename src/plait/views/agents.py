"""Agents, and what they are like on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.model.workflow import PERMISSIONS
from plait.views.table import columns
from plait.views.text import clip, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plait.agents.agent import Agent
    from plait.agents.probe import Probe
    from plait.views.palette import Palette
    from plait.views.table import Cell

_LONGEST = 60


def agents_lines(probes: Sequence[Probe], palette: Palette) -> Iterator[str]:
    """Yield one line an agent: what is installed first, then what could be."""
    rows: list[list[Cell]] = [
        [(title, "dim") for title in ("AGENT", "NAME", "INSTALLED", "PERMISSIONS", "VERIFIED", "ACP")]
    ]
    for probe in sorted(probes, key=lambda probe: probe.path is None):
        agent = probe.agent
        installed = probe.path or ("no command line" if agent.executable is None else "no")
        rows.append(
            [
                (agent.key, "bold" if probe.path else ""),
                (agent.name, ""),
                (one_line(installed), "green" if probe.path else "dim"),
                (levels_of(agent), ""),
                (agent.verified or "-", "" if agent.verified else "dim"),
                ("yes" if agent.acp else "-", "" if agent.acp else "dim"),
            ]
        )
    yield from columns(rows, palette)
    yield ""
    for source in dict.fromkeys(probe.agent.source for probe in probes if probe.agent.source):
        keys = ", ".join(one_line(probe.agent.key) for probe in probes if probe.agent.source == source)
        yield f"{one_line(source)} says what is run for {keys}"
    found = sum(probe.path is not None for probe in probes)
    yield f"{found} of {plural(len(probes), 'agent')} installed; `plait agents check` asks for versions and logins"


def check_lines(probes: Sequence[Probe], palette: Palette) -> Iterator[str]:
    """Yield what was found out about agents that were asked, each in a few lines."""
    for probe in probes:
        sign, style = ("✓", "green") if probe.usable else ("✗", "red")
        title = f"{probe.agent.key} ({probe.agent.name})" if probe.agent.name != probe.agent.key else probe.agent.key
        yield f"{palette.paint(sign, style)} {palette.paint(title, 'bold')}"
        for name, value in _facts(probe):
            yield f"    {name + ':':<13}{value}"


def _facts(probe: Probe) -> Iterator[tuple[str, str]]:
    agent = probe.agent
    if probe.path:
        yield "executable", one_line(probe.path)
    if agent.source:
        yield "set in", one_line(agent.source)
    if probe.version:
        verified = f" (verified: {agent.verified})" if agent.verified else " (never verified)"
        yield "version", clip(one_line(probe.version), _LONGEST) + verified
    if probe.path:
        told = clip(one_line(probe.sign), _LONGEST)
        yield "logged in", f"{probe.signed_in}{f' ({told})' if told else ''}"
        yield "permissions", levels_of(agent)
        yield "ACP", "yes" if agent.acp else "no"
        yield "commands", place_of_commands(agent)
    if probe.problem:
        yield "problem", one_line(probe.problem)
    if probe.hint:
        yield "hint", one_line(probe.hint)


def agents_payload(probes: Sequence[Probe]) -> dict[str, Any]:
    """Return the same as an object."""
    return {"agents": [_payload(probe) for probe in probes]}


def _payload(probe: Probe) -> Mapping[str, Any]:
    agent = probe.agent
    return {
        "agent": agent.key,
        "name": agent.name,
        "executable": agent.executable,
        "path": probe.path,
        "source": agent.source or None,
        "version": None if probe.version is None else one_line(probe.version),
        "logged_in": probe.signed_in if probe.path else None,
        "permissions": [level for level in PERMISSIONS if level in agent.permissions],
        "continues_sessions": agent.can_continue,
        "verified": agent.verified or None,
        "acp": bool(agent.acp),
        "commands": None if agent.commands is None else place_of_commands(agent),
        "install": agent.install or None,
        "problem": one_line(probe.problem) or None,
        "hint": one_line(probe.hint) or None,
    }


def levels_of(agent: Agent) -> str:
    """Return the levels of permissions that an agent can be held to."""
    return " ".join(level for level in PERMISSIONS if level in agent.permissions) or "-"


def place_of_commands(agent: Agent) -> str:
    """Return where an agent keeps its commands."""
    if agent.commands is None:
        return "-"
    file = agent.commands.file
    for placeholder, example in (("{stem}", "plan"), ("{dashed}", "plan"), ("{name}", "speckit.plan")):
        file = file.replace(placeholder, example)
    return one_line(f"{agent.commands.folder}/{file}")
