"""Writing into a folder that belongs to someone else: nothing is lost, nothing is written outside."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from plait.errors import StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_READABLE = 0o644


def digest(data: bytes) -> str:
    """Return what a file's content is known by."""
    return hashlib.sha256(data).hexdigest()


class Tree:
    """A folder that files are put into, and what became of each.

    `known` holds the digests of files as they were written last time: such a file is nobody's work and is replaced.
    Any other that differs from what is to be put is kept, unless `force` is set.
    """

    def __init__(self, root: Path, *, known: Mapping[str, str] | None = None, force: bool = False) -> None:
        self.root = root
        self.force = force
        self.known = dict(known or {})
        self.written: list[str] = []
        self.kept: list[str] = []
        self.unchanged: list[str] = []
        self.digests: dict[str, str] = {}
        """Of every file that now is as it was to be."""

    def put(self, path: str, text: str) -> None:
        """Write a file unless somebody has changed it."""
        data = text.encode("utf-8")
        there = self.read(path)
        if there == data:
            self.unchanged.append(path)
        elif there is None or self.force or self.known.get(path) == digest(there):
            self.replace(path, data)
        else:
            self.kept.append(path)
            return
        self.digests[path] = digest(data)

    def keep(self, path: str, text: str) -> None:
        """Write a file that becomes the user's own: only if there is none."""
        if self.read(path) is None:
            self.replace(path, text.encode("utf-8"))
        else:
            self.unchanged.append(path)

    def read(self, path: str) -> bytes | None:
        """Return a file's content; None if there is none."""
        place = self.place(path)
        try:
            return place.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{place} cannot be read: {error.strerror}") from error

    def replace(self, path: str, data: bytes, mode: int = _READABLE) -> None:
        """Write a file at once, or not at all; an existing one keeps its mode."""
        place = self.place(path)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, data, mode)
        except OSError as error:
            raise StorageError(f"{place} cannot be written: {error.strerror}") from error
        self.written.append(path)

    def place(self, path: str) -> Path:
        """Return where a path of this tree is; raise `UsageError` if that is outside of it."""
        parts = PurePosixPath(path)
        root = self.root.resolve()
        place = self.root / parts
        try:
            target = place.resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(f"{path!r} is no path inside {self.root}") from error
        if parts.is_absolute() or ".." in parts.parts or root not in target.parents:
            raise UsageError(
                f"{path} leads out of {self.root}",
                hint="a link leads somewhere else: remove it, or make it a folder" if place.exists() else "",
            )
        return target


def _write(place: Path, data: bytes, mode: int) -> None:
    with suppress(FileNotFoundError):
        mode = place.stat().st_mode & 0o777
    descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".tmp", dir=place.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        beside.chmod(mode)
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
