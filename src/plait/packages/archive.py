"""Archives: what kind a file is, and unpacking into a new folder, all of it or nothing (SEC-05..09)."""

from __future__ import annotations

import os
import shutil
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Protocol

from plait.errors import StorageError
from plait.packages.archive_kind import Kind, kind_of
from plait.packages.archive_members import BIGGEST_TOTAL, ArchiveError, check_members, shown_name
from plait.packages.archive_tar import TarReader
from plait.packages.archive_zip import ZipReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plait.packages.archive_members import Member

__all__ = ["ArchiveError", "Kind", "kind_of", "unpack"]

_PIECE = 1 << 16
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
    OSError,
)
"""What the standard library raises for archives that are damaged, in one way or another."""


class Reader(Protocol):
    """An archive as this module reads it."""

    members: Sequence[Member]

    def open(self, member: Member) -> IO[bytes]:
        """Return the content of a file."""

    def close(self) -> None:
        """Let the archive go."""


def unpack(archive: Path, into: Path) -> None:
    """Unpack a `.zip` or `.tar.gz` into the folder `into`, which must not exist yet; its parent must.

    Every member is looked at before the first is written. Files get the mode 0644, or 0755 if they are executable.
    Whatever goes wrong, an interrupt included, nothing is left of `into`.

    Raises:
        ArchiveError: The archive is damaged, or holds what may not be unpacked.
        StorageError: The folder or a file cannot be written.
    """
    with _reading(archive) as reader:
        check_members(reader.members)
        try:
            into.mkdir(mode=0o755)
        except OSError as error:
            raise StorageError(f"cannot make the folder {into}: {error.strerror}") from error
        try:
            _write_all(reader, into)
        except BaseException:
            shutil.rmtree(into, ignore_errors=True)
            raise


@contextmanager
def _reading(archive: Path) -> Iterator[Reader]:
    with _damage(archive), archive.open("rb") as file:
        kind = kind_of(archive)
        if os.fstat(file.fileno()).st_size > BIGGEST_TOTAL:
            raise ArchiveError(f"it is bigger than {BIGGEST_TOTAL >> 20} MiB")
        if kind == "yaml":
            raise ArchiveError("it is not an archive", hint="Archives are .zip, .tar.gz or .tgz files.")
        reader: Reader = ZipReader(file) if kind == "zip" else TarReader(file)
        try:
            yield reader
        finally:
            reader.close()


@contextmanager
def _damage(archive: Path) -> Iterator[None]:
    """Turn what is wrong with an archive into an error that names it."""
    try:
        yield
    except ArchiveError as error:
        raise ArchiveError(f"{shown_name(archive.name)} is refused: {error.message}", hint=error.hint) from error
    except _DAMAGE as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is damaged"
        raise ArchiveError(f"{shown_name(archive.name)} cannot be unpacked: {reason}") from error


def _write_all(reader: Reader, into: Path) -> None:
    for member in reader.members:
        place = into.joinpath(*member.segments)
        folder = place if member.is_folder else place.parent
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(place, error) from error
        if not member.is_folder:
            _write_file(reader, member, place)


def _write_file(reader: Reader, member: Member, place: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(place, flags, 0o600)
    except OSError as error:
        raise _unwritable(place, error) from error
    with os.fdopen(descriptor, "wb") as file, reader.open(member) as content:
        left = member.size
        while piece := content.read(_PIECE):
            left -= len(piece)
            if left < 0:
                break
            try:
                file.write(piece)
            except OSError as error:
                raise _unwritable(place, error) from error
        if left:
            raise ArchiveError(f"{shown_name(member.name)} is not of the size it says")
        os.fchmod(descriptor, 0o755 if member.executable else 0o644)


def _unwritable(place: Path, error: OSError) -> StorageError:
    return StorageError(f"cannot write {place}: {error.strerror}")
