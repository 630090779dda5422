"""Names of members that are refused, alone and together."""

import re
import tarfile

import pytest

from support.hostile_archives import Part, raw_zip, tar_of
from support.unpacking import refused


@pytest.fixture
def place(tmp_path):
    """A folder beside which nothing may appear."""
    (tmp_path / "in").mkdir()
    return tmp_path


BAD_NAMES = {
    "/etc/passwd": "absolute",
    "\\\\server\\share": "absolute",
    "C:/x": "drive letter",
    "c:x": "drive letter",
    "../x": "part that is \\.\\.",
    "a/../../x": "part that is \\.\\.",
    "a/..": "part that is",
    "./a": "part that is",
    "a/./b": "part that is",
    "a//b": "part that is empty",
    "a\\..\\b": "not allowed everywhere",
    "aa:b": "not allowed everywhere",
    "a*": "not allowed everywhere",
    'a"b': "not allowed everywhere",
    "a\x1b[2J": "cannot be seen",
    "a\nb": "cannot be seen",
    "a\u202eb": "cannot be seen",
    "a\u200bb": "cannot be seen",
    "a\x7f": "cannot be seen",
    "NUL": "device",
    "d/con.txt": "device",
    "COM1.tar.gz": "device",
    "com\u00b9": "device",
    "aux .x": "device",
    " a": "space",
    "a ": "space",
    "d /a": "space",
    "a.": "ends with a dot",
    "d./a": "ends with a dot",
    "ä" * 128: "too long",
    "/".join(["a"] * 70): "too long",
    "/".join(["abcdefgh" * 30] * 20): "too long",
}


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_names_that_are_refused(place, kind, name):
    data = raw_zip(Part(name.encode(), flags=0x800)) if kind == "zip" else tar_of({name: "x"})
    assert re.search(BAD_NAMES[name], refused(place, data, "a.zip" if kind == "zip" else "a.tgz"))


def test_a_nul_in_a_name(place):
    assert "cannot be seen" in refused(place, raw_zip(Part(b"a\0.txt")))


def test_names_that_are_not_text(place):
    refused(place, raw_zip(Part(b"\xff\xfe", flags=0x800)))
    refused(place, tar_of({"\udcff": "x"}, form=tarfile.GNU_FORMAT), "a.tgz")


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["a", "a"], "two members"),
        (["a", "A"], "two members"),
        (["stra\u00dfe", "STRASSE"], "two members"),
        (["\u00e9", "e\u0301"], "two members"),
        (["d/x", "D/y"], "one on some systems"),
        (["d/\u00e9/x", "d/e\u0301/y"], "one on some systems"),
        (["a", "a/b"], "lies in a file"),
        (["a/b", "a"], "lies in a file"),
        (["A", "a/b"], "one on some systems"),
    ],
)
def test_names_for_one_place(place, kind, names, reason):
    pairs = [(name, "x") for name in names]
    data = raw_zip(*(Part(name.encode(), flags=0x800) for name in names)) if kind == "zip" else tar_of(pairs)
    assert reason in refused(place, data, "a.zip" if kind == "zip" else "a.tgz")
