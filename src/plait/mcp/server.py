"""The server: its tools, its resources, and how it talks over stdio."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.server.mcpserver.resources import FunctionResource
from mcp_types import ToolAnnotations

from plait._version import __version__
from plait.api import WorkflowEngine
from plait.errors import PlaitError
from plait.journal import RunState
from plait.load.json_schema import workflow_schema
from plait.mcp.advancing import Advancing
from plait.mcp.looking import Looking
from plait.mcp.recounting import Recounting
from plait.mcp.results import error_of
from plait.runs import shown_status
from plait.views.json_text import as_json
from plait.views.payload import status_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_INSTRUCTIONS = """\
Plait runs workflows: YAML files whose steps run shell commands and coding agents, fan out and wait for people. Write
the file with your own tools, `validate` it until it is valid, look at the `plan`, then `run` it and follow its
`status`. A run goes on in the background. A gate (`paused`, with `waiting`) is a question to a person: ask them, and
pass on their word with `answer`. The resources plait://reference/... describe files, steps and expressions.
"""
_JSON = "application/json"


class _Kind(NamedTuple):
    """What a client may take a tool for."""

    reads: bool = False
    destroys: bool = False
    repeatable: bool = False
    open_world: bool = False


_LOOKS = _Kind(reads=True, repeatable=True)
_RUNS = _Kind(destroys=True, open_world=True)
_DECIDES = _Kind(destroys=True)


def build_server(root: Path, pages: Mapping[str, str]) -> MCPServer[Any]:
    """Return a server for one project; `pages` are texts to read, by their names.

    It holds nothing but where the project is: everything else is read from the disk at each call. What step packages
    print while they are imported goes to stderr: the SDK keeps stdout for itself.
    """
    server: MCPServer[Any] = MCPServer(
        "plait", title="Plait", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING"
    )
    looking, advancing, recounting = Looking(root), Advancing(root), Recounting(root)
    tools: list[tuple[Callable[..., Any], _Kind]] = [
        (looking.list_workflows, _LOOKS),
        (looking.list_runs, _LOOKS),
        (looking.validate, _LOOKS),
        (looking.plan, _LOOKS),
        (advancing.run, _RUNS),
        (advancing.status, _LOOKS),
        (recounting.logs, _LOOKS),
        (recounting.show, _LOOKS),
        (recounting.explain, _LOOKS),
        (advancing.answer, _DECIDES),
        (advancing.resume, _RUNS),
        (advancing.cancel, _DECIDES._replace(repeatable=True)),
    ]
    for tool, kind in tools:
        server.add_tool(_telling(tool), annotations=_annotations(kind), description=inspect.getdoc(tool))
    _add_resources(server, root, pages)
    return server


def _annotations(kind: _Kind) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=kind.reads,
        destructive_hint=kind.destroys,
        idempotent_hint=kind.repeatable,
        open_world_hint=kind.open_world,
    )


def _telling(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Return a tool that returns an error which a person can act on, in the words of the command line."""
    if inspect.iscoroutinefunction(tool):

        @functools.wraps(tool)
        async def later(*given: Any, **named: Any) -> Any:
            try:
                return await tool(*given, **named)
            except PlaitError as error:
                return error_of(error)

        return later

    @functools.wraps(tool)
    def at_once(*given: Any, **named: Any) -> Any:
        try:
            return tool(*given, **named)
        except PlaitError as error:
            return error_of(error)

    return at_once


def _add_resources(server: MCPServer[Any], root: Path, pages: Mapping[str, str]) -> None:
    for name, text in pages.items():
        server.add_resource(
            FunctionResource(
                uri=f"plait://reference/{name}",
                name=name,
                description=text.partition("\n")[0].lstrip("# "),
                mime_type="text/markdown",
                fn=functools.partial(str, text),
            )
        )

    @server.resource("plait://schema", name="schema", description="The JSON Schema of workflow files.", mime_type=_JSON)
    def schema() -> str:
        return as_json(workflow_schema(WorkflowEngine(root).step_types))

    @server.resource("plait://runs/{run_id}", name="run", description="Where a run stands.", mime_type=_JSON)
    def run_state(run_id: str) -> str:
        try:
            state = RunState.load(run_id, root)
        except PlaitError as error:
            raise ResourceNotFoundError(error.message) from error
        return as_json(status_payload(state, shown_status(state.status, state.folder)))
