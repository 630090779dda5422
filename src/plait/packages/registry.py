"""What is known of installed packages: `workflow-registry.json` and `step-registry.json`, in Spec Kit's formats.

A registry that is damaged, or reached through a link, is an error and never an empty one (REG-01).
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from plait.errors import PlaitError, StorageError

if TYPE_CHECKING:
    from plait.packages.project import Project

Entry = dict[str, Any]
Shelf = Literal["workflows", "steps"]
"""What a registry is of; the word is also the key of its entries."""
_VERSION = "1.0"
_LARGEST = 8 * 1024 * 1024
_PRIVATE = 0o600


class RegistryError(PlaitError):
    """A registry is damaged, and so is neither believed nor written to."""


def shelf_folder(project: Project, shelf: Shelf) -> Path:
    """Return the folder that holds the packages, one folder each."""
    return project.workflows if shelf == "workflows" else project.steps


def is_folder_name(key: str) -> bool:
    """Whether a name is that of a folder on the shelf itself, and not of one elsewhere."""
    if not key or key.startswith(".") or any(mark in key for mark in "/\\\0"):
        return False
    return not any("\ud800" <= character <= "\udfff" for character in key)


def installed_workflows(project: Project) -> dict[str, Entry]:
    """Return the entries of the installed workflows by id, those that are no mappings left out; see `Registry`."""
    return Registry(project, "workflows").sound


def is_disabled(entry: Entry) -> bool:
    """Whether a workflow is installed but not to be run (ENA-02)."""
    return entry.get("enabled", True) is False


class Registry:
    """A registry as it is on disk now; `entries` may be changed, and are then saved.

    Raises `RegistryError` if it is damaged or a link.
    """

    def __init__(self, project: Project, shelf: Shelf) -> None:
        self._project = project
        self.shelf: Shelf = shelf
        self.path = project.registry if shelf == "workflows" else project.step_registry
        self._data = self._read()
        self.entries: dict[str, Any] = dict(self._data.get(shelf, {}))

    @property
    def sound(self) -> dict[str, Entry]:
        """The entries that are mappings, under names that folders can have."""
        return {key: entry for key, entry in self.entries.items() if isinstance(entry, dict) and is_folder_name(key)}

    @property
    def corrupted(self) -> list[str]:
        """The names of the other entries."""
        return [key for key in self.entries if key not in self.sound]

    def save(self) -> None:
        """Put the entries on disk, all at once; raises `StorageError` if that cannot be done (REG-02)."""
        data = {**self._data, "schema_version": self._data.get("schema_version", _VERSION), self.shelf: self.entries}
        write_at_once(self.path, json.dumps(data, indent=2).encode())

    def put_back(self) -> None:
        """Make the file on disk again what it was when it was read; raises `StorageError`."""
        if not self._data:
            self.path.unlink(missing_ok=True)
        elif Registry(self._project, self.shelf).entries != self.entries:
            self.save()

    def _read(self) -> dict[str, Any]:
        specify = self._project.root / ".specify"
        for place in (specify, self._project.workflows, self.path.parent, self.path):
            if place.is_symlink():
                raise RegistryError(f"{place} is a symbolic link", hint="put the file itself there")
        try:
            if not stat.S_ISREG(self.path.lstat().st_mode):
                raise self._damage("it is not a file")
            with self.path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise RegistryError(f"{self.path} cannot be read: {error.strerror}") from None
        if len(content) > _LARGEST:
            raise self._damage(f"it is larger than {_LARGEST // 1024 // 1024} MiB")
        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            raise self._damage("it is not JSON") from None
        if not isinstance(data, dict) or not isinstance(data.get(self.shelf), dict):
            raise self._damage(f"it has no mapping `{self.shelf}`")
        return data

    def _damage(self, reason: str) -> RegistryError:
        hint = "mend it, or delete it: the packages themselves stay"
        return RegistryError(f"{self.path} is damaged: {reason}", hint=hint)


def write_at_once(path: Path, content: bytes, *, mode: int = _PRIVATE) -> None:
    """Replace a file so that no reader sees half of it; it keeps its mode and owner, a new one gets `mode`.

    The folder is made if there is none.

    Raises `StorageError`.
    """
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        before = path.lstat() if path.exists() else None
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                if before is not None and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                    with suppress(PermissionError):
                        os.fchown(file.fileno(), before.st_uid, before.st_gid)
                os.fchmod(file.fileno(), mode if before is None else stat.S_IMODE(before.st_mode))
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
