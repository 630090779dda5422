"""Where output goes, and in which colours."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from plait.views.palette import Palette

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
        from plait.views.json_text import as_json  # noqa: PLC0415 - few ask for JSON

        click.echo(as_json(payload))
        return
    for line in lines:
        click.echo(line, color=True)


def say(line: str, stream: TextIO) -> None:
    """Print a line about a run; whoever read the stream may have left, and the run goes on all the same."""
    try:
        click.echo(line, file=stream, color=True)
    except OSError:
        abandon(stream)


def abandon(stream: TextIO) -> None:
    """Send what is still printed to a stream whose reader has left to nowhere, so that nothing raises at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def reserved_stdout() -> Iterator[BinaryIO]:
    """Yield the process's stdout; meanwhile whatever else prints there goes to stderr (EXI-08)."""
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    stream = os.fdopen(saved, "wb")
    try:
        yield stream
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        with suppress(OSError):
            stream.close()
