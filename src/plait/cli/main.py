"""The entry point: starts fast, ends with one exit code."""

from __future__ import annotations

import gc
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from plait._version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the process's own) name; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        print(f"plait {__version__}")  # noqa: T201 - before click is worth importing
        return 0
    from plait.cli import signals  # noqa: PLC0415 - `--version` needs none of it
    from plait.views.exits import INTERRUPTED  # noqa: PLC0415 - `--version` needs none of it

    is_own_process = arguments is None
    if is_own_process:
        signals.heed_signals()
        _leave_out_plugins()
    try:
        code = _guarded(words)
    except KeyboardInterrupt:
        # It came while that was imported which tells of errors.
        print("error: interrupted", file=sys.stderr)  # noqa: T201
        code = INTERRUPTED
    if is_own_process:
        signals.end_with(code)
    return code


def _guarded(words: list[str]) -> int:
    # What a command imports stays: looking for garbage in it, again and again, is a tenth of the start.
    gc.set_threshold(50_000)
    from plait.cli.commands import plait  # noqa: PLC0415 - `--version` needs none of it
    from plait.cli.errors import guarded  # noqa: PLC0415 - `--version` needs none of it

    return guarded(plait, words)


def _leave_out_plugins() -> None:
    """Let Pydantic find no plugins: to look for them it imports `email` and `socket`, a tenth of the start.

    Its variable `PYDANTIC_DISABLE_PLUGINS` does not keep it from that, and would be passed on to the steps.
    """
    loader = ModuleType("pydantic.plugin._loader")
    vars(loader)["get_plugins"] = tuple
    sys.modules.setdefault(loader.__name__, loader)
