"""A workflow as `info` shows it: what it says of itself, its inputs, and all its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.views.json_text import as_json
from plait.views.text import clip, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from plait.load import WorkflowDefinition
    from plait.packages.compose import Layer
    from plait.views.palette import Palette

_BLOCKS = ("steps", "then", "else", "cases", "branches", "default", "step")
_DETAILS = ("command", "run", "prompt", "message", "items", "condition", "expression", "workflow", "integration")
_LONGEST = 100
_LONGEST_FACT = 500
_BASE = "base"


class WorkflowFacts(NamedTuple):
    """A workflow and what is known of it here.

    `entry` is what the registry has of it, None for a workflow that is not installed; `origins` tells by step id
    where each is from; `unmet` are the requirements that are not so.
    """

    definition: WorkflowDefinition
    path: Path | None
    entry: Mapping[str, Any] | None = None
    layers: Sequence[Layer] = ()
    origins: Mapping[str, str] = {}
    unmet: Sequence[str] = ()


def info_lines(facts: WorkflowFacts, palette: Palette) -> Iterator[str]:
    """Yield everything about a workflow (INF-02)."""
    definition = facts.definition
    name = f" - {clip(one_line(definition.name), _LONGEST)}" if definition.name != definition.id else ""
    yield f"{palette.paint(one_line(definition.id) or '(no id)', 'bold')} {one_line(definition.version)}{name}"
    for title, value in _facts(facts):
        if value:
            yield f"    {title + ':':<13} {clip(one_line(value), _LONGEST_FACT)}"
    for sentence in facts.unmet:
        yield palette.paint(f"    {one_line(sentence)}", "yellow")
    if definition.inputs:
        yield ""
        yield "Inputs:"
        for key, declared in definition.inputs.items():
            yield f"  {_input_text(str(key), declared)}"
    yield ""
    steps = _tree(definition.steps, facts.origins)
    yield f"Steps ({_count(steps)}):"
    yield from _step_lines(steps, "  ", palette)
    last = _tree(definition.data.get("finally"), facts.origins)
    if last:
        yield f"Finally ({_count(last)}):"
        yield from _step_lines(last, "  ", palette)


def info_payload(facts: WorkflowFacts) -> dict[str, Any]:
    """Return the same as an object."""
    definition = facts.definition
    entry = facts.entry
    return {
        "id": definition.id,
        "name": definition.name,
        "version": definition.version,
        "author": definition.author,
        "description": definition.description,
        "integration": definition.default_integration,
        "model": definition.default_model,
        "installed": entry is not None,
        "enabled": None if entry is None else entry.get("enabled", True) is not False,
        "source": None if entry is None else entry.get("source"),
        "path": None if facts.path is None else str(facts.path),
        "layers": [{"source": each.source, "priority": each.priority} for each in facts.layers],
        "requires": definition.requires,
        "unmet": list(facts.unmet),
        "notify": _notices(definition),
        "inputs": {str(key): declared for key, declared in definition.inputs.items()},
        "steps": _tree(definition.steps, facts.origins),
        "finally": _tree(definition.data.get("finally"), facts.origins),
    }


def _facts(facts: WorkflowFacts) -> Iterator[tuple[str, str]]:
    definition, entry = facts.definition, facts.entry
    yield "author", definition.author
    yield "description", definition.description
    yield "agent", definition.default_integration or ""
    yield "model", definition.default_model or ""
    if entry is None:
        yield "installed", "no"
    else:
        disabled = ", disabled" if entry.get("enabled", True) is False else ""
        catalog = entry.get("catalog_name")
        source = f"the catalog {catalog}" if isinstance(catalog, str) else entry.get("source")
        yield "installed", f"yes{disabled}" + (f", from {source}" if isinstance(source, str) else "")
    yield "file", str(facts.path or "")
    yield "overlays", ", ".join(each.source for each in facts.layers if each.source != _BASE)
    for notice in _notices(definition):
        yield "notifies", _short(notice)
    for key, wanted in definition.requires.items():
        yield "requires", f"{key} {wanted if isinstance(wanted, str) else _short(wanted)}"


def _notices(definition: WorkflowDefinition) -> list[object]:
    """Return whom the workflow tells when a run of it stops, as written."""
    notify = definition.data.get("notify")
    return notify if isinstance(notify, list) else [] if notify is None else [notify]


def _input_text(name: str, declared: object) -> str:
    if not isinstance(declared, dict):
        return one_line(name)
    kind = one_line(str(declared.get("type", "string")))
    need = "required" if declared.get("required") is True and "default" not in declared else "optional"
    text = f"{one_line(name)} ({kind}) - {need}"
    if "default" in declared:
        text += f", default {_short(declared['default'])}"
    if isinstance(declared.get("enum"), list):
        text += f", one of {_short(declared['enum'])}"
    said = declared.get("description") or declared.get("prompt")
    return f"{text}: {clip(one_line(said), _LONGEST)}" if isinstance(said, str) else text


def _short(value: object) -> str:
    return clip(one_line(as_json(value, indent=None)), _LONGEST)


def _tree(steps: object, origins: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return steps as objects: id, type, what they do, and the steps in each of their blocks."""
    if not isinstance(steps, list):
        return []
    return [_step(step, origins) for step in steps if isinstance(step, dict)]


def _step(step: Mapping[Any, Any], origins: Mapping[str, str]) -> dict[str, Any]:
    key = step.get("id")
    found: dict[str, Any] = {"id": key if isinstance(key, str) else None, "type": str(step.get("type", "command"))}
    if isinstance(step.get("name"), str):
        found["name"] = step["name"]
    found["does"] = {name: step[name] for name in _DETAILS if isinstance(step.get(name), str)}
    if isinstance(key, str) and key in origins:
        found["from"] = origins[key]
    found["blocks"] = {name: block for name, written in _blocks(step) if (block := _tree(written, origins))}
    return found


def _blocks(step: Mapping[Any, Any]) -> Iterator[tuple[str, object]]:
    for name in _BLOCKS:
        written = step.get(name)
        if name in ("cases", "branches"):
            if isinstance(written, dict):
                for case, block in written.items():
                    yield f"{name[:-1] if name == 'cases' else 'branch'} {case}", block
        elif name == "step":
            yield "each", [written] if isinstance(written, dict) else None
        else:
            yield name, written


def _step_lines(steps: Sequence[Mapping[str, Any]], indent: str, palette: Palette) -> Iterator[str]:
    for step in steps:
        shown = f"{indent}{one_line(step['id'] or '?')} {palette.paint('[' + one_line(step['type']) + ']', 'dim')}"
        if "name" in step:
            shown += f" “{clip(one_line(step['name']), _LONGEST)}”"
        if detail := _detail(step["does"]):
            shown += f" {palette.paint(detail, 'dim')}"
        if step.get("from", _BASE) != _BASE:
            shown += palette.paint(f"  from {one_line(step['from'])}", "cyan")
        yield shown
        blocks = step["blocks"]
        for name, block in blocks.items():
            alone = len(blocks) == 1 and name in ("steps", "each")
            if not alone:
                yield f"{indent}  {one_line(name)}:"
            yield from _step_lines(block, indent + ("  " if alone else "    "), palette)


def _detail(does: Mapping[str, str]) -> str:
    for name in _DETAILS:
        lines = [line for line in does.get(name, "").splitlines() if line.strip()]
        if lines:
            more = f" (+{plural(len(lines) - 1, 'line')})" if len(lines) > 1 else ""
            return clip(one_line(lines[0]), _LONGEST) + more
    return ""


def _count(steps: Sequence[Mapping[str, Any]]) -> int:
    return sum(1 + sum(_count(block) for block in step["blocks"].values()) for step in steps)
