"""What a tool returns: a payload as `--json` has it, or an error in the words of the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult, TextContent

from plait.errors import InvalidWorkflowError, PlaitError
from plait.load.report import format_problem, problem_as_json
from plait.views.json_text import as_json
from plait.views.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping


def result_of(payload: Mapping[str, Any], text: str | None = None) -> CallToolResult:
    """Return a payload as a result; `text` is what is read of it where an object is not, by default the same as JSON.

    Nothing in it steers a terminal.
    """
    plain = _cleaned(json.loads(as_json(payload, indent=None)))
    shown = clean(text) if text is not None else json.dumps(plain, indent=2, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=shown)], structured_content=plain)


def error_of(error: PlaitError) -> CallToolResult:
    """Return an error as a result, with every problem of a file, its place underlined."""
    problems = error.problems if isinstance(error, InvalidWorkflowError) else ()
    lines = [format_problem(problem) for problem in problems]
    lines.append(f"error: {error.message}")
    if error.hint:
        lines.append(f"hint: {error.hint}")
    payload: dict[str, Any] = {
        "type": type(error).__name__.removesuffix("Error"),
        "message": error.message,
        "hint": error.hint or None,
        "exit_code": error.exit_code,
    }
    if problems:
        payload["problems"] = [problem_as_json(problem) for problem in problems]
    return told_error("\n".join(lines), payload)


def told_error(text: str, payload: Mapping[str, Any]) -> CallToolResult:
    """Return an error that is already worded."""
    found = result_of({"error": payload}, text)
    return found.model_copy(update={"is_error": True})


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(each) for key, each in value.items()}
    return value
