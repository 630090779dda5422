"""What an agent changed in the repository it worked in: the state before, compared with the state after."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import StorageError
from plait.steps.agent.difference import Touched, diff_of
from plait.steps.agent.repository import UNBORN, Entry, GitError, Repository, State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from plait.model.step_type import StepContext
    from plait.steps.agent.memory import Memory

_MOST_LISTED = 5000
_MOST_COUNTED = 1 << 20


class Changes(NamedTuple):
    """The files that differ from before the work, and how much: `listed` is None where there is no repository.

    `problem` says why nothing can be told; `touched` are the same files, as git knows them.
    """

    listed: list[dict[str, str]] | None = None
    diffstat: dict[str, int] | None = None
    problem: str = ""
    touched: Touched = Touched()

    def __bool__(self) -> bool:
        return bool(self.listed)


class Watch:
    """Knows the state before the first attempt of an occurrence, and compares; `problem` says why it cannot."""

    def __init__(self, repository: Repository | None, before: State, problem: str = "") -> None:
        self._repository = repository
        self._before = before
        self.problem = problem

    @classmethod
    def begin(cls, context: StepContext, memory: Memory) -> Watch:
        """Read the state, or take what an earlier attempt has read."""
        folder = context.working_folder()
        leave_out = context.project_root / ".specify" / "workflows" / "runs"
        repository = Repository.around(folder, context.environment(), leave_out)
        if repository is None:
            return cls(None, State(), f"{folder} is in no git repository")
        if memory.before and (known := _read(context.files_folder() / memory.before)) is not None:
            return cls(repository, known)
        try:
            before = repository.state()
        except GitError as error:
            return cls(None, State(), str(error))
        memory.before = f"before-{context.attempt}.json"
        _write(context.files_folder() / memory.before, before)
        return cls(repository, before)

    def changes(self) -> Changes:
        """Return what has changed so far."""
        if self._repository is None:
            return Changes(problem=self.problem)
        try:
            return self._compared(self._repository)
        except GitError as error:
            return Changes(problem=str(error))

    def _compared(self, repository: Repository) -> Changes:
        before, after = self._before, repository.state(self._before)
        moved = repository.differences(before.head, after.head) if after.head != before.head else {}
        pairs = {}
        for path in {*before.entries, *after.entries, *moved}:
            then, now = _then_and_now(path, before, after, moved)
            if then != now or path in moved:
                pairs[path] = (then, now)
        listed = _named(pairs)
        if not listed:
            return Changes([])
        counts = repository.line_counts(before.head)
        new = [path for path, (then, _) in pairs.items() if not then and path not in counts]
        sums = [counts[path] for path in pairs if path in counts]
        sums += [(_lines(repository.top / path), 0) for path in new]
        insertions, deletions = sum(added for added, _ in sums), sum(removed for _, removed in sums)
        diffstat = {"files": len(listed), "insertions": insertions, "deletions": deletions}
        touched = _touched(pairs, before, after, counts)
        return Changes(listed[:_MOST_LISTED], diffstat, touched=touched)

    def keep_diff(self, changes: Changes, context: StepContext) -> None:
        """Write the diff of what has changed to `attempt-<n>.diff`; where that cannot be done, the step goes on."""
        if self._repository is None:
            return
        try:
            diff = diff_of(self._repository, self._before.head, changes.touched)
        except GitError as error:
            context.tell(f"no diff of the changes: {error}")
            return
        if diff:
            with suppress(StorageError, OSError):
                context.keep_file(f"attempt-{context.attempt}.diff", diff)


def _touched(pairs: Mapping[str, tuple[str, str]], before: State, after: State, tracked: Collection[str]) -> Touched:
    """Tell the paths that git can compare with the commit from those that it does not know."""
    if before.head == UNBORN:
        return Touched(new=sorted(path for path, (_, now) in pairs.items() if now))
    known = sorted(path for path in pairs if path in tracked)
    rest = (path for path in pairs if path not in tracked and path in after.entries)
    return Touched(known, sorted(path for path in rest if pairs[path][1] and not after.entries[path].committed))


def _then_and_now(path: str, before: State, after: State, moved: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Return the content of a path before and after; a path git does not list is as it is committed."""
    old, new = before.entries.get(path), after.entries.get(path)
    if path in moved:
        old_commit, new_commit = moved[path]
    else:
        old_commit = new_commit = (old or new or Entry("")).committed
    return old.content if old else old_commit, new.content if new else new_commit


def _named(pairs: Mapping[str, tuple[str, str]]) -> list[dict[str, str]]:
    """Say what became of each path; a deleted file whose content stands in a new one was renamed."""
    deleted: dict[str, list[str]] = {}
    for path, (then, now) in sorted(pairs.items(), reverse=True):
        if then and not now:
            deleted.setdefault(then, []).append(path)
    named, renamed = [], set()
    for path, (then, now) in sorted(pairs.items()):
        if not then and now and deleted.get(now):
            source = deleted[now].pop()
            renamed.add(source)
            named.append({"path": path, "change": "renamed", "from": source})
        elif then or now:
            named.append({"path": path, "change": "modified" if then and now else "added" if now else "deleted"})
    return [{key: _readable(text) for key, text in entry.items()} for entry in named if entry["path"] not in renamed]


def _readable(path: str) -> str:
    """Return a path as text that can be kept; bytes that are not UTF-8 are replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _lines(file: Path) -> int:
    """Return how many lines a new file has; none for one that is large or holds NUL."""
    try:
        if file.is_symlink() or file.stat().st_size > _MOST_COUNTED:
            return 0
        data = file.read_bytes()
    except OSError:
        return 0
    return 0 if b"\0" in data else data.count(b"\n") + (not data.endswith(b"\n") if data else 0)


def _write(file: Path, state: State) -> None:
    file.write_text(json.dumps({"head": state.head, "entries": state.entries}), encoding="utf-8")


def _read(file: Path) -> State | None:
    try:
        data = json.loads(file.read_bytes())
        return State(data["head"], {path: Entry(*entry) for path, entry in data["entries"].items()})
    except (OSError, ValueError, LookupError, TypeError):
        return None
