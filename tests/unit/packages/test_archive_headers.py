"""Archives whose headers are damaged, disagree or hide something: refused before a byte is written."""

import gzip
import struct
import tarfile
import zipfile

import pytest

from support.hostile_archives import Part, raw_zip, tar_of
from support.unpacking import attempt, contents, refused


@pytest.fixture
def place(tmp_path):
    """A folder beside which nothing may appear."""
    (tmp_path / "in").mkdir()
    return tmp_path


DEFLATED = zipfile.ZIP_DEFLATED
CONFLICTS = {
    "encrypted": raw_zip(Part(flags=1)),
    "strongly encrypted": raw_zip(Part(flags=0x41)),
    "bzip2": raw_zip(Part(method=12)),
    "lzma": raw_zip(Part(method=14)),
    "deflate64": raw_zip(Part(method=9)),
    "zip64 version": raw_zip(Part(version=45)),
    "zip64 version in front": raw_zip(Part(local_version=45)),
    "zip64 extra": raw_zip(Part(extra=struct.pack("<2HQ", 1, 8, 5))),
    "zip64 extra in front": raw_zip(Part(local_extra=struct.pack("<2HQ", 1, 8, 5))),
    "name in an extra": raw_zip(Part(extra=struct.pack("<2H", 0x7075, 6) + b"\x01abcde")),
    "torn extra": raw_zip(Part(extra=b"\x55")),
    "extra beyond its end": raw_zip(Part(extra=struct.pack("<2H", 0x5455, 9))),
    "other name in front": raw_zip(Part(local_name=b"b")),
    "other method in front": raw_zip(Part(local_method=DEFLATED)),
    "other flags in front": raw_zip(Part(local_flags=0x800)),
    "other sizes in front": raw_zip(Part(local_sizes=(1, 5, 5))),
    "sizes that do not come": raw_zip(Part(flags=8, local_sizes=(0, 0, 0), after=b"PK\x07\x08" + bytes(12))),
    "stored with two sizes": raw_zip(Part(size=6)),
    "too small a size": raw_zip(Part(content=b"x" * 100, method=DEFLATED, size=50)),
    "too big a size": raw_zip(Part(content=b"x" * 100, method=DEFLATED, size=150)),
    "a wrong checksum": raw_zip(Part(crc=1)),
    "a folder with content": raw_zip(Part(name=b"d/", attributes=0)),
    "a file that DOS calls a folder": raw_zip(Part(attributes=0x10)),
    "something before": raw_zip(Part(), before=b"#!/bin/sh\n"),
    "something before that offsets leave out": raw_zip(Part(offset=0), before=b"#!/bin/sh\n", end={5: 36}),
    "something between": raw_zip(Part(after=b"hidden"), Part(b"b")),
    "something before the directory": raw_zip(Part(), between=b"hidden"),
    "something after": raw_zip(Part(), after=b"hidden"),
    "two archives": raw_zip(Part()) + raw_zip(Part(b"b")),
    "a hidden member": raw_zip(Part(after=raw_zip(Part(b"hidden"))[:36]), Part(b"b")),
    "shared bytes": raw_zip(Part(content=b"x" * 99), Part(b"b", offset=0, local_name=b"a")),
    "one header for two": raw_zip(Part(), Part(offset=0)),
    "a count too small": raw_zip(Part(), Part(b"b"), end={2: 1, 3: 1}),
    "a count too big": raw_zip(Part(), end={2: 2, 3: 2}),
    "counts that differ": raw_zip(Part(), end={3: 2}),
    "a second disk": raw_zip(Part(), end={0: 1}),
    "a directory elsewhere": raw_zip(Part(), end={5: 0}),
    "a comment that is not there": raw_zip(Part(), end={6: 5}),
    "an end in the comment": raw_zip(Part(), after=raw_zip(Part(b"b"))[-22:], end={6: 22}),
    "no member": raw_zip(),
    "cut off": raw_zip(Part())[:-5],
    "a huge directory": raw_zip(
        *(Part(b"%d" % n, extra=struct.pack("<2H", 0x5455, 60_000) + bytes(60_000)) for n in range(80))
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_zip_archives_that_are_refused(place, case):
    assert refused(place, CONFLICTS[case])


def test_the_maker_of_hostile_archives_makes_good_ones_too(place):
    parts = [
        Part(),
        Part(b"d/b", content=b"x" * 500, method=DEFLATED),
        Part(b"e/", content=b"", attributes=0o40755 << 16),
    ]
    later = Part(b"c", flags=8, local_sizes=(0, 0, 0))
    crc = 0x3610A686
    later.after = b"PK\x07\x08" + struct.pack("<3L", crc, 5, 5)
    folder = attempt(place, raw_zip(*parts, later, after=b"note", end={6: 4}))
    assert contents(folder) == {"a": "hello", "d/b": "x" * 500, "c": "hello"}


def tar_bytes(*, change=lambda data: data, files=None):
    plain = bytearray(tar_of(files or {"a": "x", "b": "y"}, pack=False, form=tarfile.USTAR_FORMAT))
    return gzip.compress(bytes(change(plain)))


def with_checksum(header):
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return header


def with_field(start, value, member=0):
    def change(data):
        at = member * 1024
        header = data[at : at + 512]
        header[start : start + len(value)] = value
        data[at : at + 512] = with_checksum(header)
        return data

    return change


PAX_SIZE = tar_of({"a": "x"}, pax_headers={"size": "0"})
DAMAGED = {
    "no end": tar_bytes(change=lambda data: data[:2048]),
    "cut in a member": tar_bytes(change=lambda data: data[:1100]),
    "cut in the gzip": tar_bytes()[:-12],
    "something after the end": tar_bytes(change=lambda data: data + b"hidden"),
    "two archives": tar_bytes(change=lambda data: data + data),
    "two gzips": tar_bytes() + tar_bytes(),
    "something after the gzip": tar_bytes() + b"hidden",
    "a second header that is damaged": tar_bytes(change=lambda data: data[:1024] + b"\xff" * 512 + data[1536:]),
    "a second checksum that is wrong": tar_bytes(change=lambda data: data[:1024] + b"z" + data[1025:]),
    "a size with a sign": tar_bytes(change=with_field(124, b"-0000000001\0")),
    "a size in binary": tar_bytes(change=with_field(124, b"\x80" + bytes(10) + b"\x01")),
    "a negative size in binary": tar_bytes(change=with_field(124, b"\xff" * 12)),
    "a size beyond the end": tar_bytes(change=with_field(124, b"00000777777\0")),
    "a size in another header": PAX_SIZE,
    "a sparse file": tar_of({"a": "x"}, pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
    "a huge header": tar_of({"a": "x"}, pax_headers={"comment": "x" * 100_000}),
    "a folder with content": tar_bytes(change=with_field(156, b"5")),
    "no member": tar_of({}),
    "not a tar": gzip.compress(b"steps: []\n" * 1000),
    "not a gzip": b"\x1f\x8b" + b"x" * 100,
}


@pytest.mark.parametrize("case", DAMAGED)
def test_tar_archives_that_are_refused(place, case):
    assert refused(place, DAMAGED[case], "a.tgz")


def test_the_changes_to_tar_archives_are_what_makes_them_bad(place):
    assert contents(attempt(place, tar_bytes(change=with_field(124, b"00000000001\0")), "a.tgz")) == {
        "a": "x",
        "b": "y",
    }


@pytest.mark.parametrize(
    "record",
    [b"1" * 60_000, b"60007 x=" + b"1" * 59_998 + b"\n", b"2 " * 30_000 + b"=", b"0 =\n", b"5 a=\n\n", b"9 size=1\n"],
    ids=["digits", "a long number", "no value", "no length", "a wrong length", "a size"],
)
@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_crooked_headers(place, record, kind):
    """Long runs of digits make `tarfile` search for minutes; such files are refused before it sees them."""
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, len(record)
    plain = header.tobuf(tarfile.USTAR_FORMAT) + record + bytes(-len(record) % 512)
    plain += tar_of({"a": "x"}, pack=False, form=tarfile.USTAR_FORMAT)
    assert "header" in refused(place, gzip.compress(plain), "a.tgz")
