"""Archives that are unpacked, and everything that is refused before a byte is written."""

import gzip
import io
import os
import stat
import subprocess
import tarfile
import zipfile
from functools import partial

import pytest

from plait.errors import StorageError
from plait.packages import archive as unpacking
from plait.packages.archive import ArchiveError, unpack
from plait.packages.archive_members import BIGGEST_MEMBER, MOST_MEMBERS
from support.hostile_archives import Part, raw_zip, tar_of, zip_of
from support.unpacking import attempt, contents, refused

MIB = 1 << 20
FILES = {"workflow.yml": "steps: []\n", "scripts/run.sh": "#!/bin/sh\n", "docs/größe.md": "x" * 5000}


@pytest.fixture
def place(tmp_path):
    """A folder beside which nothing may appear."""
    (tmp_path / "in").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zip_of(FILES)),
        ("a.ZIP", zip_of(FILES, method=zipfile.ZIP_STORED, comment=b"0123456789abcdef")),
        ("a.tar.gz", tar_of(FILES)),
        ("a.tgz", tar_of(FILES, form=tarfile.GNU_FORMAT)),
        ("a.tgz", tar_of(FILES, form=tarfile.USTAR_FORMAT)),
        ("a", tar_of(FILES)),
    ],
)
def test_what_is_packed_comes_out(place, name, data):
    assert contents(attempt(place, data, name)) == FILES


def test_what_ordinary_tools_make(place):
    source = place / "src"
    (source / "scripts").mkdir(parents=True)
    (source / "workflow.yml").write_text("steps: []\n")
    (source / "scripts" / "run.sh").write_text("#!/bin/sh\n")
    (source / "scripts" / "run.sh").chmod(0o755)
    subprocess.run(["tar", "-czf", place / "t.tgz", "src"], cwd=place, check=True)
    long = "d" * 120 + "/" + "f" * 120
    (source / ("d" * 120)).mkdir()
    (source / long).write_text("long")
    subprocess.run(["tar", "-czf", place / "long.tgz", "src"], cwd=place, check=True)
    subprocess.run(["git", "init", "-q"], cwd=source, check=True)
    subprocess.run(["git", "add", "."], cwd=source, check=True)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, "commit", "-qm", "a"], cwd=source, check=True)
    for form in ("zip", "tar.gz"):
        out = place / f"git.{form}"
        subprocess.run(
            ["git", "archive", f"--format={form}", "--prefix=top/", "-o", out, "HEAD"], cwd=source, check=True
        )
        unpack(out, place / f"git-{form}")
        assert (place / f"git-{form}" / "top" / long).read_text() == "long"
        assert os.access(place / f"git-{form}" / "top" / "scripts" / "run.sh", os.X_OK)
    for name in ("t", "long"):
        unpack(place / f"{name}.tgz", place / name)
        assert os.access(place / name / "src" / "scripts" / "run.sh", os.X_OK)
    assert (place / "long" / "src" / long).read_text() == "long"


def test_members_described_after_their_bytes(place):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise OSError

    made = Pipe()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    assert contents(attempt(place, made.getvalue())) == FILES


@pytest.mark.parametrize(("mode", "kept"), [(0o100644, 0o644), (0o100600, 0o644), (0o106755, 0o755), (0o101777, 0o755)])
def test_modes_are_the_two_usual_ones(place, mode, kept):
    old = os.umask(0o077)
    try:
        zipped = attempt(place, zip_of({"a": "x"}, mode=mode)) / "a"
        unpack_tar = place / "b.tgz"
        unpack_tar.write_bytes(tar_of({"a": "x"}, mode=mode & 0o7777))
        unpack(unpack_tar, place / "in" / "tar")
    finally:
        os.umask(old)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (zipped, place / "in" / "tar" / "a")] == [kept, kept]


def test_folders_come_out_too(place):
    folder = attempt(place, zip_of([("d/", ""), ("d/e/", ""), ("d/e/f", "x")], mode=0))
    assert (folder / "d" / "e" / "f").read_text() == "x"
    unpack_tar = place / "b.tgz"
    unpack_tar.write_bytes(tar_of([("d", None), ("d/e", None), ("d/e/f", "x")]))
    unpack(unpack_tar, place / "in" / "tar")
    assert (place / "in" / "tar" / "d" / "e" / "f").read_text() == "x"


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CONTTYPE,
        b"S",
        b"V",
    ],
)
def test_tar_members_that_are_not_files(place, kind):
    assert "not a file" in refused(place, tar_of({"a": ""}, type=kind, linkname="/etc/passwd"), "a.tgz")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR])
def test_zip_members_that_are_not_files(place, kind):
    assert "not what its name says" in refused(place, raw_zip(Part(attributes=(kind | 0o644) << 16)))


def test_links_that_lead_out_have_no_effect(place):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        link = tarfile.TarInfo("d")
        link.type, link.linkname = tarfile.SYMTYPE, str(place)
        archive.addfile(link)
        inside = tarfile.TarInfo("d/evil")
        inside.size = 1
        archive.addfile(inside, io.BytesIO(b"x"))
    refused(place, made.getvalue(), "a.tgz")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_counts_and_sizes(place, kind):
    make, name = (partial(zip_of, method=zipfile.ZIP_STORED), "a.zip") if kind == "zip" else (tar_of, "a.tgz")
    noise = os.urandom(MIB)
    assert len(contents(attempt(place, make({f"{n}": "" for n in range(MOST_MEMBERS)}), name))) == MOST_MEMBERS
    subprocess.run(["rm", "-r", place / "in" / "to"], check=True)
    assert "more than 512" in refused(place, make({f"{n}": "" for n in range(MOST_MEMBERS + 1)}), name)
    assert "bigger than 10 MiB" in refused(place, make({"a": noise * 10 + b"x"}), name)
    assert "MiB" in refused(place, make({f"{n}": noise[:-1000] * 9 for n in range(6)}), name)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_bombs(place, kind):
    make, name = (zip_of, "a.zip") if kind == "zip" else (tar_of, "a.tgz")
    assert "bomb" in refused(place, make({"a": bytes(9 * MIB)}), name)


def test_a_gzip_that_never_ends(place):
    many = gzip.compress(bytes(MIB))
    assert "bomb" in refused(place, many * 100, "a.tgz")


def test_files_that_are_no_archives(place):
    assert "not an archive" in refused(place, b"steps: []", "a")
    assert "web page" in refused(place, b"\n<!DOCTYPE html>", "a")
    assert "another kind" in refused(place, b"\xfd7zXZ\0", "a")
    assert "by its bytes" in refused(place, zip_of(FILES), "a.tar.gz")
    with pytest.raises(ArchiveError, match="No such file"):
        unpack(place / "missing.zip", place / "in" / "to")


def test_too_big_an_archive(place):
    archive = place / "a.zip"
    archive.write_bytes(b"PK\x03\x04")
    os.truncate(archive, 51 * MIB)
    with pytest.raises(ArchiveError, match="bigger than 50 MiB"):
        unpack(archive, place / "in" / "to")


def test_a_folder_that_exists_is_left_alone(place):
    (place / "in" / "to").mkdir()
    (place / "in" / "to" / "mine").write_text("mine")
    with pytest.raises(StorageError):
        attempt(place, zip_of(FILES))
    assert contents(place / "in" / "to") == {"mine": "mine"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device"), MemoryError])
def test_whatever_goes_wrong_nothing_is_left(place, monkeypatch, error):
    real = os.fchmod
    calls = []

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) == len(FILES):
            raise error
        real(*arguments)

    monkeypatch.setattr(unpacking.os, "fchmod", fail)
    with pytest.raises((KeyboardInterrupt, StorageError, ArchiveError, MemoryError)):
        attempt(place, zip_of(FILES))
    assert list((place / "in").iterdir()) == []


def test_the_size_limit_of_one_member_is_inclusive(place):
    data = os.urandom(MIB) * (BIGGEST_MEMBER // MIB)
    assert (attempt(place, tar_of({"a": data}), "a.tgz") / "a").stat().st_size == BIGGEST_MEMBER
