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


@contextmanager
def download_progress() -> Iterator[Callable[[int, int | None], None] | None]:
    """Yield what shows on a terminal how far a download is, None elsewhere; leave nothing of it behind."""
    if not can_redraw(sys.stderr):
        yield None
        return
    shown = False

    def tell(done: int, expected: int | None) -> None:
        nonlocal shown
        shown = True
        of = "" if expected is None else f" of {expected / _MIB:.1f}"
        click.echo(f"{_ERASE}downloading {done / _MIB:.1f}{of} MiB", nl=False, err=True, color=True)

    try:
        yield tell
    finally:
        if shown:
            click.echo(_ERASE, nl=False, err=True, color=True)


def warn(text: str) -> None:
    """Print a warning."""
    click.echo(f"warning: {one_line(text)}", err=True)
