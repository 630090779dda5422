"""Unpacking in a folder beside which nothing may appear."""

import pytest

from plait.packages.archive import ArchiveError, unpack


def attempt(place, data, name="a.zip"):
    """Unpack into a new folder; return it."""
    archive = place / name
    archive.write_bytes(data)
    unpack(archive, place / "in" / "to")
    return place / "in" / "to"


def refused(place, data, name="a.zip"):
    """Unpack what is refused, so that nothing is left; return the reason."""
    with pytest.raises(ArchiveError) as caught:
        attempt(place, data, name)
    (place / name).unlink()
    assert [path.name for path in place.rglob("*")] == ["in"]
    assert str(caught.value).isprintable()
    return str(caught.value)


def contents(folder):
    """Return the text of every file by its path."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
