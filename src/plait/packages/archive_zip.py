"""ZIP archives: what `zipfile` lets pass and this project does not (SEC-06), and their members."""

from __future__ import annotations

import stat
import struct
import zipfile
from itertools import pairwise
from typing import IO, TYPE_CHECKING

from plait.packages.archive_members import ArchiveError, Member, check_count, shown_name, too_dense

if TYPE_CHECKING:
    from collections.abc import Sequence

BIGGEST_DIRECTORY = 4 << 20
"""Bytes of the directory at the end of the archive."""
_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\x03\x04"
_DESCRIPTOR_MARK = b"PK\x07\x08"
_UTF8, _ENCRYPTED, _DESCRIBED_LATER = 0x800, 0x2041, 0x8
_EXTRA = struct.Struct("<2H")
_RENAMING = frozenset({0x0001, 0x7075})
"""Extra fields that give sizes or a name other than the header's: ZIP64 and the Unicode path."""
_ZIP64_VERSION = 45
_FOLDER_IN_DOS = 0x10


class ZipReader:
    """A ZIP archive whose headers have been compared with each other."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read the directory and the headers of `file`.

        Raises:
            ArchiveError: They are malformed, disagree, or ask for what is not supported.
            zipfile.BadZipFile: The archive is damaged.
        """
        self._file = file
        start, count = _directory_of(file)
        self._zip = zipfile.ZipFile(file)
        self._infos = self._zip.infolist()
        if self._zip.start_dir != start or len(self._infos) != count:
            raise ArchiveError("the directory of the archive can be read in two ways")
        for info in self._infos:
            _check_info(info)
        self._check_layout(start)
        self.members: Sequence[Member] = [_member(index, info) for index, info in enumerate(self._infos)]

    def open(self, member: Member) -> IO[bytes]:
        """Return the content of a member; its checksum is verified where it ends."""
        return self._zip.open(self._infos[member.index])

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()

    def _check_layout(self, directory: int) -> None:
        """Members lie one behind the other from the first byte to the directory: nothing is hidden or shared."""
        ordered = sorted(self._infos, key=lambda info: info.header_offset)
        starts = [info.header_offset for info in ordered] + [directory]
        if starts[0] != 0:
            raise ArchiveError("the archive begins with something else")
        for info, (start, following) in zip(ordered, pairwise(starts), strict=True):
            end = self._check_local(info, start)
            gap = following - end
            if info.flag_bits & _DESCRIBED_LATER and gap > 0:
                gap -= self._descriptor(info, end, gap)
            if gap != 0:
                raise ArchiveError(f"there is something hidden, or shared, at {shown_name(info.orig_filename)}")

    def _check_local(self, info: zipfile.ZipInfo, start: int) -> int:
        """Compare the header in front of a member with the directory's; return where its packed bytes end."""
        self._file.seek(start)
        raw = self._file.read(_LOCAL.size)
        if len(raw) < _LOCAL.size:
            raise ArchiveError("the archive is cut off")
        mark, version, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(raw)
        name = self._file.read(name_length)
        extra = self._file.read(extra_length)
        same = (
            mark == _LOCAL_MARK
            and version < _ZIP64_VERSION
            and flags == info.flag_bits
            and method == info.compress_type
            and name.decode("utf-8" if flags & _UTF8 else "cp437") == info.orig_filename
        )
        sizes = (crc, packed, size)
        declared = (info.CRC, info.compress_size, info.file_size)
        blank = bool(flags & _DESCRIBED_LATER) and sizes in {(0, 0, 0), (info.CRC, 0, 0)}
        if not same or not (sizes == declared or blank):
            raise ArchiveError(f"the two headers of {shown_name(info.orig_filename)} disagree")
        _check_extra(info.orig_filename, extra)
        return start + _LOCAL.size + len(name) + len(extra) + info.compress_size

    def _descriptor(self, info: zipfile.ZipInfo, start: int, length: int) -> int:
        """Return the length of the sizes that follow a member's bytes, if they are the directory's."""
        self._file.seek(start)
        raw = self._file.read(min(length, 16))
        sizes = struct.pack("<3L", info.CRC, info.compress_size, info.file_size)
        return len(raw) if raw in {sizes, _DESCRIPTOR_MARK + sizes} else 0


def _directory_of(file: IO[bytes]) -> tuple[int, int]:
    """Return where the directory begins and how many members it has.

    It reaches to the end record, and that to the end of the file.
    """
    length = file.seek(0, 2)
    tail_start = max(length - _END.size - _LONGEST_COMMENT, 0)
    file.seek(tail_start)
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise ArchiveError("the archive has no directory")
    _, disk, first_disk, here, in_all, size, start, comment = _END.unpack_from(tail, at)
    end = tail_start + at
    if end + _END.size + comment != length:
        raise ArchiveError("something follows the end of the archive")
    if disk or first_disk or here != in_all:
        raise ArchiveError("the archive is one of several parts")
    check_count(in_all)
    if size > BIGGEST_DIRECTORY:
        raise ArchiveError(f"the directory of the archive is bigger than {BIGGEST_DIRECTORY >> 20} MiB")
    if start + size != end:
        raise ArchiveError("the directory of the archive is not where it should be")
    return int(start), int(in_all)


def _check_info(info: zipfile.ZipInfo) -> None:
    name = shown_name(info.orig_filename)
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ArchiveError(f"{name} is packed in a way that is not supported")
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{name} is encrypted")
    if info.extract_version >= _ZIP64_VERSION:
        raise ArchiveError(f"{name} needs ZIP64, which is for bigger archives")
    if info.volume:
        raise ArchiveError("the archive is one of several parts")
    if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
        raise ArchiveError(f"{name} has two sizes")
    if too_dense(info.compress_size, info.file_size):
        raise ArchiveError(f"{name} is a bomb: it would unpack to {info.file_size} bytes from {info.compress_size}")
    _check_extra(info.orig_filename, info.extra)


def _check_extra(name: str, extra: bytes) -> None:
    at = 0
    while at < len(extra):
        if len(extra) - at < _EXTRA.size:
            raise ArchiveError(f"{shown_name(name)} has a malformed header")
        kind, length = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size + length
        if kind in _RENAMING or at > len(extra):
            raise ArchiveError(f"{shown_name(name)} has a header that is not supported")


def _member(index: int, info: zipfile.ZipInfo) -> Member:
    name = info.orig_filename
    mode = info.external_attr >> 16
    is_folder = name.endswith("/")
    if stat.S_IFMT(mode) not in {0, stat.S_IFDIR if is_folder else stat.S_IFREG}:
        raise ArchiveError(f"{shown_name(name)} is a link or a device, or not what its name says")
    if info.external_attr & _FOLDER_IN_DOS and not is_folder:
        raise ArchiveError(f"{shown_name(name)} is not what its name says")
    return Member(index, name, is_folder, info.file_size, bool(mode & stat.S_IXUSR))
