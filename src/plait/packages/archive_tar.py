"""Archives of `tar` packed with gzip: what `tarfile` lets pass and this project does not, and their members."""

from __future__ import annotations

import gzip
import re
import stat
import tarfile
import tempfile
from typing import IO, TYPE_CHECKING

from plait.packages.archive_members import (
    BIGGEST_TOTAL,
    MOST_MEMBERS,
    ArchiveError,
    Member,
    check_count,
    shown_name,
    too_dense,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLOCK = 512
_BIGGEST_HEADER = 1 << 16
_BIGGEST_TAR = BIGGEST_TOTAL + 8 * _BLOCK * MOST_MEMBERS + (1 << 20)
_PIECE = 1 << 16
_SIZE, _TYPE = slice(124, 136), slice(156, 157)
_FILES, _FOLDERS, _MORE_HEADERS = frozenset({b"0", b"\0"}), frozenset({b"5"}), frozenset({b"x", b"g", b"L"})
_RECORD = re.compile(rb"([0-9]{1,5}) ([^=\n]+)=")
_LONG_NUMBER = re.compile(rb"[0-9]{64}")


class TarReader:
    """A tar archive, unpacked from gzip into a file without a name, whose blocks have been walked through once."""

    def __init__(self, file: IO[bytes]) -> None:
        """Unpack `file` and read its headers.

        Raises:
            ArchiveError: They are malformed, or ask for what is not supported.
            tarfile.TarError, OSError, EOFError, zlib.error: The archive is damaged.
        """
        self._plain = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        try:
            _inflate(file, self._plain)
            places = list(_walk(self._plain))
            check_count(len(places))
            self._plain.seek(0)
            self._tar = tarfile.open(fileobj=self._plain, mode="r:", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
            self._infos = self._tar.getmembers()
            _check_places(self._infos, places)
            self.members: Sequence[Member] = [_member(index, info) for index, info in enumerate(self._infos)]
        except BaseException:
            self._plain.close()
            raise

    def open(self, member: Member) -> IO[bytes]:
        """Return the content of a member."""
        content = self._tar.extractfile(self._infos[member.index])
        if content is None:
            raise ArchiveError(f"{shown_name(member.name)} has no content")
        return content

    def close(self) -> None:
        """Close the archive and its unpacked copy."""
        self._tar.close()
        self._plain.close()


def _inflate(file: IO[bytes], plain: IO[bytes]) -> None:
    packed = file.seek(0, 2)
    file.seek(0)
    size = 0
    with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
        while piece := unpacked.read(_PIECE):
            size += len(piece)
            if size > _BIGGEST_TAR:
                raise ArchiveError(f"the archive unpacks to more than {BIGGEST_TOTAL >> 20} MiB")
            if too_dense(packed, size):
                raise ArchiveError("the archive is a bomb: far more comes out of it than is in it")
            plain.write(piece)
    plain.flush()


def _walk(plain: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where the content of each member begins and its size; refuse what is not plainly a file or folder.

    Looks at sizes and types alone, before `tarfile` looks at what the headers say: it takes time and memory for big
    or crooked ones.
    """
    end = plain.seek(0, 2)
    at = headers = 0
    while True:
        plain.seek(at)
        block = plain.read(_BLOCK)
        if len(block) < _BLOCK or not any(block):
            break
        headers += 1
        check_count(headers // 4)
        size, kind = _octal(block[_SIZE]), block[_TYPE]
        at += _BLOCK
        if kind in _MORE_HEADERS:
            if size > _BIGGEST_HEADER:
                raise ArchiveError("the archive has a header that is too big")
            if kind != b"L":
                _check_records(plain.read(size))
        elif kind in _FILES or kind in _FOLDERS:
            yield at, size
        else:
            raise ArchiveError("the archive holds a link, a device or another thing that is not a file")
        at += -(-size // _BLOCK) * _BLOCK
        if at > end:
            raise ArchiveError("the archive is cut off")
    _check_rest(plain, at, end)


def _check_records(data: bytes) -> None:
    """Refuse records of pax that give the next member another size, or that `tarfile` would search for minutes."""
    at = 0
    while at < len(data):
        record = _RECORD.match(data, at)
        end = at + int(record[1]) if record else 0
        if record is None or not record.end() < end <= len(data) or data[end - 1 : end] != b"\n":
            raise ArchiveError("the archive has a malformed header")
        if record[2] in {b"size", b"hdrcharset"} or record[2].startswith(b"GNU.sparse."):
            raise ArchiveError("the archive has a header that is not supported")
        at = end
    if _LONG_NUMBER.search(data):
        raise ArchiveError("the archive has a header that is not supported")


def _check_places(infos: Sequence[tarfile.TarInfo], places: Sequence[tuple[int, int]]) -> None:
    if [(info.offset_data, info.size) for info in infos] != list(places):
        raise ArchiveError("the headers of the archive can be read in two ways")


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    if not all(digit in b"01234567" for digit in digits):
        raise ArchiveError("the archive has a malformed header")
    return int(digits or b"0", 8)


def _check_rest(plain: IO[bytes], at: int, end: int) -> None:
    if end - at < _BLOCK:
        raise ArchiveError("the archive is cut off")
    plain.seek(at)
    while piece := plain.read(_PIECE):
        if any(piece):
            raise ArchiveError("something follows the end of the archive")


def _member(index: int, info: tarfile.TarInfo) -> Member:
    if not (info.isreg() or info.isdir()) or info.issparse():
        raise ArchiveError(f"{shown_name(info.name)} is a link, a device or another thing that is not a file")
    return Member(index, info.name, info.isdir(), info.size, bool(info.mode & stat.S_IXUSR))
