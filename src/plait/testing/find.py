"""Which files are tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from plait.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENDINGS = (".test.yml", ".test.yaml")
_LEFT_OUT = frozenset({"node_modules", "__pycache__", "venv"})


def find_test_files(paths: Iterable[Path]) -> list[Path]:
    """Return the test files among and below paths, each once: those named, then those found, by name.

    Hidden folders other than `.specify`, folders of packages and links are not looked into. Raises `UsageError` for a
    path that there is not.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            for each in sorted(_below(path)):
                found.setdefault(each.resolve(), each)
        elif path.is_file():
            found.setdefault(path.resolve(), path)
        else:
            raise UsageError(f"no such file or folder: {path}")
    return list(found.values())


def _below(root: Path) -> Iterator[Path]:
    for folder, inner, files in os.walk(root):
        inner[:] = [name for name in inner if _is_looked_into(folder, name)]
        for name in files:
            if name.endswith(ENDINGS):
                yield Path(folder) / name


def _is_looked_into(folder: str, name: str) -> bool:
    if name in _LEFT_OUT or (name.startswith(".") and name != ".specify"):
        return False
    return not (name == "runs" and folder.endswith("workflows"))
