"""Archives byte by byte: good ones to begin with, and hostile ones that no ordinary tool would make."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass


def zip_of(files, *, mode=0o644, method=zipfile.ZIP_DEFLATED, comment=b"") -> bytes:
    """Return a ZIP archive of a mapping, or of pairs, from names to contents, as `zipfile` makes it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = method
            archive.writestr(info, content)
        archive.comment = comment
    return made.getvalue()


def tar_of(files, *, pack=True, form=tarfile.PAX_FORMAT, **attributes) -> bytes:
    """Return a tar archive of names and contents; None as content makes a folder, `attributes` are each member's."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            info = tarfile.TarInfo(name)
            info.mode = 0o644
            if content is None:
                info.type = tarfile.DIRTYPE
            for key, value in attributes.items():
                setattr(info, key, value)
            data = b"" if content is None else content if isinstance(content, bytes) else content.encode()
            if info.isreg():
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(made.getvalue(), 1) if pack else made.getvalue()


@dataclass
class Part:
    """One member of a ZIP archive, as its two headers tell it; what is None is told truly."""

    name: bytes = b"a"
    content: bytes = b"hello"
    method: int = 0
    flags: int = 0
    version: int = 20
    attributes: int = 0o100644 << 16
    extra: bytes = b""
    local_extra: bytes = b""
    local_name: bytes | None = None
    local_method: int | None = None
    local_flags: int | None = None
    local_version: int | None = None
    local_sizes: tuple[int, int, int] | None = None
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    offset: int | None = None
    after: bytes = b""


def raw_zip(*parts, before=b"", between=b"", after=b"", end=None) -> bytes:
    """Return a ZIP archive put together from parts; `end` replaces fields of the last record, by their place."""
    made = bytearray(before)
    directory = bytearray()
    for part in parts:
        data = part.content
        if part.method == zipfile.ZIP_DEFLATED:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            data = packer.compress(part.content) + packer.flush()
        told = (
            zlib.crc32(part.content) if part.crc is None else part.crc,
            len(data) if part.packed_size is None else part.packed_size,
            len(part.content) if part.size is None else part.size,
        )
        offset = len(made) if part.offset is None else part.offset
        local_name = part.name if part.local_name is None else part.local_name
        made += struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04",
            part.version if part.local_version is None else part.local_version,
            part.flags if part.local_flags is None else part.local_flags,
            part.method if part.local_method is None else part.local_method,
            0,
            0x21,
            *(told if part.local_sizes is None else part.local_sizes),
            len(local_name),
            len(part.local_extra),
        )
        made += local_name + part.local_extra + data + part.after
        directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            3 << 8 | 20,
            part.version,
            part.flags,
            part.method,
            0,
            0x21,
            *told,
            len(part.name),
            len(part.extra),
            0,
            0,
            0,
            part.attributes,
            offset,
        )
        directory += part.name + part.extra
    made += between
    fields = [0, 0, len(parts), len(parts), len(directory), len(made), 0]
    for place, value in (end or {}).items():
        fields[place] = value
    return bytes(made + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", *fields) + after)
