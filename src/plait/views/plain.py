"""Plait's own signs for terminals that know ASCII alone."""

from __future__ import annotations

_SIGNS = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "▸": ">",
        "‖": "=",
        "·": ".",
        "…": "...",
        "“": '"',
        "”": '"',
        "→": "->",
        "│": "|",
        "┊": ":",
        "█": "#",
        "▓": "x",
        "░": ".",
        "─": "-",
    }
)


def in_ascii(line: str) -> str:
    """Return a line with its signs in ASCII; what else it holds stays as it is."""
    return line.translate(_SIGNS)
