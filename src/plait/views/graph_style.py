"""The style sheet of a graph's picture.

Colours are written out for light and for dark: not every program that shows SVG knows variables of style sheets.
"""

from __future__ import annotations

_SHAPES = """
.plait-graph { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.plait-graph text { fill: currentColor; }
.plait-graph .heading { font-size: 15px; font-weight: 600; }
.plait-graph .label { font-size: 13px; font-weight: 600; text-anchor: middle; }
.plait-graph .detail { font-size: 11px; text-anchor: middle; fill-opacity: .75; }
.plait-graph .branch, .plait-graph .frame-label { font-size: 11px; fill-opacity: .85; }
.plait-graph .box { stroke-width: 1.3; }
.plait-graph .mark { fill: none; stroke-width: 1.3; }
.plait-graph .line { fill: none; stroke-width: 1.4; }
.plait-graph .line.back { stroke-dasharray: 5 4; }
.plait-graph .line.finally { stroke-dasharray: 1 4; stroke-linecap: round; stroke-width: 2; }
.plait-graph .frame { fill-opacity: .06; stroke-opacity: .5; }
.plait-graph .frame.item, .plait-graph .frame.pass { stroke-dasharray: 6 4; }
.plait-graph .dot { stroke-width: 1.5; }
.plait-graph .sign { font-size: 12px; font-weight: 700; text-anchor: middle; }
.plait-graph .completed .box { stroke-width: 1.8; }
.plait-graph .failed .box, .plait-graph .aborted .box { stroke-width: 3; }
.plait-graph .running .box, .plait-graph .paused .box, .plait-graph .interrupted .box { stroke-width: 2.2; }
.plait-graph .paused .box { stroke-dasharray: 8 3; }
.plait-graph .interrupted .box { stroke-dasharray: 3 3; }
.plait-graph .skipped .box, .plait-graph .pending .box { stroke-dasharray: 4 4; }
.plait-graph .untouched { opacity: .55; }
"""
_LIGHT = {
    "ink": "#1f2328",
    "page": "#ffffff",
    "box": "#ffffff",
    "line": "#57606a",
    "completed": "#1a7f37",
    "failed": "#cf222e",
    "aborted": "#cf222e",
    "running": "#0969da",
    "paused": "#9a6700",
    "interrupted": "#8250df",
    "skipped": "#6e7781",
    "pending": "#6e7781",
}
_DARK = {
    "ink": "#e6edf3",
    "page": "#0d1117",
    "box": "#161b22",
    "line": "#9198a1",
    "completed": "#3fb950",
    "failed": "#f85149",
    "aborted": "#f85149",
    "running": "#58a6ff",
    "paused": "#d29922",
    "interrupted": "#a371f7",
    "skipped": "#8b949e",
    "pending": "#8b949e",
}
_NO_STATES = ("ink", "page", "box", "line")


def style_of(*, standalone: bool = False) -> str:
    """Return the style sheet; the ink and the page are those around the picture unless it is `standalone`."""
    dark = _colours(_DARK, standalone=standalone)
    return f"{_SHAPES}{_colours(_LIGHT, standalone=standalone)}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _colours(colours: dict[str, str], *, standalone: bool) -> str:
    box, line = colours["box"], colours["line"]
    lines = ", ".join(f".plait-graph .{name}" for name in ("box", "mark", "line", "frame", "dot"))
    rules = [
        f".plait-graph .box, .plait-graph .dot.end {{ fill: {box}; }}",
        f".plait-graph .sign {{ fill: {box}; }}",
        f"{lines} {{ stroke: {line}; }}",
        f".plait-graph .tip, .plait-graph .frame, .plait-graph .dot.start, .plait-graph .dot.inner {{ fill: {line}; }}",
    ]
    for status, colour in colours.items():
        if status not in _NO_STATES:
            rules.append(f".plait-graph .{status} .box {{ stroke: {colour}; }}")
            rules.append(f".plait-graph .{status} .disc {{ fill: {colour}; }}")
    if standalone:
        rules.append(f".plait-graph {{ color: {colours['ink']}; background: {colours['page']}; }}")
    return "\n".join(rules) + "\n"
