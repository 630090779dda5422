"""Overlays, and what a workflow is composed of, as `overlay list` and `resolve` show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.packages.overlay import BASE
from plait.views.table import columns
from plait.views.text import one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plait.packages.compose import Composed, Setting
    from plait.packages.overlay import Overlay
    from plait.views.palette import Palette
    from plait.views.table import Cell


def overlays_lines(workflow_id: str, overlays: Sequence[Overlay], root: Path, palette: Palette) -> Iterator[str]:
    """Yield one line an overlay, the one with the last word first (OVL-18)."""
    if not overlays:
        yield f"workflow {one_line(workflow_id)} has no overlays"
        return
    rows: list[list[Cell]] = [[(title, "dim") for title in ("OVERLAY", "PRIORITY", "STATE", "EDITS", "FILE")]]
    rows += [
        [
            (one_line(each.id), "bold"),
            (str(each.priority), ""),
            ("enabled", "green") if each.enabled else ("disabled", "dim"),
            (str(len(each.edits)), ""),
            (_path_text(each.path, root), "dim"),
        ]
        for each in overlays
    ]
    yield from columns(rows, palette)


def overlays_payload(workflow_id: str, overlays: Sequence[Overlay], root: Path) -> dict[str, Any]:
    """Return the same as an object."""
    return {"workflow_id": workflow_id, "overlays": [overlay_payload(each, each.path, root) for each in overlays]}


def overlay_payload(overlay: Overlay, path: Path | None, root: Path) -> dict[str, Any]:
    """Return an overlay as an object; paths in the project are relative to it."""
    return {
        "id": overlay.id,
        "extends": overlay.extends,
        "priority": overlay.priority,
        "enabled": overlay.enabled,
        "source": overlay.label,
        "edits": len(overlay.edits),
        "path": _path_text(path, root),
    }


def layers_lines(workflow_id: str, composed: Composed, root: Path, palette: Palette) -> Iterator[str]:
    """Yield the layers, the one with the last word first, then each step with where it is from (RSV-01)."""
    overlays = len(composed.layers) - 1
    counts = f"{plural(len(composed.origins), 'step')}, {plural(overlays, 'overlay') if overlays else 'no overlays'}"
    yield f"{palette.paint(one_line(workflow_id), 'bold')}: {counts}"
    yield ""
    yield "Layers, the one with the last word first:"
    rows: list[list[Cell]] = [
        [
            (f"  {one_line(layer.source)}", _style(layer.source)),
            ("" if layer.priority is None else f"priority {layer.priority}", ""),
            (_path_text(layer.path, root), "dim"),
        ]
        for layer in composed.layers
    ]
    yield from columns(rows, palette)
    yield ""
    yield "Steps:"
    for name, source in composed.origins.items():
        shown = palette.paint(one_line(source), style) if (style := _style(source)) else one_line(source)
        yield f"  {one_line(name)}: {shown}{_changes_text(_changes(composed, 'step', name))}"
    inputs = dict.fromkeys(setting.name for setting in composed.settings if setting.kind == "input")
    if inputs:
        yield ""
        yield "Inputs:"
    for name in inputs:
        yield f"  {one_line(name)}: {BASE}{_changes_text(_changes(composed, 'input', name))}"


def layers_payload(workflow_id: str, composed: Composed, root: Path) -> dict[str, Any]:
    """Return the same as an object."""
    inputs = dict.fromkeys(setting.name for setting in composed.settings if setting.kind == "input")
    return {
        "workflow_id": workflow_id,
        "layers": [{**layer._asdict(), "path": _path_text(layer.path, root) or None} for layer in composed.layers],
        "steps": [
            {"id": name, "source": source, "set": _changes_payload(_changes(composed, "step", name))}
            for name, source in composed.origins.items()
        ],
        "inputs": [
            {"name": name, "source": BASE, "set": _changes_payload(_changes(composed, "input", name))}
            for name in inputs
        ],
    }


def _changes(composed: Composed, kind: str, name: str) -> list[Setting]:
    return [setting for setting in composed.settings if setting.kind == kind and setting.name == name]


def _changes_text(settings: list[Setting]) -> str:
    return "".join(f", `{one_line(setting.key)}` from {one_line(setting.source)}" for setting in settings)


def _changes_payload(settings: list[Setting]) -> dict[str, str]:
    return {setting.key: setting.source for setting in settings}


def _path_text(path: Path | None, root: Path) -> str:
    if path is None:
        return ""
    return one_line(str(path.relative_to(root) if path.is_relative_to(root) else path))


def _style(source: str) -> str:
    return "" if source == BASE else "cyan"
