"""What `plait step add` is given: a folder, an archive, an address, or the name of a step type that a catalog knows."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plait.cli.catalog import catalogs_of
from plait.cli.downloads import download_progress, warn
from plait.errors import UsageError
from plait.packages.step_packages import AlreadyInstalledError, check_package, find_package, installed_steps
from plait.steps import StepTypes
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plait.packages.catalogs import CatalogEntry
    from plait.packages.project import Project
    from plait.packages.step_packages import StepPackage

_ARCHIVES = (".zip", ".tar.gz", ".tgz")


class Prepared(NamedTuple):
    """A package in a folder, looked through, and what the registry is told of where it is from."""

    package: StepPackage
    source: Mapping[str, object]


@contextmanager
def prepared(project: Project, source: str, *, replace: bool) -> Iterator[Prepared]:
    """Yield what is to be installed, unpacked or downloaded to a temporary folder if need be."""
    with tempfile.TemporaryDirectory(prefix="plait-step-") as temporary:
        path = Path(source).expanduser()
        if path.is_dir():
            yield Prepared(check_package(path), {"source": "local"})
        elif path.is_file():
            yield Prepared(check_package(_unpacked(path, Path(temporary))), {"source": "local"})
        elif source.lower().startswith(("https://", "http://")):
            yield Prepared(check_package(_downloaded(source, Path(temporary))), {"source": source})
        elif os.sep in source or source.lower().endswith(_ARCHIVES):
            raise UsageError(f"no such folder or archive: {source}")
        else:
            yield _from_catalog(project, source, Path(temporary), replace=replace)


def step_origin(entry: CatalogEntry) -> dict[str, object]:
    """Return what the registry is told of a package from a catalog (STP-09)."""
    digest = {"sha256": entry.sha256} if entry.sha256 else {}
    return {"source": "catalog", "catalog_name": entry.catalog_name, "url": entry.url, **digest}


def _unpacked(archive: Path, temporary: Path) -> Path:
    from plait.packages.archive import unpack  # noqa: PLC0415 - only for archives

    unpack(archive, temporary / "package")
    return find_package(temporary / "package")


def _downloaded(url: str, temporary: Path) -> Path:
    from plait.packages.step_downloads import fetch_archive  # noqa: PLC0415 - imports an HTTP client

    with download_progress() as progress:
        return fetch_archive(url, temporary, progress=progress, warn=warn)


def _from_catalog(project: Project, type_key: str, temporary: Path, *, replace: bool) -> Prepared:
    from plait.packages.step_downloads import download_step  # noqa: PLC0415 - imports an HTTP client

    if type_key in StepTypes():
        raise UsageError(f"the step type {type_key!r} is built in")
    if not replace and any(each.type_key == type_key for each in installed_steps(project)):
        raise AlreadyInstalledError(
            f"the step type {type_key!r} is installed already",
            hint=f"replace it with `--force`, or bring it to its newest version: plait step update {type_key}",
        )
    with catalogs_of(project.root, "step") as stack:
        entry = stack.find(type_key)
        if entry is None:
            hint = suggestion(type_key, [each.id for each in stack.entries()]) or "`plait step search` lists all"
            raise UsageError(f"no catalog has a step type {type_key!r}, and no folder has that name", hint=hint)
        package = download_step(entry, temporary, progress=stack.progress, warn=warn)
    return Prepared(package, step_origin(entry))
