"""The entry point: starts fast, ends with one exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from plait._version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the process's own) name; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        print(f"plait {__version__}")
        return 0
    from plait.cli.commands import plait
    from plait.cli.errors import guarded

    return guarded(plait, words)
