"""What goes on beside the walk: syncing the journal, reading the mailbox, refreshing `state.json`, heeding signals."""

from __future__ import annotations

import os
import select
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
_END = 0
_MOST_AT_ONCE = 64


class Housekeeping:
    """A thread beside a run, from `with` to its end.

    Signals are handled while it lasts, if this is the main thread: the first one stops the run so that it can be
    resumed, the second ends its children at once and raises `KeyboardInterrupt` in the main thread.
    """

    def __init__(self, run: Run, signals: Sequence[int] = ()) -> None:
        self._run = run
        self._signals = tuple(signals)
        self._mailbox = Mailbox(run.state.folder)
        self._received, self._sender = os.pipe()
        os.set_blocking(self._sender, False)
        self._handled = 0
        self._heard = 0
        self._former: dict[int, object] = {}
        self._former_wakeup = -1
        self._thread = threading.Thread(target=self._keep, name="plait-housekeeping", daemon=True)
        self.failure: StorageError | None = None

    def __enter__(self) -> Self:
        # A pause that was asked of an owner who is gone has long happened.
        self.take_requests(unless="pause")
        if threading.current_thread() is threading.main_thread():
            # The number of a signal comes through the pipe even while the main thread waits for a lock and handles
            # nothing.
            self._former_wakeup = signal.set_wakeup_fd(self._sender, warn_on_full_buffer=False)
            for number in self._signals:
                # What whoever started this process has it ignore, as `nohup` does, stays ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._former[number] = signal.signal(number, self._handle)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(self._former_wakeup)
            for number, handler in self._former.items():
                signal.signal(number, handler)  # type: ignore[arg-type]
        os.write(self._sender, bytes([_END]))
        self._thread.join()
        os.close(self._sender)
        os.close(self._received)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._handled += 1
        if self._handled > 1:
            raise KeyboardInterrupt

    def _keep(self) -> None:
        poll = select.poll()
        poll.register(self._received, select.POLLIN)
        while True:
            numbers = os.read(self._received, _MOST_AT_ONCE) if poll.poll(_TICK * 1000) else b""
            try:
                for number in numbers:
                    if number in self._former:
                        self._heed(number)
                self._run.journal.sync()
                self._run.teller.catch_up()
                if self._mailbox.changed():
                    self.take_requests()
                self._run.journal.write_snapshot_if_due()
            except StorageError as error:
                self._give_up(error)
            except OSError as error:
                self._give_up(StorageError(f"cannot record what happens: {describe(error)}"))
            if _END in numbers:
                return

    def _give_up(self, error: StorageError) -> None:
        self.failure = self.failure or error
        self._run.cancellation.cancel("storage")

    def _heed(self, number: int) -> None:
        self._heard += 1
        if self._heard > 1:
            self._run.kill()
        else:
            self._run.stop("interrupt", signal.Signals(number).name)

    def take_requests(self, unless: str | None = None) -> None:
        """Act on what is in the mailbox and empty it; requests of the kind `unless` are only removed."""
        for request in self._mailbox.requests():
            if request.kind != unless:
                self._run.take_request(request)
            self._mailbox.remove(request.id)
