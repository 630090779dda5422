"""Texts of which some parts are not known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.views.text import clean, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.expressions.partial import Resolved
    from plait.views.palette import Palette


class Piece(NamedTuple):
    """A stretch of a line; `unknown` tells that it will be something else in the run."""

    text: str
    unknown: bool = False


def resolved_lines(value: Resolved, width: int, most: int) -> list[list[Piece]]:
    """Return the lines of a text, made safe: at most so many, each of at most so many columns."""
    lines: list[list[Piece]] = [[]]
    for part in value.parts:
        for number, line in enumerate(clean(part.text).expandtabs(4).split("\n")):
            if number:
                lines.append([])
            if line:
                lines[-1].append(Piece(line, bool(part.unknown)))
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    left_out = len(lines) - most
    if left_out > 1:
        return [
            *(_clipped(line, width) for line in lines[: most - 1]),
            [Piece(f"… {plural(left_out + 1, 'more line')}")],
        ]
    return [_clipped(line, width) for line in lines]


def _clipped(line: Sequence[Piece], width: int) -> list[Piece]:
    left = max(width, 1)
    found = []
    for piece in line:
        if len(piece.text) > left:
            found.append(Piece(piece.text[: left - 1] + "…", piece.unknown))
            break
        found.append(piece)
        left -= len(piece.text)
        if left <= 0:
            break
    return found


def painted(line: Sequence[Piece], palette: Palette) -> str:
    """Return a line with what is not known in a colour."""
    return "".join(palette.paint(piece.text, "yellow") if piece.unknown else piece.text for piece in line)


def resolved_payload(value: Resolved) -> dict[str, Any]:
    """Return a text as an object: `text`, `known`, `value` if it is known, `depends_on`, and `error` if it fails."""
    found: dict[str, Any] = {"text": value.text, "known": value.is_known}
    if value.is_known:
        found["value"] = value.value
    if value.unknown:
        found["depends_on"] = list(value.unknown)
    if value.error:
        found["error"] = value.error
    return found
