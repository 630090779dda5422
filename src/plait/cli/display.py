"""Which view of a running run a person gets: the live board, plain lines, or none."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from plait.cli.output import can_redraw, palette_for, say
from plait.views.progress import PlainProgress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from plait.journal import RunState


class Display(Protocol):
    """A listener that shows what happens, from `begin` to `end`."""

    def begin(self, planned: Sequence[tuple[str, str]]) -> None:
        """Start to show; `planned` are id and name of the top-level steps."""

    def end(self) -> None:
        """Stop, and leave the terminal as it was."""

    def suspended(self) -> AbstractContextManager[None]:
        """Leave the terminal to somebody else for a while."""

    def on_step_start(self, step_id: str, label: str) -> None:
        """See a step begin."""

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """See an event."""

    def on_output(self, step_id: str, line: str) -> None:
        """See a line that a child printed."""


class PlainDisplay(PlainProgress):
    """Prints lines."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(lambda line: say(line, stream), palette_for(stream))

    def begin(self, planned: Sequence[tuple[str, str]]) -> None:
        """Nothing to prepare."""

    def end(self) -> None:
        """Nothing to restore."""

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Lines need no room kept free for them."""
        yield


def choose_display(stream: TextIO, *, plain: bool, quiet: bool) -> Display | None:
    """Return the view that fits a stream and what was asked for."""
    if quiet:
        return None
    if plain or not can_redraw(stream):
        return PlainDisplay(stream)
    from plait.views.live import LiveView  # noqa: PLC0415 - rich is for terminals alone

    return LiveView(stream, colours=palette_for(stream).colours)
