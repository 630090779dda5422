"""Where workflows are installed from: files, folders, archives, addresses, catalogs (ADD-01..08, ADD-16..19).

Whatever the source, its content is first copied to a folder of its own: what is looked at is what is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from plait.errors import PlaitError, StorageError, UsageError
from plait.packages.addresses import shown
from plait.packages.project import RESERVED_IDS, is_workflow_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plait.packages.catalogs import CatalogStack
    from plait.packages.project import Project

WORKFLOW = "workflow.yml"
MAX_FILES = 2048
MAX_BYTES = 50 * 1024 * 1024
_YAML = (".yml", ".yaml")
_LEFT_OUT = frozenset({"__pycache__", ".git", ".hg", ".svn", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
_DIGEST = re.compile(r"[0-9a-f]{64}")


class SourceError(PlaitError):
    """What was named cannot be installed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be installed, before it has been looked at.

    `path` is a local file, folder or archive and `url` an address; just one of them is set. `origin` is what the
    registry says of the source. The rest, where it is known, must be true of what is found there.
    """

    path: Path | None = None
    url: str | None = None
    origin: Mapping[str, str] = field(default_factory=dict)
    workflow_id: str | None = None
    version: str | None = None
    sha256: str | None = None
    is_vouched_for: bool = False
    """Whether a catalog, or the lock file of the project, names the address."""


@dataclass(frozen=True, slots=True)
class Obtained:
    """The content of a source in a folder of its own; `shown` is how people know it."""

    wanted: Wanted
    folder: Path
    shown: str
    sha256: str | None = None


def wanted_of(project: Project, source: str, *, url: str | None, dev: bool, catalog: Callable[[str], Wanted]) -> Wanted:
    """Return what the words on the command line mean; `catalog` is asked for an id that is nothing else.

    Raises `UsageError`, and whatever `catalog` does.
    """
    if dev:
        return wanted_path(project, source)
    if url is not None:
        if not url.strip():
            raise UsageError("`--from` needs an address")
        check_id(source)
        return Wanted(url=url, origin={"source": url}, workflow_id=source)
    if source.lower().startswith(("http://", "https://")):
        return Wanted(url=source, origin={"source": source})
    if os.path.lexists(Path(source).expanduser()):
        return wanted_path(project, source)
    if os.sep in source or source.lower().endswith((*_YAML, ".zip", ".tgz", ".tar.gz")):
        raise UsageError(f"no such file or folder: {source}")
    check_id(source)
    return catalog(source)


def wanted_path(project: Project, source: str) -> Wanted:
    """Return what a local path means; a path in the project is recorded relative to it."""
    path = Path(source).expanduser()
    if not path.exists():
        raise UsageError(f"no such file or folder: {source}")
    absolute = path.resolve()
    inside = absolute.is_relative_to(project.root.resolve())
    recorded = absolute.relative_to(project.root.resolve()) if inside else absolute
    return Wanted(path=path, origin={"source": str(recorded)})


def check_id(workflow_id: str) -> None:
    """Raise `UsageError` for what cannot be the id of a workflow (ADD-03, ADD-13)."""
    if workflow_id in RESERVED_IDS:
        raise UsageError(f"no workflow can be called {workflow_id!r}: the project keeps that name for itself")
    if not is_workflow_id(workflow_id):
        raise UsageError(
            f"{workflow_id!r} cannot be the id of a workflow", hint="ids are lower-case letters, digits and hyphens"
        )


def wanted_entry(stack: CatalogStack, workflow_id: str, version: str | None = None) -> Wanted:
    """Return what the catalogs have under an id, in the version that is wanted, or the current one.

    Raises `SourceError` if it is not there, may not be installed, or its entry is malformed (ADD-16, ADD-17).
    """
    from plait.packages.catalogs import CatalogError  # noqa: PLC0415 - only for catalogs
    from plait.packages.releases import release_of  # noqa: PLC0415 - only for catalogs

    entry = stack.find(workflow_id)
    if entry is None:
        raise SourceError(
            f"no catalog has a workflow {workflow_id!r}",
            hint="`plait search` shows what there is; a file is named by its path, such as ./release.yml",
        )
    try:
        entry = entry if version is None else release_of(entry, version)
        entry.require_installable()
    except CatalogError as error:
        raise SourceError(error.message, hint=error.hint) from error
    origin = {"source": "catalog", "catalog_name": entry.catalog_name, "url": entry.url}
    if entry.sha256 is not None and not _DIGEST.fullmatch(entry.sha256):
        raise SourceError(f"the catalog {entry.catalog_name!r} has a malformed `sha256` for {workflow_id!r}")
    return Wanted(
        url=entry.url,
        origin=origin,
        workflow_id=workflow_id,
        version=entry.version or None,
        sha256=entry.sha256,
        is_vouched_for=True,
    )


def obtain(
    wanted: Wanted,
    temporary: Path,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Obtained:
    """Copy or download what is wanted into a new folder in `temporary`.

    `progress` and `warn` are told what `fetch` tells of a download.

    Raises `SourceError`, `DownloadError`, `ArchiveError`, `UsageError` or `StorageError`.
    """
    if wanted.url is not None:
        return _download(wanted, wanted.url, temporary, progress=progress, warn=warn)
    into = temporary / "package"
    path = wanted.path
    if path is None:
        raise UsageError("nothing is wanted")
    if path.is_dir():
        _require_workflow(path, str(path))
        _copy_tree(path, into)
        return Obtained(wanted, into, str(path / WORKFLOW))
    if path.suffix.lower() in _YAML:
        _copy_one(path, into)
        return Obtained(wanted, into, str(path))
    if not path.is_file():
        raise SourceError(f"{path} is neither a file nor a folder")
    return Obtained(wanted, _unpacked(path, into, str(path)), f"{path}:{WORKFLOW}")


def files_of(folder: Path) -> list[str]:
    """Return the files of a package, in order; refuses links, special files and too much (ADD-09, ADD-10)."""
    found: list[str] = []
    total = 0
    for place, status in _entries(folder):
        name = place.relative_to(folder).as_posix()
        if not stat.S_ISREG(status.st_mode):
            kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "neither a file nor a folder"
            raise SourceError(f"{place} is {kind}, which packages must not have")
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise SourceError(f"{place!a} has a name that is not UTF-8")
        found.append(name)
        total += status.st_size
        if len(found) > MAX_FILES or total > MAX_BYTES:
            raise SourceError(
                f"{folder} is too much: a package has at most {MAX_FILES} files and {MAX_BYTES >> 20} MiB"
            )
    return found


def copy_files(source: Path, into: Path) -> None:
    """Copy the files of a package into a folder that is there, with their modes."""
    for name in files_of(source):
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(source / name, target)


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for place, folders, names in os.walk(folder):
        is_top = Path(place) == folder
        left_out = _LEFT_OUT | {"overlays"} if is_top else _LEFT_OUT
        linked = [name for name in folders if Path(place, name).is_symlink() and name not in left_out]
        folders[:] = sorted(name for name in folders if name not in left_out and name not in linked)
        for name in sorted([*names, *linked]):
            if not (is_top and name == "overlays"):
                yield Path(place, name), Path(place, name).lstat()


def _copy_tree(source: Path, into: Path) -> None:
    try:
        into.mkdir()
        copy_files(source, into)
    except OSError as error:
        raise StorageError(f"cannot copy {error.filename}: {error.strerror or error}") from error


def _copy_one(path: Path, into: Path) -> None:
    try:
        into.mkdir()
        _copy_file(path, into / WORKFLOW)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error


def _copy_file(source: Path, target: Path) -> None:
    descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as reading:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(f"{source} is not a file")
        if status.st_size > MAX_BYTES:
            raise SourceError(f"{source} is larger than {MAX_BYTES >> 20} MiB")
        with target.open("xb") as writing:
            shutil.copyfileobj(reading, writing)
        target.chmod(stat.S_IMODE(status.st_mode) & 0o777 | 0o600)


def _download(
    wanted: Wanted,
    url: str,
    temporary: Path,
    *,
    progress: Callable[[int, int | None], None] | None,
    warn: Callable[[str], None] | None,
) -> Obtained:
    from plait.packages.archive import kind_of  # noqa: PLC0415 - only for downloads
    from plait.packages.fetch import DOWNLOAD_LIMIT, YAML_LIMIT, fetch  # noqa: PLC0415 - imports an HTTP client

    file, into, name = temporary / "download", temporary / "package", shown(url)
    fetched = fetch(url, limit=DOWNLOAD_LIMIT, into=file, progress=progress, warn=warn)
    if wanted.sha256 is not None and fetched.sha256 != wanted.sha256:
        raise SourceError(
            f"what {name} holds is not what was recorded: its SHA-256 is {fetched.sha256}, not {wanted.sha256}",
            hint="nothing was installed; ask whoever publishes it",
        )
    kind = kind_of(file, names=(url, fetched.url), content_type=fetched.content_type)
    if kind != "yaml":
        return Obtained(wanted, _unpacked(file, into, name), f"{name}:{WORKFLOW}", fetched.sha256)
    if fetched.size > YAML_LIMIT:
        raise SourceError(f"what {name} holds is larger than {YAML_LIMIT >> 20} MiB, the most for YAML")
    _copy_one(file, into)
    (into / WORKFLOW).chmod(0o644)
    return Obtained(wanted, into, name, fetched.sha256)


def _unpacked(archive: Path, into: Path, shown: str) -> Path:
    from plait.packages.archive import unpack  # noqa: PLC0415 - only for archives

    unpack(archive, into)
    inside = [path for path in into.iterdir() if path.is_dir()]
    root = inside[0] if not (into / WORKFLOW).exists() and len(inside) == 1 else into
    _require_workflow(root, shown)
    return root


def _require_workflow(folder: Path, shown: str) -> None:
    path = folder / WORKFLOW
    if path.is_symlink() or not path.is_file():
        raise SourceError(f"{shown} has no file {WORKFLOW}", hint=f"a package has its {WORKFLOW} at its top")
