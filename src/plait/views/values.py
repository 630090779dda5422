"""Values inside a sentence: short, on one line, and clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.journal.values import StoredText
from plait.views.json_text import as_json
from plait.views.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_VALUE = 100
LONGEST_ERROR = 200
_MOST_NAMED = 5


def shown(value: object, most: int = LONGEST_VALUE) -> str:
    """Return a value as JSON on one line, cut to `most` characters."""
    if isinstance(value, str):
        value = value[: most + 1]
    elif isinstance(value, StoredText):
        value = value.head[: most + 1]
    elif isinstance(value, (list, tuple)) and len(value) > most:
        value = [*value[:most], "…"]
    return clip(one_line(as_json(value, indent=None)), most)


def said(text: object, most: int = LONGEST_ERROR) -> str:
    """Return what a step, an agent or a person said on one line, without a full stop at its end."""
    return clip(one_line(str(text or "")[: most * 4]), most).rstrip(".") if text else "no reason was given"


def read_text(read: Mapping[str, object]) -> str:
    """Return the paths of an expression with their values: `inputs.deep = false, steps.a.output.exit_code = 0`."""
    return ", ".join(f"{one_line(path)} = {shown(value)}" for path, value in read.items())


def decided_by(expression: object, read: Mapping[str, object]) -> str:
    """Return an expression and what it read, in brackets, or nothing where it is known without: ` (`{{ … }}`: …)`."""
    if not expression or expression in ("true", "false"):
        return ""
    values = read_text(read)
    return f" ({clip(one_line(str(expression)), LONGEST_VALUE)}" + (f": {values})" if values else ")")


def listed(names: Iterable[object], most: int = _MOST_NAMED) -> str:
    """Return names in a row, the last ones counted if they are many: `a, b and 3 more`."""
    found = [one_line(str(name)) for name in names]
    if len(found) > most:
        return f"{', '.join(found[:most])} and {len(found) - most:,} more"
    return ", ".join(found)
