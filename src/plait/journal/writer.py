"""The one door through which a run changes: an event is written, folded in, and told to the listeners."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, Protocol

from plait.errors import StorageError
from plait.journal.door import Door
from plait.journal.encode import VERSION, encode_event
from plait.journal.folder import describe
from plait.journal.log_file import LogFile
from plait.journal.record import timestamp
from plait.journal.snapshot import Snapshot
from plait.journal.state import RunState, fold
from plait.journal.values import redact_output
from plait.secrets import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.journal.facts import Event

Durability = Literal["none", "group", "full"]
_NAMES = frozenset(
    {
        *("run_id", "workflow_id", "workflow_dir", "pid", "start", "host", "kind", "request", "choice", "given"),
        *("step_id", "type", "status", "order", "attempt", "parent", "index", "iteration", "as", "top", "key"),
        *("input", "step_ids", "unsettled", "decisions", "failure", "until", "usd", "tokens", "minutes"),
        *("traceparent", "tracestate"),
    }
)
"""Fields that name things of the workflow file or of Plait: a secret that is the same word must not change them."""


class Listener(Protocol):
    """Follows a run while it happens; calls are serialised and in the journal's order."""

    def on_event(self, event: Event, state: RunState) -> None:
        """See one event, already folded into the state. Must be quick: the run waits."""

    def on_output(self, step_id: str, line: str) -> None:
        """See the latest line that a step's child printed, as it printed it."""


class Journal:
    """Appends events to a run's log and keeps its state.

    An event is on its way to the disk, in one `write`, before `append` returns, so it survives the death of this
    process at any instant. `sync` makes it survive the death of the machine; with durability `full` every append
    does that, and with `none` nothing is synced. Values that its `redactor` knows are recorded and told as `***`.
    """

    def __init__(
        self, state: RunState, *, durability: Durability = "group", listeners: Sequence[Listener] = ()
    ) -> None:
        self.state = state
        self.snapshot = Snapshot(state)
        self.redactor = Redactor()
        self._listeners = list(listeners)
        self._full = durability == "full"
        self._syncs = durability != "none"
        self._lock = Door()
        self._failure: StorageError | None = None
        try:
            self._log = LogFile(state.folder.journal)
        except OSError as error:
            raise StorageError(f"cannot open the journal: {describe(error)}") from error

    @property
    def lock(self) -> Door:
        """The lock that holds the state still: take it to read more than one thing of it."""
        return self._lock

    def append(self, name: str, /, **fields: Any) -> Event:
        """Write an event, fold it into the state and tell the listeners.

        Raises `StorageError` when it cannot be written, and from then on for every event: a run that cannot be
        recorded must not go on. Raises `TypeError` if a field is not JSON; then nothing was written.
        """
        with self._lock:
            if self.redactor:
                fields = {name: self._redacted(name, value) for name, value in fields.items()}
            stamp = timestamp(time.time())
            self._write(encode_event(stamp, name, fields))
            event: Event = {"v": VERSION, "timestamp": stamp, "event": name, **fields}
            fold(self.state, event)
            for listener in self._listeners:
                try:
                    listener.on_event(event, self.state)
                except OSError:
                    self._dismiss(listener)
        return event

    def output(self, step_id: str, line: str) -> None:
        """Tell the listeners what a child printed."""
        if self._listeners:
            line = self.redactor.redact_text(line)
            with self._lock:
                for listener in self._listeners:
                    try:
                        listener.on_output(step_id, line)
                    except OSError:
                        self._dismiss(listener)

    def _redacted(self, name: str, value: Any) -> Any:
        if name in _NAMES or isinstance(value, (int, float)):  # a number beside them is a count or a measure
            return value
        redact = self.redactor.redact_value
        return redact_output(value, redact) if name == "output" and value else redact(value)

    def _dismiss(self, listener: Listener) -> None:
        """Tell a listener nothing more: where it writes nobody reads, which is no reason for a run to end."""
        self._listeners = [each for each in self._listeners if each is not listener]

    def _write(self, line: bytes) -> None:
        if self._failure is not None:
            raise self._failure
        try:
            self._log.append(line)
            if self._full:
                self._log.sync()
        except OSError as error:
            self._failure = StorageError(
                f"cannot record what happens: {describe(error)} ({self.state.folder.journal})",
                hint=f"make room, then `plait resume {self.state.run_id}`: what was recorded is kept",
            )
            raise self._failure from error

    def sync(self) -> None:
        """Make everything written so far survive the death of the machine; raises `StorageError` if it cannot."""
        try:
            if self._syncs:
                self._log.sync()
        except FileNotFoundError:
            message = f"the record of the run was removed while it went on ({self.state.folder.journal})"
            raise StorageError(message, hint="run it again: there is nothing left to resume") from None
        except OSError as error:
            raise StorageError(f"cannot record what happens: {describe(error)}") from error

    def write_snapshot(self) -> None:
        """Replace `state.json` with what is true now."""
        with self.snapshot.lock:
            with self._lock:
                view = self.snapshot.take()
            self.snapshot.write(view)

    def write_snapshot_if_due(self) -> None:
        """Replace `state.json` if it is old enough that writing it costs the run only a few percent."""
        if self.snapshot.is_due():
            self.write_snapshot()

    def close(self) -> None:
        """Sync and close the log."""
        with self._lock:
            try:
                with suppress(FileNotFoundError):  # told by `sync`
                    if self._syncs:
                        self._log.sync()
            finally:
                self._log.close()
