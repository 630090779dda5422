"""`plait agents`: the coding agents that steps can use."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from plait.agents.catalogue import agents_of
from plait.agents.probe import look, probe_all
from plait.cli.options import json_option, project_option
from plait.cli.output import can_redraw, palette_for, show
from plait.cli.project import project_root
from plait.views import exits
from plait.views.agents import agents_lines, agents_payload, check_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plait.agents.agent import Agent
    from plait.agents.probe import Probe

_ERASE = "\r\x1b[K"


@click.group()
def agents() -> None:
    """Show the coding agents that steps can use."""


@agents.command("list")
@project_option
@json_option
def list_agents(project: Path | None, *, as_json: bool) -> None:
    """List every agent there is, those that are installed first; starts none of them."""
    known = agents_of(project_root(project))
    probes = [look(agent, os.environ) for agent in known.values()]
    show(agents_payload(probes) if as_json else None, agents_lines(probes, palette_for(sys.stdout)))


@agents.command("check")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@project_option
@json_option
def check_agents(names: tuple[str, ...], project: Path | None, *, as_json: bool) -> int:
    """Ask agents for their version and whether somebody is logged in; costs nothing.

    Without a NAME every installed agent is asked. Exits with 1 if one that was named cannot be used.
    """
    known = agents_of(project_root(project))
    chosen = [known.named(name) for name in dict.fromkeys(names)] or _installed(list(known.values()))
    with _progress(len(chosen)) as tell:
        probes = _probed(chosen, tell)
    show(agents_payload(probes) if as_json else None, _lines(probes))
    return exits.FAILED if names and not all(probe.usable for probe in probes) else exits.COMPLETED


def _installed(every: list[Agent]) -> list[Agent]:
    return [agent for agent in every if look(agent, os.environ).path is not None]


def _probed(chosen: list[Agent], tell: Callable[[int], None]) -> list[Probe]:
    """Probe agents; return what was found in the order of the agents."""
    found: dict[str, Probe] = {}
    tell(0)
    for probe in probe_all(chosen, os.environ):
        found[probe.agent.key] = probe
        tell(len(found))
    return [found[agent.key] for agent in chosen]


def _lines(probes: list[Probe]) -> Iterator[str]:
    if not probes:
        yield "no agent is installed; `plait agents list` shows those there are"
    yield from check_lines(probes, palette_for(sys.stdout))


@contextmanager
def _progress(count: int) -> Iterator[Callable[[int], None]]:
    """Say on a terminal how many have answered; leave nothing of it behind."""
    if not can_redraw(sys.stderr) or not count:
        yield lambda _: None
        return
    try:
        yield lambda done: click.echo(f"{_ERASE}asking agents: {done} of {count}", nl=False, err=True, color=True)
    finally:
        click.echo(_ERASE, nl=False, err=True, color=True)
