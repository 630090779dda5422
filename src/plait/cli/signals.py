"""Signals while no run is under way: a command ends with a code of its own, and never with a traceback."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from plait.views.exits import INTERRUPTED

if TYPE_CHECKING:
    from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed_signals() -> None:
    """Let the first signal that ends programs raise `KeyboardInterrupt`, and a second one end this one at once.

    What whoever started this process has it ignore, as `nohup` does, stays ignored.
    """
    heard = 0

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        heard += 1
        if heard > 1:
            os._exit(INTERRUPTED)
        raise KeyboardInterrupt

    for number in _NUMBERS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, handle)


def end_with(code: int) -> None:
    """Let a signal that comes from now on change nothing any more: all is said, and the process ends with `code`."""
    for number in _NUMBERS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: os._exit(code))
