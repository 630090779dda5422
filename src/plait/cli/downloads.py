"""What a person sees of long downloads."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from plait.cli.output import can_redraw
from plait.views.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ERASE = "\r\x1b[K"
_MIB = 1 << 20
_WIDTH = 24


@contextmanager
def download_progress() -> Iterator[Callable[[int, int | None], None] | None]:
    """Yield what shows on a terminal how far a download is, None elsewhere and with `--json`; leave nothing behind."""
    command = click.get_current_context(silent=True)
    if not can_redraw(sys.stderr) or (command is not None and command.params.get("as_json")):
        yield None
        return
    shown = False

    def tell(done: int, expected: int | None) -> None:
        nonlocal shown
        shown = True
        click.echo(f"{_ERASE}downloading {_how_far(done, expected)}", nl=False, err=True, color=True)

    try:
        yield tell
    finally:
        if shown:
            click.echo(_ERASE, nl=False, err=True, color=True)


def _how_far(done: int, expected: int | None) -> str:
    if not expected:
        return f"{done / _MIB:.1f} MiB"
    full = min(_WIDTH * done // expected, _WIDTH)
    return f"[{'#' * full}{'.' * (_WIDTH - full)}] {done / _MIB:.1f} of {expected / _MIB:.1f} MiB"


def warn(text: str) -> None:
    """Print a warning, in place of what is shown of a download that goes on."""
    begin = _ERASE if can_redraw(sys.stderr) else ""
    click.echo(f"{begin}warning: {one_line(text)}", err=True, color=True)
