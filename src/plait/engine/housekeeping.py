"""What goes on beside the walk: syncing the journal, reading the mailbox, refreshing `state.json`, heeding signals."""

from __future__ import annotations

import queue
import signal
import threading
from typing import TYPE_CHECKING, Self

from plait.errors import StorageError
from plait.journal.folder import describe
from plait.journal.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from plait.engine.run import Run

_TICK = 0.05
"""Seconds that the journal may be behind the disk."""


class Housekeeping:
    """A thread beside a run, from `with` to its end.

    Signals are handled while it lasts, if this is the main thread: the first one stops the run so that it can be
    resumed, the second ends its children at once and raises `KeyboardInterrupt` in the main thread.
    """

    def __init__(self, run: Run, signals: Sequence[int] = ()) -> None:
        self._run = run
        self._signals = tuple(signals)
        self._mailbox = Mailbox(run.state.folder)
        # Its `put` may be called from a signal handler whatever the main thread is doing; an Event's `set` may not.
        self._received: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._count = 0
        self._former: dict[int, object] = {}
        self._thread = threading.Thread(target=self._keep, name="plait-housekeeping", daemon=True)
        self.failure: StorageError | None = None

    def __enter__(self) -> Self:
        # A pause that was asked of an owner who is gone has long happened.
        self.take_requests(unless="pause")
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                # What whoever started this process has it ignore, as `nohup` does, stays ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._former[number] = signal.signal(number, self._receive)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._received.put(None)
        self._thread.join()
        for number, handler in self._former.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self._count += 1
        self._received.put(number)
        if self._count > 1:
            raise KeyboardInterrupt

    def _keep(self) -> None:
        while True:
            try:
                number = self._received.get(timeout=_TICK)
            except queue.Empty:
                number = 0
            if number is None:
                return
            try:
                if number:
                    self._heed(number)
                self._run.journal.sync()
                if self._mailbox.changed():
                    self.take_requests()
                self._run.journal.write_snapshot_if_due()
            except StorageError as error:
                self._give_up(error)
            except OSError as error:
                self._give_up(StorageError(f"cannot record what happens: {describe(error)}"))

    def _give_up(self, error: StorageError) -> None:
        self.failure = self.failure or error
        self._run.cancellation.cancel("storage")

    def _heed(self, number: int) -> None:
        if self._count > 1:
            self._run.kill()
        else:
            self._run.stop("interrupt", signal.Signals(number).name)

    def take_requests(self, unless: str | None = None) -> None:
        """Act on what is in the mailbox and empty it; requests of the kind `unless` are only removed."""
        for request in self._mailbox.requests():
            if request.kind != unless:
                self._run.take_request(request)
            self._mailbox.remove(request.id)
