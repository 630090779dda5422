"""Many items at once, on a bounded number of threads: a free one takes the next item at once."""

from __future__ import annotations

import time
from collections import deque
from contextlib import nullcontext
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from plait.cancellation import LATENCY
from plait.journal.door import Door
from plait.model.outcome import Halt, HaltKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.cancellation import Cancellation
    from plait.engine.run import Run
    from plait.model.step_type import OnItemFailure, OnItemPause


class ItemPool:
    """Runs items in order of their index, at most `width` at once, under the policies of a fan-out.

    An item that halts stops the dispatch (unless its policy says otherwise); what runs goes on to its end. With
    `on_pause` continue, an item that waits for a person is parked: its thread takes the next one, and the item is
    walked again when its answer has come.

    An item that waits for a limit to pass is parked under every policy, until its time has come. The pool waits for it,
    unless it is `nested`, so that others could use the seat it holds, and all that is left of it waits: then the wait
    is handed up as a halt.
    """

    def __init__(
        self,
        run: Run,
        group: Cancellation,
        count: int,
        start: Callable[[int], Halt | None],
        on_failure: OnItemFailure,
        on_pause: OnItemPause,
        *,
        nested: bool = False,
    ) -> None:
        self._run = run
        self._group = group
        self._count = count
        self._start = start
        self._on_failure = on_failure
        self._on_pause = on_pause
        self._nested = nested
        self._door = Door()
        self._next = 0
        self._running = 0
        self._stopped = False
        self._ready: deque[int] = deque()
        self._halts: dict[int, Halt] = {}
        self._parked: dict[int, Halt] = {}
        self._waiting: list[tuple[float, int, Halt]] = []
        """A heap of the items that wait for a limit to pass: when their time comes, their index, their halt."""
        self._failures: dict[int, Halt] = {}
        self._errors: dict[int, BaseException] = {}

    @property
    def failures(self) -> tuple[Halt, ...]:
        """The failed items under the policy `continue`, in item order."""
        return tuple(self._failures[index] for index in sorted(self._failures))

    def run(self, width: int) -> tuple[Halt | None, int | None]:
        """Run all items; return the halt of the lowest item that has one, and that item's index.

        An exception that escaped an item is raised again, once everything that ran has ended.
        """
        width = min(width, self._count)
        parking = self._on_pause == "continue"
        with self._run.notified_of_answers(self._answered) if parking else nullcontext():
            if width <= 1:
                self._work()
            else:
                self._work_on_threads(width)
        if self._errors:
            raise self._errors[min(self._errors)]
        return self._lowest_halt()

    def _work_on_threads(self, width: int) -> None:
        with self._run.executor(width) as executor:
            try:
                workers = [executor.submit(self._work) for _ in range(width)]
                for worker in workers:
                    worker.result()
            except BaseException:
                self._stop()
                raise

    def _lowest_halt(self) -> tuple[Halt | None, int | None]:
        halts = self._halts | self._parked
        if not halts and self._waiting:
            _, lowest, halt = min(self._waiting, key=lambda each: each[1])
            return halt._replace(until=self._waiting[0][0]), lowest
        real = [index for index, halt in halts.items() if halt.kind is not HaltKind.INTERRUPTED]
        if not real and self._failures and not halts:
            return None, None
        if self._group.reason == _ITEM_FAILED and real:
            # The others were ended because of this one: their interruption is not theirs.
            return halts[min(real)], min(halts)
        if not halts:
            return None, None
        lowest = min(halts)
        waiting = tuple(step_id for index in sorted(self._parked) for step_id in self._parked[index].waiting)
        halt = halts[lowest]
        if halt.kind is HaltKind.PAUSED and waiting:
            halt = Halt(halt.kind, halt.step_id, halt.error, waiting)
        return halt, lowest

    def _work(self) -> None:
        while (index := self._take()) is not None:
            halt = None
            try:
                halt = self._start(index)
            except BaseException as error:  # noqa: BLE001 - raised again in `run`, after everything has ended
                self._errors[index] = error
            self._finish(index, halt)

    def _take(self) -> int | None:
        """Return the next item; None when there is nothing left to do."""
        while True:
            with self._door:
                index = self._pick()
                if index is None or index >= 0:
                    return index
            self._group.wait(LATENCY)

    def _pick(self) -> int | None:
        """Take the next item; None if there is none, -1 if one that is parked may still be walked again.

        Items are taken also after a cancel: they do not begin, and say so, which keeps the rest from passing for done.
        """
        if self._stopped or self._errors:
            return None
        if self._is_one_due():
            _, index, _ = heappop(self._waiting)
        elif self._ready:
            index = self._ready.popleft()
        elif self._next < self._count:
            index = self._next
            self._next += 1
        else:
            return -1 if self._is_worth_staying() else None
        self._running += 1
        return index

    def _is_one_due(self) -> bool:
        """Whether the time of an item that waits has come; after a cancel, that of all has."""
        return bool(self._waiting) and (self._group.cancelled or self._waiting[0][0] <= time.time())

    def _is_worth_staying(self) -> bool:
        if self._running and not self._group.cancelled and (self._parked or self._waiting):
            return True
        # What has failed or paused beside them would be run again if all this were walked again.
        return bool(self._waiting) and not (self._nested and not self._failures and not self._parked)

    def _finish(self, index: int, halt: Halt | None) -> None:
        with self._door:
            self._running -= 1
            if halt is not None:
                self._classify(index, halt)
        if halt is not None and halt.kind is HaltKind.FAILED and self._on_failure == "cancel":
            self._group.cancel(_ITEM_FAILED)

    def _classify(self, index: int, halt: Halt) -> None:
        if halt.kind is HaltKind.WAITING:
            heappush(self._waiting, (halt.until or 0.0, index, halt))
        elif halt.kind is HaltKind.PAUSED and self._on_pause == "continue":
            if any(step_id in self._run.state.answers for step_id in halt.waiting):
                self._ready.append(index)
            else:
                self._parked[index] = halt
        elif halt.kind is HaltKind.FAILED and self._on_failure == "continue":
            self._failures[index] = halt
        else:
            self._halts[index] = halt
            self._stopped = True

    def _answered(self, step_id: str) -> None:
        with self._door:
            for index, halt in list(self._parked.items()):
                if step_id in halt.waiting:
                    del self._parked[index]
                    self._ready.append(index)

    def _stop(self) -> None:
        with self._door:
            self._stopped = True


_ITEM_FAILED = "another item failed"
