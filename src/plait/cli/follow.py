"""Following the output of a run that another process advances."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from plait.journal import RunState
from plait.journal.ownership import owner_of
from plait.journal.state import fold
from plait.model.status import RunStatus
from plait.views.logs import attempt_file, log_line, within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plait.journal import RunFolder

_PAUSE = 0.15
_UNDER_WAY = (RunStatus.CREATED, RunStatus.RUNNING)


class Tail:
    """The lines that are added to a file, from its beginning."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""

    def lines(self, *, last: bool = False) -> Iterator[bytes]:
        """Yield the whole lines added since the last call; `last` yields an unfinished one too."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
                self._offset += len(data)
        except FileNotFoundError:
            return
        *whole, self._rest = (self._rest + data).split(b"\n")
        yield from whole
        if last and self._rest:
            yield self._rest
            self._rest = b""


class Follower:
    """Reads the journal of a run as it grows, and the logs of the steps that it says are running.

    `raw` reads what agents themselves put out instead.
    """

    def __init__(self, folder: RunFolder, step_id: str | None, *, raw: bool = False) -> None:
        self.state = RunState(folder)
        self._step_id = step_id
        self._raw = raw
        self._journal = Tail(folder.journal)
        self._open: dict[tuple[str, int], Tail] = {}

    def advance(self) -> Iterator[tuple[str, int, bytes]]:
        """Yield step id, attempt and line of everything printed since the last call."""
        over: list[tuple[str, int]] = []
        for line in self._journal.lines():
            event: dict[str, Any] = json.loads(line)
            fold(self.state, event)
            self._note(event, over)
        for (step_id, attempt), tail in self._open.items():
            for text in tail.lines(last=(step_id, attempt) in over):
                yield step_id, attempt, text
        for key in over:
            self._open.pop(key, None)

    def _note(self, event: dict[str, Any], over: list[tuple[str, int]]) -> None:
        step_id = event.get("step_id", "")
        match event["event"]:
            case "step_started":
                self._watch(step_id)
            case "attempt_failed":
                attempt = int(event.get("attempt", 1))
                over.append((step_id, attempt))
                self.state.records[step_id].attempt = attempt + 1
                self._watch(step_id)
            case "step_completed" | "step_interrupted":
                over.extend(key for key in self._open if key[0] == step_id)

    def _watch(self, step_id: str) -> None:
        record = self.state.records[step_id]
        if self._step_id is None or within(self.state, record, self._step_id):
            path = attempt_file(self.state, step_id, record.attempt, raw=self._raw)
            self._open.setdefault((step_id, record.attempt), Tail(path))

    @property
    def under_way(self) -> bool:
        """Whether more may come: the run has not ended or stopped, and its owner lives."""
        return self.state.status in _UNDER_WAY and owner_of(self.state.folder) is not None


def follow(folder: RunFolder, step_id: str | None, *, as_json: bool, raw: bool = False) -> None:
    """Print what the steps of a run print, until it ends or stops."""
    follower = Follower(folder, step_id, raw=raw)
    safe = sys.stdout.isatty()
    under_way = True
    while under_way:
        # Asked before reading: what was written before the end is then read for sure.
        under_way = follower.under_way
        for name, attempt, line in follower.advance():
            if as_json:
                text = line.decode("utf-8", "replace")
                click.echo(json.dumps({"step_id": name, "attempt": attempt, "line": text}, ensure_ascii=False))
            else:
                prefix = "" if name == step_id else name
                click.echo(log_line(prefix, line, safe=safe))
        sys.stdout.flush()
        if under_way:
            time.sleep(_PAUSE)
