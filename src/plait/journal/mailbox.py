"""Requests to the owner of a run: any process may write one, the owner takes them out and journals them."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from plait.errors import StorageError
from plait.journal.folder import describe, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.journal.folder import RunFolder

Kind = Literal["answer", "cancel", "pause"]
_KINDS = ("answer", "cancel", "pause")
_LARGEST = 1024 * 1024
_COARSEST_TICK = 1_000_000_000


class Request(NamedTuple):
    """One request; `id` keeps it from being taken twice, `fields` are what its kind needs."""

    id: str
    kind: Kind
    fields: dict[str, Any]


def post(folder: RunFolder, kind: Kind, **fields: object) -> str:
    """Leave a request in the mailbox of a run and return its id."""
    request_id = f"{time.time_ns():020d}-{os.urandom(4).hex()}"
    try:
        folder.mailbox.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot write to the mailbox of the run: {describe(error)}") from error
    data = json.dumps({"kind": kind, **fields}).encode()
    write_atomically(folder.mailbox / f"{request_id}.json", data)
    return request_id


class Mailbox:
    """The owner's end of the mailbox."""

    def __init__(self, folder: RunFolder) -> None:
        self._path = folder.mailbox
        self._seen = -1

    def changed(self) -> bool:
        """Say whether something may have arrived since the last time this was asked; costs one `stat`."""
        try:
            modified = self._path.stat().st_mtime_ns
        except OSError:
            return False
        # File systems stamp in coarse ticks: two requests may share one, so a young stamp proves nothing.
        if modified == self._seen and time.time_ns() - modified > _COARSEST_TICK:
            return False
        self._seen = modified
        return True

    def requests(self) -> Iterator[Request]:
        """Yield what is there, oldest first; a file that is not a request is removed."""
        try:
            names = sorted(path.name for path in self._path.glob("[!.]*.json"))
        except OSError:
            return
        for name in names:
            request = self._read(name)
            if request is None:
                self.remove(name.removesuffix(".json"))
            else:
                yield request

    def _read(self, name: str) -> Request | None:
        path = self._path / name
        try:
            if path.is_symlink() or path.stat().st_size > _LARGEST:
                return None
            data = json.loads(path.read_bytes())
            kind = data.pop("kind")
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            return None
        return Request(name.removesuffix(".json"), kind, data) if kind in _KINDS else None

    def remove(self, request_id: str) -> None:
        """Take a request out, once it is journaled."""
        (self._path / f"{request_id}.json").unlink(missing_ok=True)
