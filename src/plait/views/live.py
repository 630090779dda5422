"""The live view: a tree of the steps that redraws itself while the run goes on."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from plait.views.board import Board
from plait.views.rows import rows_of
from plait.views.rowtext import row_text
from plait.views.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FRAMES_A_SECOND = 8
_ROWS_KEPT_FREE = 3
_ROOM_FOR_KEYS = 9
"""The cursor rests on the last line: the `^C` that a terminal echoes there must not wrap and shift the drawing."""
_STOPPING = {
    "interrupt": "stopping; Ctrl-C again kills what runs",
    "pause": "pausing",
    "cancel": "cancelling",
}


class LiveView(Board):
    """A board that draws itself on a terminal from a thread of its own, at most 8 times a second."""

    def __init__(self, stream: TextIO, *, colours: bool = True) -> None:
        super().__init__()
        self._console = Console(file=stream, no_color=not colours, highlight=False, markup=False, emoji=False)
        self._live: Live | None = None
        self._begun = 0.0

    def begin(self, planned: Sequence[tuple[str, str]]) -> None:
        """Start to draw."""
        self.planned = list(planned)
        self._begun = time.time()
        self._start()

    def end(self) -> None:
        """Draw for the last time and leave the terminal as it was."""
        self.stopping = ""
        self._stop(erase=False)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Stop drawing for as long as something else needs the terminal.

        What was drawn stays above it, unless other steps go on meanwhile and it would soon be wrong.
        """
        was_live = self._stop(erase=self.busy())
        try:
            yield
        finally:
            if was_live:
                self._start()

    def frame(self, now: float) -> Group:
        """Return what is to be drawn, no taller than the terminal."""
        width, height = self._console.size
        with self.lock:
            rows = rows_of(self, height - _ROWS_KEPT_FREE)
            lines = [row_text(row, width - 1, now) for row in rows]
        lines.append(self._last_line(width - _ROOM_FOR_KEYS, now))
        return Group(*lines)

    def _last_line(self, width: int, now: float) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(duration(now - self._begun), "dim")
        if self.run_id:
            text.append(f"  run {self.run_id}", "dim")
        if self.stopping:
            text.append(f"  {_STOPPING.get(self.stopping, 'stopping')}", "yellow")
        text.truncate(width, overflow="ellipsis")
        return text

    def _start(self) -> None:
        self._live = Live(
            console=self._console,
            get_renderable=lambda: self.frame(time.time()),
            refresh_per_second=_FRAMES_A_SECOND,
            vertical_overflow="crop",
        )
        self._live.start(refresh=True)

    def _stop(self, *, erase: bool) -> bool:
        live, self._live = self._live, None
        if live is None:
            return False
        live.transient = erase
        live.stop()
        return True
