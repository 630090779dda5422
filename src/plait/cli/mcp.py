"""`plait mcp`: Plait for clients of the Model Context Protocol."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NoReturn

import click

from plait.cli.command_facts import command_facts
from plait.cli.options import project_option
from plait.cli.project import project_root
from plait.errors import UsageError
from plait.skill import contents
from plait.views.exits import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@click.command()
@project_option
def mcp(project: Path | None) -> None:
    """Serve workflows and runs of the project to a coding agent, over the Model Context Protocol on stdin and stdout.

    It ends when its stdin does; the runs that it has started go on.
    """
    try:
        from plait.mcp.server import build_server  # noqa: PLC0415 - the SDK is an extra
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise UsageError(
            "`plait mcp` needs the SDK of the Model Context Protocol, which is not installed",
            hint='pip install "plait[mcp]"',
        ) from error
    server = build_server(project_root(project), _pages())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    server.run("stdio")


def _pages() -> Mapping[str, str]:
    """Return the references of the skill by their plain names."""
    texts = contents(command_facts()).items()
    return {path.removeprefix("references/").removesuffix(".md"): text for path, text in texts if "/" in path}


def _end(_number: int, _frame: object) -> NoReturn:
    # A thread waits for stdin and cannot be told to stop; there is nothing to save, as runs are other processes.
    os._exit(INTERRUPTED)
