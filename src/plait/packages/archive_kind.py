"""What kind of file a package is: its names, its declared type and its bytes must agree (ADD-19, SEC-09)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from plait.packages.archive_members import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["zip", "tar.gz", "yaml"]

_SUFFIXES: dict[str, Kind] = {".zip": "zip", ".tar.gz": "tar.gz", ".tgz": "tar.gz", ".yml": "yaml", ".yaml": "yaml"}
_TYPES: dict[str, Kind] = {
    "application/zip": "zip",
    "application/x-zip": "zip",
    "application/x-zip-compressed": "zip",
    "application/gzip": "tar.gz",
    "application/x-gzip": "tar.gz",
    "application/x-gtar": "tar.gz",
    "application/x-tar+gzip": "tar.gz",
    "application/x-compressed-tar": "tar.gz",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "application/vnd.yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
}
_OTHER_ARCHIVES = (b"\xfd7zXZ\0", b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd")
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257
_HEAD = 512
_NAMES = {"zip": "a ZIP archive", "tar.gz": "a gzip archive", "yaml": "YAML"}


def kind_of(content: bytes | Path, *, names: Iterable[str] = (), content_type: str = "") -> Kind:
    """Return what kind of file this is.

    `names` are the addresses it was asked for and came from; a path counts as one more. What says nothing of the
    kind, such as `application/octet-stream` or a name without a suffix, is passed over.

    Raises:
        ArchiveError: What is declared disagrees with itself or with the bytes, or it is an archive of another kind.
    """
    declared = {kind for name in names if (kind := _kind_of_name(name)) is not None}
    if isinstance(content, Path):
        declared |= {kind for suffix, kind in _SUFFIXES.items() if content.name.lower().endswith(suffix)}
        head = _head_of(content)
    else:
        head = content[:_HEAD]
    type_name = content_type.partition(";")[0].strip().lower()
    if type_name in _TYPES:
        declared.add(_TYPES[type_name])
    if len(declared) > 1:
        said = " and ".join(sorted(_NAMES[kind] for kind in declared))
        raise ArchiveError(f"its name and its type disagree: it is said to be {said}")
    found = _kind_of_bytes(head)
    if declared and declared != {found}:
        raise ArchiveError(f"it is said to be {_NAMES[declared.pop()]}, but it is {_NAMES[found]} by its bytes")
    return found


def _head_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise ArchiveError(f"it cannot be read: {error.strerror}") from error


def _kind_of_name(name: str) -> Kind | None:
    path = unquote(name.partition("#")[0].partition("?")[0]).lower()
    return next((kind for suffix, kind in _SUFFIXES.items() if path.endswith(suffix)), None)


def _kind_of_bytes(head: bytes) -> Kind:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "tar.gz"
    if head.startswith(_OTHER_ARCHIVES) or head[_TAR_MARK_AT:].startswith(_TAR_MARK):
        raise ArchiveError("it is an archive of another kind", hint="Archives are .zip, .tar.gz or .tgz files.")
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise ArchiveError("it is a web page", hint="Give the address of the file itself, not of a page that shows it.")
    return "yaml"
