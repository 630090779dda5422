"""A problem as a person or a program reads it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.model.problems import Problem

TAB_WIDTH = 4
_LONGEST_LINE = 160
_LEAD = 60
"""How many characters of a long line are kept before the place in question."""


def format_problem(problem: Problem) -> str:
    """Return `file:line:column: error: message`, the line with the place underlined, and the hint, without colour."""
    mark = problem.mark
    place = f"{problem.file}:{mark.line}:{mark.column}: " if problem.file else ""
    lines = [f"{place}{problem.severity}: {visible(problem.message)}"]
    if problem.source_line.strip():
        number = str(mark.line)
        shown, caret = _underlined(problem)
        lines += [f"  {number} | {shown}", f"  {' ' * len(number)} | {caret}"]
    if problem.hint:
        lines.append(f"  hint: {visible(problem.hint)}")
    return "\n".join(lines)


def problem_as_json(problem: Problem) -> dict[str, object]:
    """Return a problem as a JSON object; `line` and `column` count from 1, `path` leads to the value in question."""
    return {
        "severity": str(problem.severity),
        "message": problem.message,
        "hint": problem.hint or None,
        "file": problem.file,
        "line": problem.mark.line,
        "column": problem.mark.column,
        "length": problem.length,
        "path": list(problem.path),
    }


def visible(text: str) -> str:
    """Return text with control characters written out, so that none reaches a terminal."""
    return "".join(_visible_character(character) for character in text)


def _underlined(problem: Problem) -> tuple[str, str]:
    line, start = problem.source_line, problem.mark.column - 1
    first = max(0, start - _LEAD) if len(line) > _LONGEST_LINE else 0
    last = min(len(line), first + _LONGEST_LINE)
    before = _expanded(line[first:start])
    marked = _expanded(line[start : min(start + problem.length, last)], _width(before))
    after = _expanded(line[min(start + problem.length, last) : last], _width(before) + _width(marked))
    lead = "..." if first else ""
    tail = "..." if last < len(line) else ""
    shown = f"{lead}{before}{marked}{after}".rstrip() + tail
    return shown, " " * (len(lead) + _width(before)) + "^" * max(1, _width(marked))


def _expanded(text: str, column: int = 0) -> str:
    """Return text with tabs as spaces and control characters written out; `column` is the width before it."""
    parts: list[str] = []
    for character in text:
        part = " " * (TAB_WIDTH - column % TAB_WIDTH) if character == "\t" else _visible_character(character)
        parts.append(part)
        column += _width(part)
    return "".join(parts)


def _visible_character(character: str) -> str:
    """Return a character, or its escape if it would steer a terminal or change the order of the text."""
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if category in {"Cc", "Cs", "Zl", "Zp"} or (category == "Cf" and character not in _JOINERS):
        return character.encode("unicode_escape").decode()
    return character


_JOINERS = "\u200c\u200d\u00ad"


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
