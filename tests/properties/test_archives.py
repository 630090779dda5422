"""Any archive, made or mutated: unpacked whole into its folder or refused whole, and nothing outside touched."""

import gzip
import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait.packages.archive import ArchiveError, kind_of, unpack
from support.cases import cases
from support.hostile_archives import Part, raw_zip, tar_of, zip_of

MANY = settings(max_examples=cases(120), deadline=None, suppress_health_check=[HealthCheck.too_slow])

SEGMENTS = st.one_of(
    st.sampled_from(
        ["a", "A", "b", "..", ".", "", "con", "x.", " y", "e\u0301", "\u00e9", "a\0b", "\\", "C:", "~", "..."]
    ),
    st.text(max_size=4).filter(lambda text: text.encode("utf-8", "ignore").decode() == text),
)
NAMES = st.builds(
    lambda start, segments, end: start + "/".join(segments) + end,
    st.sampled_from(["", "", "", "/", "./", "../"]),
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.sampled_from(["", "", "", "/"]),
)
CONTENTS = st.one_of(st.binary(max_size=40), st.integers(0, 4000).map(bytes))
FILES = st.lists(st.tuples(NAMES, CONTENTS), max_size=6)
DEVICES = frozenset({"aux", "con", "nul", "prn"})
GOOD_NAMES = st.from_regex(r"[a-z]{1,3}(/[a-z]{1,3}){0,2}", fullmatch=True).filter(
    lambda name: DEVICES.isdisjoint(name.split("/"))
)
GOOD = st.dictionaries(GOOD_NAMES, CONTENTS, min_size=1, max_size=5)
SMALL = st.integers(0, 0xFFFF)
WORDS = st.sampled_from([0, 1, 5, 45, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF]) | st.integers(0, 200)
PARTS = st.builds(
    Part,
    name=NAMES.map(str.encode),
    content=CONTENTS,
    method=st.sampled_from([0, 0, 8, 8, 9, 12, 99]),
    flags=st.sampled_from([0, 0x800, 0x808, 1, 8]),
    version=st.sampled_from([10, 20, 20, 45, 63]),
    attributes=st.sampled_from([0, 0o100644 << 16, 0o120777 << 16, 0o40755 << 16 | 0x10, 0o104755 << 16]),
    extra=st.binary(max_size=8),
    size=st.none() | WORDS,
    packed_size=st.none() | WORDS,
    offset=st.none() | WORDS,
    after=st.binary(max_size=4),
)
TAR_TYPES = st.sampled_from(
    [b"0", b"0", b"0", b"\0", b"1", b"2", b"3", b"5", b"6", b"7", b"S", b"L", b"K", b"x", b"g", b"V"]
)


@st.composite
def mutated(draw, archives):
    """An archive in which some bytes were replaced, taken out or put in."""
    data = bytearray(draw(archives))
    for _ in range(draw(st.integers(0, 4))):
        # From the end too: a ZIP archive is read from there.
        at = draw(st.integers(0, len(data))) if draw(st.booleans()) else max(len(data) - draw(st.integers(0, 80)), 0)
        data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(data)


def inside(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def check(data, name):
    """Unpack; return what came out by name, or None where it was refused."""
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        (place / "to").mkdir()
        archive = place / name
        archive.write_bytes(data)
        into = place / "to" / "in"
        try:
            unpack(archive, into)
        except ArchiveError as error:
            reason = str(error)
        else:
            reason = ""
        if reason:
            assert reason.isprintable()
            assert inside(place) == {name, "to"}
            return None
        assert {path.split("/")[0] for path in inside(place)} == {name, "to"}
        assert os.listdir(place / "to") == ["in"]  # noqa: PTH208 - names are what it is about
        found = [path for path in into.rglob("*") if not path.is_dir() or path.is_symlink()]
        assert all(path.is_file() and not path.is_symlink() for path in found)
        assert {path.stat().st_mode & 0o7777 for path in found} <= {0o644, 0o755}
        return {path.relative_to(into).as_posix(): path.read_bytes() for path in found}


@MANY
@given(GOOD)
def test_good_archives_come_out_as_they_went_in(files):
    folders = {name.rpartition("/")[0] for name in files}
    crossing = any(name == folder or folder.startswith(name + "/") for name in files for folder in folders)
    for data, name in ((zip_of(files), "a.zip"), (tar_of(files), "a.tgz")):
        assert check(data, name) == (None if crossing else files)


@MANY
@given(FILES, st.booleans())
def test_archives_with_any_names(files, as_zip):
    if as_zip:
        check(raw_zip(*(Part(name.encode(), content, flags=0x800) for name, content in files)), "a.zip")
    else:
        check(tar_of(files), "a.tgz")


@MANY
@given(st.lists(PARTS, max_size=4), st.dictionaries(st.integers(0, 6), SMALL, max_size=2), st.binary(max_size=3))
def test_zip_archives_with_any_headers(parts, end, before):
    check(raw_zip(*parts, end=end, before=before), "a.zip")


@MANY
@given(mutated(GOOD.map(zip_of)))
def test_mutated_zip_archives(data):
    check(data, "a")


@MANY
@given(mutated(GOOD.map(lambda files: tar_of(files, pack=False))), TAR_TYPES, st.integers(0, 3))
def test_mutated_tar_archives(data, kind, member):
    at = member * 1024 + 156
    changed = data[:at] + kind + data[at + 1 :] if at < len(data) else data
    check(gzip.compress(changed), "a.tgz")


@MANY
@given(mutated(GOOD.map(tar_of)))
def test_mutated_gzip_files(data):
    check(data, "a")


@MANY
@given(st.binary(max_size=600), st.text(max_size=20), st.text(max_size=20))
def test_kinds_of_anything(data, name, content_type):
    try:
        found = kind_of(data, names=[name], content_type=content_type)
    except ArchiveError as error:
        found = str(error)
    assert found.isprintable()
