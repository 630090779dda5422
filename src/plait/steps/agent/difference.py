"""The text of what an agent changed, as a unified diff."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from plait.steps.agent.repository import Repository

_LONGEST = 1 << 20
"""Bytes of a diff that are kept."""
_LONGEST_NAMES = 128 * 1024
"""Bytes of paths in one call of git."""
_LOOKED_AT = 8000
_QUOTED = re.compile(r'[\x00-\x1f"\\\x7f]')


class Touched(NamedTuple):
    """The paths that an agent changed: those that git compares, and the `new` ones that it does not know yet."""

    tracked: Sequence[str] = ()
    new: Sequence[str] = ()


def diff_of(repository: Repository, before: str, touched: Touched) -> bytes:
    """Return the diff of these files since a commit: whole lines, at most 1 MiB, and how much that leaves out.

    Raises `GitError`.
    """
    tracked = _first(touched.tracked)
    data, left_out = repository.diff(before, tracked, _LONGEST) if tracked else (b"", 0)
    if left_out:
        # Half of a line could be half of a secret, which nothing would recognise.
        whole = data.rfind(b"\n") + 1
        data, left_out = data[:whole], left_out + len(data) - whole
    files = len(touched.tracked) - len(tracked)
    parts, room = [data], _LONGEST - len(data)
    for path in touched.new:
        text, missing = _added(repository.top, path, room)
        if len(text) > room:
            files += 1
            continue
        parts.append(text)
        room -= len(text)
        left_out += missing
    return b"".join([*parts, _omission(left_out, files)])


def _first(paths: Iterable[str]) -> list[str]:
    """Return as many paths as one call can be given."""
    chosen, room = [], _LONGEST_NAMES
    for path in paths:
        room -= len(os.fsencode(path)) + 1
        if room < 0:
            break
        chosen.append(path)
    return chosen


def _added(top: Path, path: str, room: int) -> tuple[bytes, int]:
    """Return a new file as git would show it, and how many bytes of it are left out as there is no room for them."""
    old, new = (_quoted(f"{side}/{path}") for side in "ab")
    begin = f"diff --git {old} {new}\n"
    try:
        status = (top / path).lstat()
        mode = _mode(status.st_mode)
        head = os.fsencode(f"{begin}new file mode {mode}\n" if mode else begin)
        if not mode or not status.st_size:
            return head, 0
        if status.st_size > room:
            return head, status.st_size
        data = os.fsencode((top / path).readlink()) if mode == "120000" else (top / path).read_bytes()
    except OSError:
        return b"", 0
    if b"\0" in data[:_LOOKED_AT]:
        return head + os.fsencode(f"Binary files /dev/null and {new} differ\n"), 0
    is_ended = data.endswith(b"\n")
    lines = data.removesuffix(b"\n").split(b"\n")
    hunk = os.fsencode(f"--- /dev/null\n+++ {new}\n@@ -0,0 +1,{len(lines)} @@\n")
    body = b"".join(b"+%s\n" % line for line in lines)
    whole = head + hunk + body + (b"" if is_ended else b"\\ No newline at end of file\n")
    return (whole, 0) if len(whole) <= room else (head, len(data))


def _mode(mode: int) -> str:
    """Return how git writes the mode of a file; empty for what is no file."""
    if stat.S_ISLNK(mode):
        return "120000"
    if not stat.S_ISREG(mode):
        return ""
    return "100755" if mode & stat.S_IXUSR else "100644"


def _quoted(path: str) -> str:
    """Return a path on one line: quoted if it holds what a line of a diff cannot."""
    return json.dumps(path, ensure_ascii=False) if _QUOTED.search(path) else path


def _omission(left_out: int, files: int) -> bytes:
    words = [f"{left_out} bytes"] if left_out else []
    words += [f"{files} files"] if files else []
    return f"[… {' and '.join(words)} left out …]\n".encode() if words else b""
