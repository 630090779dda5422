"""What kind of file a package is, by its names, its type and its bytes."""

import pytest

from plait.packages.archive_kind import kind_of
from plait.packages.archive_members import ArchiveError
from support.hostile_archives import tar_of, zip_of

ZIP, TAR, YAML = zip_of({"a": "x"}), tar_of({"a": "x"}), b"steps: []\n"


@pytest.mark.parametrize(
    ("data", "names", "content_type", "kind"),
    [
        (ZIP, [], "", "zip"),
        (TAR, [], "", "tar.gz"),
        (YAML, [], "", "yaml"),
        (b"", [], "", "yaml"),
        (ZIP, ["https://h.example/a.ZIP?x=.yml#.tgz"], "application/octet-stream", "zip"),
        (ZIP, ["https://h.example/download"], "Application/Zip; charset=binary", "zip"),
        (ZIP, ["https://h.example/a%2ezip"], "", "zip"),
        (TAR, ["https://h.example/a.tgz", "https://cdn.example/b.tar.gz"], "application/x-gzip", "tar.gz"),
        (YAML, ["https://h.example/a.yaml"], "text/plain; charset=utf-8", "yaml"),
    ],
)
def test_what_agrees(data, names, content_type, kind):
    assert kind_of(data, names=names, content_type=content_type) == kind


@pytest.mark.parametrize(
    ("data", "names", "content_type"),
    [
        (ZIP, ["a.tgz"], ""),
        (ZIP, ["a.yml"], ""),
        (YAML, ["a.zip"], ""),
        (TAR, ["a.zip"], ""),
        (ZIP, ["a.zip", "b.tar.gz"], ""),
        (ZIP, ["a.zip"], "application/gzip"),
        (YAML, [], "application/zip"),
        (ZIP, [], "text/yaml"),
    ],
)
def test_what_disagrees(data, names, content_type):
    with pytest.raises(ArchiveError, match=r"disagree|by its bytes"):
        kind_of(data, names=names, content_type=content_type)


@pytest.mark.parametrize(
    "data", [b"\xfd7zXZ\0", b"BZh91", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\0", tar_of({"a": "x"}, pack=False)]
)
def test_archives_of_other_kinds(data):
    with pytest.raises(ArchiveError, match="another kind"):
        kind_of(data)


def test_a_web_page_is_told_apart():
    with pytest.raises(ArchiveError, match="web page") as caught:
        kind_of(b"\n\n<!DOCTYPE HTML><html>", names=["https://h.example/a"])
    assert "of the file itself" in caught.value.hint


def test_a_file(tmp_path):
    (tmp_path / "a.zip").write_bytes(ZIP)
    assert kind_of(tmp_path / "a.zip") == "zip"
    (tmp_path / "a.zip").rename(tmp_path / "a.tgz")
    with pytest.raises(ArchiveError, match="by its bytes"):
        kind_of(tmp_path / "a.tgz")
    with pytest.raises(ArchiveError, match="cannot be read"):
        kind_of(tmp_path)
