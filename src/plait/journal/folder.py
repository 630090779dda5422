"""Where the files of a run are, and which names are safe for them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from plait.errors import RunNotFoundError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
_LONGEST_RUN_ID = 128
_LONGEST_COMPONENT = 120
_PRIVATE_FOLDER = 0o700


def new_run_id() -> str:
    """Return a fresh run id: 8 hexadecimal characters (RST-03)."""
    return os.urandom(4).hex()


def check_run_id(run_id: str) -> str:
    """Return the id if it is well formed (RST-04); raise `UsageError` before any path is built from it."""
    if not RUN_ID.fullmatch(run_id) or len(run_id) > _LONGEST_RUN_ID:
        raise UsageError(
            f"{run_id!r} is not a run id",
            hint="a run id has letters, digits, hyphens and underscores, begins with a letter or digit,"
            f" and is at most {_LONGEST_RUN_ID} characters long",
        )
    return run_id


def runs_root(project_root: Path) -> Path:
    """Return the folder that holds the runs of a project."""
    return project_root / ".specify" / "workflows" / "runs"


def path_component(name: str) -> str:
    """Return a name for a file that stands for `name` and for no other, inside its folder whatever `name` says."""
    component = quote(name, safe=":@+=,-_")
    if component.startswith("."):
        component = "%2E" + component[1:]
    if len(component) > _LONGEST_COMPONENT:
        import hashlib  # noqa: PLC0415 - long names are rare, and every start would pay for it

        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        component = f"{component[:_LONGEST_COMPONENT]}~{digest}"
    return component


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @classmethod
    def of(cls, run_id: str, project_root: Path) -> RunFolder:
        """Return the folder of a run, which need not exist."""
        return cls(runs_root(project_root) / check_run_id(run_id))

    @classmethod
    def existing(cls, run_id: str, project_root: Path) -> RunFolder:
        """Return the folder of a recorded run; raise `RunNotFoundError` if there is none."""
        folder = cls.of(run_id, project_root)
        if not folder.path.is_dir():
            raise RunNotFoundError(
                f"no run {run_id!r} in {runs_root(project_root)}", hint="`plait runs list` shows all"
            )
        return folder

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.path.name

    @property
    def definition(self) -> Path:
        """The frozen workflow file."""
        return self.path / "workflow.yml"

    @property
    def called(self) -> Path:
        """The frozen workflows that it calls."""
        return self.path / "called.json"

    @property
    def inputs(self) -> Path:
        """The resolved inputs."""
        return self.path / "inputs.json"

    @property
    def journal(self) -> Path:
        """The append-only event log: the truth."""
        return self.path / "log.jsonl"

    @property
    def state(self) -> Path:
        """The projection of the journal that other programs read."""
        return self.path / "state.json"

    @property
    def lock(self) -> Path:
        """The file whose lock says that a process owns the run."""
        return self.path / "lock"

    @property
    def mailbox(self) -> Path:
        """Requests to the owner of the run."""
        return self.path / "mailbox"

    @property
    def mark(self) -> str:
        """The beginning of the mark that every child of this run carries in its environment."""
        found = self.path.stat()
        return f"{self.run_id}.{found.st_dev:x}.{found.st_ino:x}:"

    def step(self, step_id: str) -> Path:
        """Return the folder of one occurrence of a step."""
        return Path(f"{self.path}/steps/{path_component(step_id)}")

    def attempt_log(self, step_id: str, attempt: int) -> Path:
        """Return the log of one try of a step."""
        return Path(f"{self.path}/steps/{path_component(step_id)}/attempt-{attempt}.log")

    def attempt_diff(self, step_id: str, attempt: int) -> Path:
        """Return the diff of what one try of an agent changed; there is none where it changed nothing."""
        return self.step(step_id) / f"attempt-{attempt}.diff"

    def create(self) -> None:
        """Make the folder; raise `UsageError` if the run exists and `StorageError` if it cannot be made."""
        root = self.path.parent
        try:
            check_storage(root)
            root.mkdir(parents=True, exist_ok=True)
            _keep_out_of_git(root)
            if self.path.is_symlink():
                raise StorageError(f"{self.path} must be a folder, not a link")
            self.path.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot create the folder of the run: {describe(error)}") from error
        self.check_unused()

    def check_unused(self) -> None:
        """Raise `UsageError` if the run exists; one that was killed before its first event never began."""
        try:
            begun = self.journal.stat().st_size > 0
        except OSError:
            begun = False
        if begun:
            raise UsageError(
                f"run {self.run_id!r} exists already: {self.path}",
                hint=f"resume it with `plait resume {self.run_id}`, or choose another id",
            )


def check_storage(root: Path) -> None:
    """Refuse a runs folder that a link or a file stands in for (RUN-05)."""
    for folder in (root.parent.parent, root.parent, root, root.parent / "overlays"):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise StorageError(f"{folder} must be a folder, not a link or a file")


def _keep_out_of_git(root: Path) -> None:
    with suppress(FileExistsError), (root / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("*\n")


def recorded_runs(project_root: Path) -> Iterator[RunFolder]:
    """Yield the folder of every run of a project, in no particular order."""
    root = runs_root(project_root)
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(root) as entries:
        for entry in entries:
            if RUN_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                yield RunFolder(Path(entry.path))


def describe(error: OSError) -> str:
    """Return an operating system error as one plain phrase with the path it speaks of."""
    reason = (error.strerror or str(error)).lower()
    return f"{reason}: {error.filename}" if error.filename else reason


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file so that no reader ever sees half of it; readable by its owner alone."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise StorageError(f"cannot write {path}: {describe(error)}") from error
