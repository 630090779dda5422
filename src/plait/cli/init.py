"""`plait init`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from plait.agents.catalogue import agents_of
from plait.cli.options import json_option
from plait.cli.output import show
from plait.errors import PlaitError, StorageError, UsageError
from plait.scaffold import WORKFLOW_ID, Scaffolded, Script, for_folder, scaffold
from plait.scaffold.choice import by_installation, likely_agent
from plait.scaffold.rendering import call_of
from plait.scaffold.spec_kit import InitCall, complaint, find_specify
from plait.views.text import one_line

if TYPE_CHECKING:
    from plait.agents.agent import Agent
    from plait.agents.catalogue import Agents

_SHOWN = 12
_ANY = "generic"
"""The agent that stands for any."""


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--agent", "--integration", "key", metavar="NAME", help="The coding agent; asked for on a terminal if not given."
)
@click.option("--commands-dir", metavar="DIR", help="Where the agent keeps its commands, inside the project.")
@click.option("--force", is_flag=True, help="Overwrite files that somebody has changed too.")
@click.option("--script", type=click.Choice(["sh", "ps", "py"]), default="sh", help="The kind of scripts for Spec Kit.")
@click.option("--spec-kit/--no-spec-kit", help="Let Spec Kit's own `specify init` do it, or not (the default).")
@json_option
def init(
    folder: Path | None,
    key: str | None,
    commands_dir: str | None,
    *,
    force: bool,
    script: Script,
    spec_kit: bool,
    as_json: bool,
) -> None:
    """Set up a folder for spec-driven work: its constitution, commands for your coding agent, and a workflow."""
    target = Path.cwd() / (folder or "")
    agents = agents_of(target)
    agent = _chosen(agents, key)
    if commands_dir is not None:
        agent = for_folder(agent, commands_dir)
    if spec_kit:
        options = "" if commands_dir is None else f"--commands-dir {shlex.quote(commands_dir)}"
        call = InitCall("--here", agent.key, options, script, force=force)
        _by_spec_kit(target, call, as_json=as_json)
        done = Scaffolded(target, agent, (), (), ())
    else:
        done = scaffold(target, agent, script=script, force=force)
    steps = _next_steps(folder, agent)
    show(_payload(done, steps, spec_kit=spec_kit) if as_json else None, [*_lines(done, spec_kit=spec_kit), *steps])


def _chosen(agents: Agents, key: str | None) -> Agent:
    if key is None:
        on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
        key = _ask(agents) if on_terminal else likely_agent(agents, os.environ)
    if key not in agents:
        raise UsageError(f"there is no agent {key!r}", hint=agents.hint_for(key))
    return agents[key]


def _ask(agents: Agents) -> str:
    """Ask for an agent, by number or name; those that are installed come first."""
    installed, others = by_installation(agents, os.environ)
    keys = [*installed, *others]
    shown = max(len(installed), _SHOWN)
    for number, key in enumerate(keys[:shown], 1):
        there = " (installed)" if key in installed else ""
        click.echo(f"  {number:3} {key:14} {one_line(agents[key].name)}{there}", err=True)
    if keys[shown:]:
        click.echo(f"      or {', '.join(keys[shown:])}", err=True)
    usual = likely_agent(agents, os.environ)
    while True:
        text: str = click.prompt("Which coding agent", default=usual, prompt_suffix=": ", err=True)
        answer = text.strip()
        if answer.isdecimal() and 1 <= int(answer) <= shown:
            return keys[int(answer) - 1]
        if answer in agents:
            return answer
        click.echo(f"there is no agent {one_line(answer)!r}; {agents.hint_for(answer)}", err=True)


def _by_spec_kit(target: Path, call: InitCall, *, as_json: bool) -> None:
    specify = find_specify(os.environ)
    if specify is None:
        raise UsageError(
            "Spec Kit is not installed: there is no `specify` on the PATH",
            hint="without --spec-kit Plait sets the folder up by itself",
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
        ended = subprocess.run(
            [specify, *call.words()], cwd=target, check=False, capture_output=as_json, text=True, errors="replace"
        )
    except (OSError, ValueError) as error:
        raise StorageError(f"`specify init` cannot be run in {str(target)!r}: {error}") from error
    if ended.returncode:
        said = complaint((ended.stderr or "").strip() or ended.stdout or "")
        raise PlaitError(f"`specify init` exited with code {ended.returncode}" + (f": {said}" if said else ""))


def _lines(done: Scaffolded, *, spec_kit: bool) -> list[str]:
    if spec_kit:
        return []
    named = one_line(done.agent.name)
    lines = [f"set up for {named}: {len(done.written)} files written, {len(done.unchanged)} as they should be"]
    lines += [f"  kept {one_line(path)}: somebody has changed it" for path in done.kept[:_SHOWN]]
    if len(done.kept) > _SHOWN:
        lines.append(f"  and kept {len(done.kept) - _SHOWN} more")
    return [*lines, "  --force overwrites them"] if done.kept else lines


def _next_steps(folder: Path | None, agent: Agent) -> list[str]:
    place = agent.commands
    first = call_of("constitution", place) if place is not None else "speckit.constitution"
    there = "" if folder is None else f"cd {one_line(shlex.quote(str(folder)))} && "
    opened = one_line(agent.executable or f"open {agent.name if agent.key != _ANY else 'your agent'}")
    lines = [f"1. {there}{opened}, then {first}: what this project holds to"]
    if agent.executable:
        lines.append(f"2. {there}plait run {WORKFLOW_ID} --input spec='what to build': from words to code")
        lines.append(f"3. plait agents check {agent.key}: whether it is installed and logged in")
        if "edit" not in agent.permissions:
            what = "for workflows, as nothing is known that would hold this agent to less"
            lines.append(f'4. permissions = "full" in .specify/agents.toml: {what}')
        return lines
    return [
        *lines,
        f"2. {call_of('specify', place) if place else 'speckit.specify'} what to build",
        f"3. a workflow needs an agent with a command line: plait run {WORKFLOW_ID} --input integration=claude …",
    ]


def _payload(done: Scaffolded, steps: list[str], *, spec_kit: bool) -> dict[str, Any]:
    return {
        "folder": str(done.root),
        "agent": done.agent.key,
        "spec_kit": spec_kit,
        "written": list(done.written),
        "kept": list(done.kept),
        "unchanged": list(done.unchanged),
        "next": cast("list[str]", [step[3:] for step in steps]),
    }
