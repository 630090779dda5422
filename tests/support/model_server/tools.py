"""From what the model wants to do to the tool that the CLI declared for it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from support.model_server.turns import Action, ReadFile, RunShell, UseTool, WriteFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.model_server.calls import Call, Tool

_WRITE = ("Write", "write_file", "write", "create", "create_file")
_SHELL = ("Bash", "run_shell_command", "bash", "exec_command", "shell_command", "shell", "local_shell")
_READ = ("Read", "read_file", "read", "view")
_PATHS = ("file_path", "filePath", "filepath", "path", "absolute_path", "target_file")
_CONTENTS = ("content", "contents", "file_text", "text")
_COMMANDS = ("command", "cmd")


@dataclass(frozen=True)
class ToolUse:
    """A tool call ready to be rendered: `arguments` is a mapping, or a text for a tool that takes free text."""

    name: str
    arguments: Mapping[str, Any] | str


class NoSuchToolError(Exception):
    """The CLI declared no tool for the action."""


def tool_use(call: Call, action: Action) -> ToolUse:
    """The tool call that does `action` with the tools declared in `call`. NoSuchToolError where there is none."""
    match action:
        case UseTool(name, arguments):
            return ToolUse(name, arguments)
        case WriteFile(path, content):
            return _write(call, _absolute(call, path), content)
        case RunShell(command):
            return _shell(call, command)
        case ReadFile(path):
            return _read(call, _absolute(call, path))


def _write(call: Call, path: str, content: str) -> ToolUse:
    if tool := _first(call, _WRITE):
        return ToolUse(tool.name, _arguments(tool, {_PATHS: path, _CONTENTS: content}))
    if "apply_patch" in call.tools:
        patch = _patch(path, content)
        freeform = call.tools["apply_patch"].schema is None
        return ToolUse("apply_patch", patch if freeform else {"input": patch})
    folder = shlex.quote(str(PurePosixPath(path).parent))
    return _shell(call, f"mkdir -p {folder} && printf %s {shlex.quote(content)} > {shlex.quote(path)}")


def _shell(call: Call, command: str) -> ToolUse:
    tool = _first(call, _SHELL)
    if tool is None:
        raise NoSuchToolError(f"no shell among {sorted(call.tools)}")
    properties = (tool.schema or {}).get("properties", {})
    as_list = properties.get("command", {}).get("type") == "array"
    return ToolUse(tool.name, _arguments(tool, {_COMMANDS: ["bash", "-c", command] if as_list else command}))


def _read(call: Call, path: str) -> ToolUse:
    if tool := _first(call, _READ):
        return ToolUse(tool.name, _arguments(tool, {_PATHS: path}))
    return _shell(call, f"cat {shlex.quote(path)}")


def _first(call: Call, names: tuple[str, ...]) -> Tool | None:
    return next((call.tools[name] for name in names if name in call.tools), None)


def _arguments(tool: Tool, values: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    properties = (tool.schema or {}).get("properties", {})
    arguments = {next((name for name in names if name in properties), names[0]): it for names, it in values.items()}
    for name in (tool.schema or {}).get("required", ()):
        arguments.setdefault(name, _filler(properties.get(name, {})))
    return arguments


def _filler(schema: Mapping[str, Any]) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    return {"boolean": False, "integer": 1, "number": 1, "array": [], "object": {}}.get(schema.get("type", ""), "test")


def _patch(path: str, content: str) -> str:
    lines = "".join(f"+{line}\n" for line in content.splitlines())
    return f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n"


def _absolute(call: Call, path: str) -> str:
    return str(PurePosixPath(call.folder) / path) if call.folder else path
