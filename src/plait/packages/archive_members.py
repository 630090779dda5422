"""The one list of an archive's members, and what must hold for it before anything is written (SEC-05, 07, 08)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.errors import PlaitError

if TYPE_CHECKING:
    from collections.abc import Sequence

MIB = 1 << 20
MOST_MEMBERS = 512
"""Members of an archive, folders included."""
BIGGEST_MEMBER = 10 * MIB
"""Bytes of one member."""
BIGGEST_TOTAL = 50 * MIB
"""Bytes of all members together, and of the archive itself."""
LONGEST_PATH = 4096
"""Bytes of a member's path in UTF-8."""
LONGEST_NAME = 255
"""Bytes of one segment of a path."""
DEEPEST = 64
"""Segments of a path."""
HIGHEST_RATIO = 200
"""How many times bigger than packed more than a mebibyte may be when unpacked."""

_SHOWN = 120
_INVALID_ON_WINDOWS = re.compile(r'[<>:"\\|?*]')
_DEVICE_ON_WINDOWS = re.compile(
    r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE
)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class ArchiveError(PlaitError):
    """An archive that is damaged, or holds what may not be unpacked; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file or folder in an archive, as its headers declare it; `index` says which of the archive's entries it is."""

    index: int
    name: str
    is_folder: bool
    size: int
    executable: bool = False

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path; a folder's trailing slash is not one."""
        return tuple(self.name.removesuffix("/").split("/") if self.is_folder else self.name.split("/"))


def shown_name(name: str) -> str:
    """Return a member's name that may be printed."""
    text = "".join(character if character.isprintable() else "\ufffd" for character in name)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def too_dense(packed: int, unpacked: int) -> bool:
    """Whether so much comes out of so little that it can only be meant to fill a disk."""
    return unpacked > MIB and unpacked > HIGHEST_RATIO * max(packed, 1)


def check_members(members: Sequence[Member]) -> None:
    """Look at every member's name and size, and at all names together.

    Raises:
        ArchiveError: Something may not be unpacked.
    """
    if not members:
        raise ArchiveError("the archive is empty")
    check_count(len(members))
    for member in members:
        _check_name(member)
        if member.size > BIGGEST_MEMBER:
            raise ArchiveError(f"{shown_name(member.name)} is bigger than {BIGGEST_MEMBER // MIB} MiB")
        if member.size < 0 or (member.is_folder and member.size):
            raise ArchiveError(f"{shown_name(member.name)} has a size that cannot be")
    if sum(member.size for member in members) > BIGGEST_TOTAL:
        raise ArchiveError(f"the archive unpacks to more than {BIGGEST_TOTAL // MIB} MiB")
    _check_collisions(members)


def check_count(count: int) -> None:
    """Raise `ArchiveError` if an archive has too many members."""
    if count > MOST_MEMBERS:
        raise ArchiveError(f"the archive has more than {MOST_MEMBERS} members")


def _check_name(member: Member) -> None:
    problem = _problem_of_path(member.name) or next(filter(None, map(_problem_of_segment, member.segments)), "")
    if problem:
        hint = "Pack the files by their names, without a leading `./`." if member.name.startswith("./") else ""
        raise ArchiveError(f"the name {shown_name(member.name)} {problem}", hint=hint)


def _problem_of_path(name: str) -> str:
    if name.startswith(("/", "\\")):
        return "is absolute"
    if re.match("[A-Za-z]:", name):
        return "begins with a drive letter"
    if any(unicodedata.category(character) in _UNSEEN for character in name):
        return "holds characters that cannot be seen"
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_PATH or name.count("/") > DEEPEST:
        return "is too long"
    return ""


def _problem_of_segment(segment: str) -> str:
    if segment in {"", ".", ".."}:
        return f"has a part that is {segment or 'empty'}"
    if len(segment.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        return "is too long"
    if _INVALID_ON_WINDOWS.search(segment):
        return "holds a character that is not allowed everywhere"
    if segment != segment.strip() or segment.endswith("."):
        return "has a part that begins or ends with a space, or ends with a dot"
    if _DEVICE_ON_WINDOWS.fullmatch(segment.partition(".")[0].rstrip()):
        return "is that of a device on Windows"
    return ""


def _folded(segment: str) -> str:
    """Return what file systems that ignore case and the form of accents take a name for."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", segment).casefold())


def _check_collisions(members: Sequence[Member]) -> None:
    """Refuse two names for one place, whatever the file system, and files that others would lie in."""
    spelled: dict[tuple[str, ...], tuple[str, ...]] = {}
    files: set[tuple[str, ...]] = set()
    seen: set[tuple[str, ...]] = set()
    for member in members:
        folded = tuple(map(_folded, member.segments))
        if folded in seen:
            raise ArchiveError(f"two members have the name {shown_name(member.name)}")
        seen.add(folded)
        if not member.is_folder:
            files.add(folded)
        for end in range(1, len(folded) + 1):
            spelling = spelled.setdefault(folded[:end], member.segments[:end])
            if spelling != member.segments[:end]:
                raise ArchiveError(
                    f"the names {shown_name('/'.join(spelling))} and {shown_name(member.name)} are one on some systems"
                )
    for path, spelling in spelled.items():
        if any(path[:end] in files for end in range(1, len(path))):
            raise ArchiveError(f"{shown_name('/'.join(spelling))} lies in a file")
