"""`plait.lock`: what a project has installed, where it is from, and the SHA-256 of every file."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.errors import PlaitError
from plait.packages.registry import is_folder_name, write_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plait.packages.project import Project
    from plait.packages.registry import Shelf

_VERSION = 1
_LARGEST = 32 * 1024 * 1024
_READABLE = 0o644
_PIECE = 1 << 20
_HEAD = "# What this project has installed, file by file. `plait sync` makes the project match it.\n"
ORIGIN_KEYS = ("version", "source", "catalog_name", "url", "sha256")
"""What a locked package says of itself besides its files: text, each of it only where it is known."""
Locked = dict[str, Any]


class LockFileError(PlaitError):
    """`plait.lock` cannot be understood, so nothing is installed before that is mended."""


class LockFile:
    """The lock file of a project, as it is on disk now; empty if there is none. Raises `LockFileError`."""

    def __init__(self, project: Project) -> None:
        self.path = project.lock_file
        self.exists = False
        self.overlays: dict[str, dict[str, str]] = {}
        self.shelves: dict[Shelf, dict[str, Locked]] = {"workflows": {}, "steps": {}}
        self._read()

    def text(self) -> str:
        """Return the file's text: the same text for the same content, one line a file."""
        return "\n".join([_HEAD + f"version = {_VERSION}", *self._tables()]) + "\n"

    def save(self) -> None:
        """Put it on disk, all at once; raises `StorageError`."""
        write_at_once(self.path, self.text().encode(), mode=_READABLE)

    def take_overlays(self, project: Project, workflow_id: str) -> None:
        """Let the overlays of a workflow be those that are there now; `save` is what writes it."""
        self.overlays.pop(workflow_id, None)
        self.overlays |= {key: files for key, files in overlay_digests(project).items() if key == workflow_id}

    def _tables(self) -> Iterator[str]:
        for shelf, packages in self.shelves.items():
            for key, locked in sorted(packages.items()):
                yield f"\n[{shelf}.{_quoted(key)}]"
                yield from (f"{name} = {_quoted(str(locked[name]))}" for name in ORIGIN_KEYS if name in locked)
                yield from _file_table(f"{shelf}.{_quoted(key)}.files", locked["files"])
        for workflow_id, files in sorted(self.overlays.items()):
            yield from _file_table(f"overlays.{_quoted(workflow_id)}", files)

    def _read(self) -> None:
        try:
            if self.path.is_symlink():
                raise LockFileError(f"{self.path} is a symbolic link", hint="put the file itself there")
            with self.path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return
        except OSError as error:
            raise LockFileError(f"{self.path} cannot be read: {error.strerror}") from None
        if len(content) > _LARGEST:
            raise self._damage(f"it is larger than {_LARGEST >> 20} MiB")
        try:
            data = tomllib.loads(content.decode())
        except (ValueError, RecursionError) as error:
            raise self._damage(str(error)) from None
        self.exists = True
        self._understand(data)

    def _understand(self, data: dict[str, Any]) -> None:
        if data.get("version") != _VERSION:
            raise self._damage(f"its `version` is not {_VERSION}: another Plait has written it")
        for shelf in self.shelves:
            for key, locked in self._mapping(data, shelf).items():
                if not isinstance(locked, dict) or not is_folder_name(key):
                    raise self._damage(f"`{shelf}.{key}` is not a table, or its name not one of a folder")
                texts = {name: str(locked[name]) for name in ORIGIN_KEYS if name in locked}
                self.shelves[shelf][key] = {**texts, "files": self._files(locked, "files")}
        overlays = self._mapping(data, "overlays")
        self.overlays = {key: self._files(overlays, key) for key in overlays}

    def _mapping(self, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        found = data.get(key, {})
        if not isinstance(found, dict):
            raise self._damage(f"`{key}` is not a table")
        return found

    def _files(self, data: Mapping[str, Any], key: str) -> dict[str, str]:
        files = self._mapping(data, key)
        for name, digest in files.items():
            if not isinstance(digest, str):
                raise self._damage(f"the digest of {name!r} is not text")
        return files

    def _damage(self, reason: str) -> LockFileError:
        hint = "restore it from version control, or delete it and run `plait sync --accept`"
        return LockFileError(f"{self.path} is damaged: {reason}", hint=hint)


def locked_as(entry: Mapping[str, Any], files: Mapping[str, str]) -> Locked:
    """Return what the lock file says of a package: from its entry in the registry, and the digests of its files."""
    return {**{key: _writable(str(entry[key])) for key in ORIGIN_KEYS if key in entry}, "files": dict(files)}


def digests_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder by its path there; what is no file counts by what it is.

    Caches of compiled Python are left out.
    """
    found: dict[str, str] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        paths = [Path(place, name) for name in names]
        paths += [path for name in folders if (path := Path(place, name)).is_symlink()]
        found |= {_writable(path.relative_to(folder).as_posix()): _digest(path) for path in paths}
    return dict(sorted(found.items()))


def overlay_digests(project: Project) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of every overlay by the workflow that it is for."""
    if not project.overlays.is_dir() or project.overlays.is_symlink():
        return {}
    found: dict[str, dict[str, str]] = {}
    for folder in sorted(path for path in project.overlays.iterdir() if path.is_dir() and not path.is_symlink()):
        paths = [path for path in sorted(folder.iterdir()) if path.suffix in (".yml", ".yaml")]
        files = {_writable(path.name): _digest(path) for path in paths}
        if files:
            found[_writable(folder.name)] = files
    return found


def _digest(path: Path) -> str:
    if path.is_symlink():
        return _writable(f"link to {path.readlink()}")
    if not path.is_file():
        return "no file"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file_table(name: str, files: Mapping[str, str]) -> Iterator[str]:
    yield f"\n[{name}]"
    yield from (f"{_quoted(path)} = {_quoted(digest)}" for path, digest in sorted(files.items()))


def _writable(text: str) -> str:
    """Return a text with escapes in place of halves of characters, as in names of files that are not UTF-8."""
    return text.encode(errors="backslashreplace").decode()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
