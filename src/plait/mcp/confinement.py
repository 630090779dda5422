"""What a client may name: workflows inside the project, and no paths elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SUFFIXES = (".yml", ".yaml")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_LONGEST_INPUT = 100_000
"""Bytes of one input: a value travels as an argument of a process, and the kernel takes no longer ones."""


def workflow_source(root: Path, source: str) -> str:
    """Return a source as the engine takes it: the path of a file inside `root`, or the id of an installed workflow.

    Raises `UsageError` for a path that leads out of the project, also through a link, and for an address.
    """
    if not source.lower().endswith(_SUFFIXES):
        if not _ID.fullmatch(source):
            raise UsageError(
                f"{source[:200]!r} is neither a workflow file of the project nor the id of an installed workflow",
                hint="name a .yml file inside the project, or an id that list_workflows shows",
            )
        return source
    try:
        path = (root / source).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{source[:200]!r} is no path inside the project") from error
    if root.resolve() not in path.parents:
        raise UsageError(f"{source[:200]} leads out of the project {root}", hint="only files inside it can be named")
    return str(path)


def input_words(inputs: Mapping[str, object]) -> list[str]:
    """Return inputs as the options that hand them to a command; raises `UsageError` for what cannot be handed over."""
    words = []
    for name, value in inputs.items():
        text = value if isinstance(value, str) else _written(name, value)
        if "=" in name or "\0" in name + text:
            raise UsageError(f"input {name[:200]!r} cannot be handed over: it holds a character that it may not hold")
        if len(text.encode("utf-8", "replace")) > _LONGEST_INPUT:
            raise UsageError(
                f"input {name[:200]!r} is longer than {_LONGEST_INPUT:,} bytes",
                hint="put it into a file inside the project, and give the file's name",
            )
        words.append(f"--input={name}={text}")
    return words


def _written(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise UsageError(f"input {name[:200]!r} must be text, a number or a boolean")
