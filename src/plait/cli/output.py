"""Where output goes, and in which colours."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from plait.views.palette import Palette
from plait.views.payload import as_json as to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO, TextIO


def can_redraw(stream: TextIO) -> bool:
    """Whether a stream is a terminal whose cursor can be moved."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


def palette_for(stream: TextIO) -> Palette:
    """Return colours for a terminal; `NO_COLOR` turns them off."""
    return Palette(can_redraw(stream) and not os.environ.get("NO_COLOR"))


def show(payload: Mapping[str, Any] | None, lines: Iterable[str]) -> None:
    """Print a payload as JSON or, without one, lines for a person."""
    if payload is not None:
        click.echo(to_json(payload))
        return
    for line in lines:
        click.echo(line, color=True)


@contextmanager
def reserved_stdout() -> Iterator[BinaryIO]:
    """Yield the process's stdout; meanwhile whatever else prints there goes to stderr (EXI-08)."""
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    stream = os.fdopen(saved, "wb", buffering=0)
    try:
        yield stream
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        stream.close()
