"""The live view: a tree of the steps that redraws itself while the run goes on."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from plait.views.board import Board
from plait.views.rows import rows_of
from plait.views.rowtext import row_text
from plait.views.spending import spent_text
from plait.views.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHORTEST_PAUSE = 1 / 8
_LONGEST_PAUSE = 1.0
_REST = 16
"""How many times as long as a frame took to draw the pause after it is: drawing never takes more than 6 % of a core."""
_ROWS_KEPT_FREE = 3
_ROOM_FOR_KEYS = 9
"""The cursor rests on the last line: the `^C` that a terminal echoes there must not wrap and shift the drawing."""
_STOPPING = {
    "interrupt": "stopping; Ctrl-C again kills what runs",
    "pause": "pausing",
    "cancel": "cancelling",
}


class _Painter(threading.Thread):
    """Draws anew until it is stopped, the more seldom the longer a frame takes."""

    def __init__(self, live: Live) -> None:
        super().__init__(name="plait-view", daemon=True)
        self._live = live
        self._over = threading.Event()

    def run(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._over.wait(pause):
            begun = time.thread_time()
            self._live.refresh()
            pause = min(max((time.thread_time() - begun) * _REST, _SHORTEST_PAUSE), _LONGEST_PAUSE)

    def stop(self) -> None:
        """Return when nothing more is drawn."""
        self._over.set()
        self.join()


class LiveView(Board):
    """A board that draws itself on a terminal from a thread of its own, at most 8 times a second."""

    def __init__(self, stream: TextIO, *, colours: bool = True) -> None:
        super().__init__()
        self._console = Console(file=stream, no_color=not colours, highlight=False, markup=False, emoji=False)
        self._live: Live | None = None
        self._painter: _Painter | None = None
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
        if self.spent is not None and (cost := spent_text(self.spent)):
            text.append(f"  {cost}", "dim")
        if self.stopping:
            text.append(f"  {_STOPPING.get(self.stopping, 'stopping')}", "yellow")
        text.truncate(width, overflow="ellipsis")
        return text

    def _start(self) -> None:
        self._live = Live(
            console=self._console,
            get_renderable=lambda: self.frame(time.time()),
            auto_refresh=False,
            vertical_overflow="crop",
        )
        self._live.start(refresh=True)
        self._painter = _Painter(self._live)
        self._painter.start()

    def _stop(self, *, erase: bool) -> bool:
        live, self._live = self._live, None
        if live is None or self._painter is None:
            return False
        self._painter.stop()
        live.transient = erase
        live.stop()
        return True
