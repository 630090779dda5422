"""The state of a git repository, read without changing anything in it."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import threading
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SETTINGS = {
    "core.quotePath": "false",
    "color.ui": "false",
    # An agent may have written the repository's settings, and none of these programs is needed to read it.
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
}
_QUIET = ("--no-pager", *(word for item in _SETTINGS.items() for word in ("-c", "=".join(item))))
_NO_PROGRAMS = ("--no-ext-diff", "--no-textconv")
_DIFF = ("--patch", "--no-color", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short")
_LEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY")
_SLOWEST = 60.0
_SLOWEST_DIFF = 20.0
_CHUNK = 1 << 16
_HASHED_FILE = 1 << 20
_HASHED_IN_ALL = 8 << 20
_MOST_HASHED = 200
UNBORN = "(initial)"
"""The commit of a repository that has none yet."""
_LONG_ID = 64
_EXECUTABLE = 0o100


class GitError(Exception):
    """Git is not there, or does not answer."""


class Entry(NamedTuple):
    """A path that differs from the commit: what it holds, and what it holds in the commit.

    Contents are compared as text: the id git gives a file's bytes, behind an `x` if it is executable, or for a large
    file, and where there are very many, its `stamp` (size, times, place on the disk). An empty text means that there
    is no such file.
    """

    content: str
    committed: str = ""
    stamp: str = ""


@dataclass(slots=True)
class State:
    """A repository at one moment: its commit, and every path that differs from it."""

    head: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)


class Repository:
    """The repository around a folder. `leave_out` is a path whose files are of no interest."""

    def __init__(self, top: Path, environ: Mapping[str, str], leave_out: Path) -> None:
        self.top = top
        self._environ = {key: value for key, value in environ.items() if key not in _LEADING}
        self._environ |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        self._paths = ["--", "."]
        if leave_out.is_relative_to(top):
            self._paths.append(f":(exclude,top,literal){leave_out.relative_to(top)}")

    @classmethod
    def around(cls, folder: Path, environ: Mapping[str, str], leave_out: Path) -> Repository | None:
        """Return the repository that a folder belongs to; None if there is none."""
        real = folder.resolve()
        top = next((each for each in (real, *real.parents) if (each / ".git").exists()), None)
        return None if top is None else cls(top, environ, leave_out.resolve())

    def state(self, known: State | None = None) -> State:
        """Read the state, files that have the same stamp as in a `known` one unread; raises `GitError`."""
        out = self._git(
            "status", "--porcelain=v2", "-z", "--branch", "--untracked-files=all", "--no-renames", *self._paths
        )
        state, contents = State(), _Contents(self.top)
        before = known.entries if known is not None else {}
        for line in out.split("\0"):
            if line.startswith("# branch.oid "):
                state.head = line.removeprefix("# branch.oid ")
            elif line[:1] in _COLUMNS:
                columns = line.split(" ", _COLUMNS[line[0]])
                path = columns[-1]
                content, stamp = contents.read(path, before.get(path), state.head)
                state.entries[path] = Entry(content, _committed(columns), stamp)
        return state

    def differences(self, before: str, after: str) -> dict[str, tuple[str, str]]:
        """Return the old and the new content of every file that differs between two commits; raises `GitError`."""
        old, new = (self._empty_tree() if head == UNBORN else head for head in (before, after))
        options = ("--raw", "-z", "--no-abbrev", "--no-renames", *_NO_PROGRAMS)
        words = self._git("diff", *options, old, new, *self._paths).split("\0")
        found = {}
        for facts, path in zip(words[:-1:2], words[1::2], strict=False):
            old_mode, new_mode, old_id, new_id = facts.removeprefix(":").split(" ")[:4]
            found[path] = (_named(old_mode, old_id), _named(new_mode, new_id))
        return found

    def _empty_tree(self) -> str:
        return self._git("hash-object", "-t", "tree", os.devnull).strip()

    def line_counts(self, before: str) -> dict[str, tuple[int, int]]:
        """Return the lines added and removed in tracked files since a commit, by path; raises `GitError`."""
        if before == UNBORN:
            return {}
        out = self._git("diff", "--numstat", "-z", "--no-renames", *_NO_PROGRAMS, before, *self._paths)
        counts = {}
        for entry in filter(None, out.split("\0")):
            added, removed, path = entry.split("\t", 2)
            counts[path] = (int(added) if added.isdigit() else 0, int(removed) if removed.isdigit() else 0)
        return counts

    def diff(self, before: str, paths: Sequence[str], most: int) -> tuple[bytes, int]:
        """Return the beginning of the diff of paths since a commit, and how many bytes follow it; raises `GitError`."""
        argv = self._argv("diff", *_DIFF, *_NO_PROGRAMS, before, "--", *(f":(top,literal){path}" for path in paths))
        null = subprocess.DEVNULL
        try:
            with subprocess.Popen(argv, env=self._environ, stdin=null, stdout=subprocess.PIPE, stderr=null) as child:
                limit = threading.Timer(_SLOWEST_DIFF, child.kill)
                limit.start()
                try:
                    out = cast("IO[bytes]", child.stdout)
                    data = out.read(most)
                    more = sum(len(part) for part in iter(lambda: out.read(_CHUNK), b""))
                finally:
                    limit.cancel()
        except (OSError, ValueError) as error:
            raise GitError(f"git cannot be run: {error}") from None
        if child.returncode != 0:
            raise GitError(f"git diff ended with {child.returncode}")
        return data, more

    def _argv(self, *arguments: str) -> list[str]:
        return ["git", *_QUIET, "-C", str(self.top), *arguments]

    def _git(self, *arguments: str) -> str:
        argv = self._argv(*arguments)
        try:
            done = subprocess.run(
                argv, env=self._environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SLOWEST, check=False
            )
        except FileNotFoundError:
            raise GitError("git is not installed") from None
        except (OSError, subprocess.SubprocessError) as error:
            raise GitError(f"git cannot be run: {error}") from None
        if done.returncode != 0:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
            telling = next((line for line in lines if line.startswith("fatal:")), lines[-1])
            raise GitError(f"git failed: {telling[:300]}")
        return done.stdout.decode("utf-8", "surrogateescape")


_COLUMNS = {"1": 8, "u": 10, "?": 1}


def _committed(columns: list[str]) -> str:
    """Return what the commit holds of a path, from the columns of git's status."""
    if columns[0] == "?":
        return ""
    mode, name = (columns[3], columns[6]) if columns[0] == "1" else (columns[4], columns[8])
    return _named(mode, name)


def _named(mode: str, name: str) -> str:
    if not name.strip("0"):
        return ""
    return f"x{name}" if mode.endswith("755") else name


class _Contents:
    """Reads files, up to a limit for all of them: beyond it a stamp has to do."""

    def __init__(self, top: Path) -> None:
        self._top = str(top)
        self._bytes = _HASHED_IN_ALL
        self._files = _MOST_HASHED

    def read(self, path: str, known: Entry | None, head: str) -> tuple[str, str]:
        """Return a file's content and stamp; the content is of the same kind as the one known, to be compared."""
        file = f"{self._top}/{path}"
        try:
            status = os.lstat(file)
            executable = "x" if status.st_mode & _EXECUTABLE and not stat.S_ISLNK(status.st_mode) else ""
            stamp = f"{executable}{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
            if known is not None and known.stamp == stamp:
                return known.content, stamp
            if stat.S_ISLNK(status.st_mode):
                return _object_id(os.fsencode(os.readlink(file)), head), stamp  # noqa: PTH115 - as fast as can be
            if not stat.S_ISREG(status.st_mode):
                return "folder", stamp
            if not self._may_read(status.st_size, known):
                return stamp, stamp
            with open(file, "rb") as opened:  # noqa: PTH123 - as fast as can be
                return executable + _object_id(opened.read(), head), stamp
        except OSError:
            return "", ""

    def _may_read(self, size: int, known: Entry | None) -> bool:
        if size > _HASHED_FILE or (known is not None and known.content == known.stamp):
            return False
        if known is None and (self._files <= 0 or self._bytes < size):
            return False
        self._files -= 1
        self._bytes -= size
        return True


def _object_id(data: bytes, head: str) -> str:
    """Return the id that git gives these bytes, so that they can be compared with what is committed."""
    algorithm = "sha256" if len(head) == _LONG_ID else "sha1"
    return hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
