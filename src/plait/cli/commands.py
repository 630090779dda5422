"""The table of commands; a command's module is imported when it is called."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

import click

from plait._version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping


class Entry(NamedTuple):
    """Where a command is and what the overview says of it."""

    place: str
    summary: str


COMMANDS: Mapping[str, Entry] = {
    "init": Entry("plait.cli.init:init", "Set up a folder for spec-driven work with a coding agent."),
    "run": Entry("plait.cli.run:run", "Run a workflow."),
    "resume": Entry("plait.cli.resume:resume", "Go on with a run where it stopped."),
    "status": Entry("plait.cli.status:status", "Show where a run stands, or list all runs."),
    "logs": Entry("plait.cli.logs:logs", "Show what the steps of a run printed."),
    "answer": Entry("plait.cli.answer:answer", "Answer a gate that waits."),
    "cancel": Entry("plait.cli.cancel:cancel", "End or pause a run, from any terminal."),
    "validate": Entry("plait.cli.validate:validate", "Say everything that is wrong with a workflow file."),
    "new": Entry("plait.cli.new:new", "Write a workflow file to start from."),
    "schema": Entry("plait.cli.schema:schema", "Print the JSON Schema of workflow files, for editors."),
    "test": Entry("plait.cli.test:test", "Run the tests of workflows: dry runs, answered by stubs."),
    "plan": Entry("plait.cli.plan:plan", "Show what a run would do, and what it is likely to take."),
    "graph": Entry("plait.cli.graph:graph", "Draw a workflow, or a run with its states."),
    "show": Entry("plait.cli.show:show_run", "Show a run, step by step, with a timeline."),
    "explain": Entry("plait.cli.explain:explain", "Say why a step of a run came to be as it is."),
    "diff": Entry("plait.cli.diff:diff", "Show what differs between two runs."),
    "runs": Entry("plait.cli.runs:runs", "List, show and remove recorded runs."),
    "report": Entry("plait.cli.report:report", "Write a page about a run: one HTML file that any browser opens."),
    "agents": Entry("plait.cli.agents:agents", "Show the coding agents that steps can use, and what they need."),
    "add": Entry("plait.cli.add:add", "Install a workflow: a file, a folder, an address, or from a catalog."),
    "update": Entry("plait.cli.update:update", "Bring workflows from catalogs to their newest version."),
    "remove": Entry("plait.cli.remove:remove", "Remove an installed workflow."),
    "enable": Entry("plait.cli.enable:enable", "Let a disabled workflow be run again."),
    "disable": Entry("plait.cli.enable:disable", "Keep a workflow installed, but let it be run no more."),
    "sync": Entry("plait.cli.sync:sync", "Make a project match its plait.lock."),
    "list": Entry("plait.cli.list_command:list_workflows", "List the installed workflows."),
    "info": Entry("plait.cli.info:info", "Show a workflow: what it is, its inputs and its steps."),
    "search": Entry("plait.cli.search:search", "Search the catalogs for workflows."),
    "catalog": Entry("plait.cli.catalog:catalog", "Show and change the catalogs in which workflows are looked for."),
    "resolve": Entry("plait.cli.resolve:resolve", "Show what an installed workflow is composed of."),
    "overlay": Entry("plait.cli.overlay:overlay", "Change installed workflows without editing them."),
    "step": Entry("plait.cli.step:step", "Show, add and remove step types."),
    "skill": Entry("plait.cli.skill:skill", "Teach coding agents to write and run workflows."),
    "mcp": Entry("plait.cli.mcp:mcp", "Serve workflows and runs to a coding agent over MCP."),
    "notify": Entry("plait.cli.notify:notify", "Try the notices that are sent when a run stops."),
    "completion": Entry("plait.cli.completion:completion", "Print the script that completes commands in a shell."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called, and not for the overview."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; suggest the nearest name for one that does not exist."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else " `plait --help` lists the commands."
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table alone."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="plait %(version)s")
def plait() -> None:
    """Run workflows of shell commands and coding agents that fan out, wait for people and resume exactly.

    \b
    Exit codes: 0 completed, 1 failed, 2 wrong call or invalid workflow,
                3 paused, 4 aborted, 130 interrupted.
    """  # noqa: D301 - \b is click's mark for text it must not wrap
