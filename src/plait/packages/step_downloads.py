"""Step packages that catalogs list: their files fetched into a folder, each checked (STP-05..08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.packages.archive import kind_of, unpack
from plait.packages.archive_members import ArchiveError, Member, check_members
from plait.packages.catalog_entries import CatalogError
from plait.packages.fetch import DOWNLOAD_LIMIT, fetch
from plait.packages.step_manifest import CODE, MANIFEST
from plait.packages.step_packages import MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, check_package, find_package

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plait.packages.catalog_entries import CatalogEntry
    from plait.packages.step_packages import StepPackage

_ARCHIVES = (".zip", ".tar.gz", ".tgz")


def download_step(
    entry: CatalogEntry,
    temporary: Path,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    warn: Callable[[str], None] | None = None,
    version: str | None = None,
) -> StepPackage:
    """Fetch the package of a catalog's entry into a new folder in `temporary` and look it through.

    With `version` the package must have that one. Raises `CatalogError`, `DownloadError`, `ArchiveError` or
    `StepPackageError`.
    """
    entry.require_installable()
    if is_archive(entry.url):
        folder = _from_archive(entry, temporary, progress, warn)
    else:
        folder = _from_files(entry, files_of(entry), temporary, progress, warn)
    package = check_package(folder)
    if package.manifest.type_key != entry.id:
        raise CatalogError(
            f"the catalog {entry.catalog_name!r} lists {entry.id!r}, but that package is for the step type "
            f"{package.manifest.type_key!r}"
        )
    if version is not None and package.manifest.version != version:
        raise CatalogError(
            f"the catalog {entry.catalog_name!r} lists version {version} of {entry.id!r}, but the package is "
            f"{package.manifest.version or 'of no version'}"
        )
    return package


def fetch_archive(
    url: str,
    temporary: Path,
    *,
    sha256: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Path:
    """Fetch an archive and return the folder of the package in it."""
    path = temporary / "download"
    fetched = fetch(url, limit=DOWNLOAD_LIMIT, into=path, progress=progress, warn=warn)
    _require_digest(url, fetched.sha256, sha256)
    if kind_of(path, names=(url, fetched.url), content_type=fetched.content_type) == "yaml":
        raise ArchiveError(f"{url} is no archive")
    unpack(path, temporary / "package")
    return find_package(temporary / "package")


def is_archive(url: str) -> bool:
    """Whether an address names an archive."""
    return url.partition("#")[0].partition("?")[0].lower().endswith(_ARCHIVES)


def files_of(entry: CatalogEntry) -> Mapping[str, str]:
    """Return where each file of a package is, the two that every package has first; raises `CatalogError`."""
    code = entry.init_url
    if not code:
        address, mark, query = entry.url.partition("?")
        if not address.endswith(MANIFEST):
            raise CatalogError(f"the catalog {entry.catalog_name!r} does not say where {CODE} of {entry.id!r} is")
        code = address.removesuffix(MANIFEST) + CODE + mark + query
    files = {MANIFEST: entry.url, CODE: code}
    for path, url in entry.extra_files.items():
        name = path.replace("\\", "/")
        if name.strip("/").casefold() not in (MANIFEST, CODE):
            files[name] = url
    if len(files) > MAX_FILES:
        raise CatalogError(f"{entry.id!r} has more than {MAX_FILES} files")
    try:
        check_members([Member(index, name, is_folder=False, size=0) for index, name in enumerate(files)])
    except ArchiveError as error:
        raise CatalogError(f"the `extra_files` of {entry.id!r} cannot be: {error.message}") from None
    return files


def _from_archive(
    entry: CatalogEntry,
    temporary: Path,
    progress: Callable[[int, int | None], None] | None,
    warn: Callable[[str], None] | None,
) -> Path:
    return fetch_archive(entry.url, temporary, sha256=entry.sha256, progress=progress, warn=warn)


def _from_files(
    entry: CatalogEntry,
    files: Mapping[str, str],
    temporary: Path,
    progress: Callable[[int, int | None], None] | None,
    warn: Callable[[str], None] | None,
) -> Path:
    folder = temporary / "package"
    folder.mkdir()
    left = MAX_BYTES
    for name, url in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        fetched = fetch(url, limit=min(MAX_FILE_BYTES, left), into=target, progress=progress, warn=warn)
        _require_digest(url, fetched.sha256, _digest_of(entry, name))
        left -= fetched.size
    return folder


def _digest_of(entry: CatalogEntry, name: str) -> str | None:
    """Return the digest that a file must have; once several files have one, all must."""
    wanted = entry.digests.get("" if name == MANIFEST else name)
    if wanted is None and set(entry.digests) - {""}:
        raise CatalogError(f"the `sha256` of {entry.id!r} has no digest of its file {name}")
    return wanted


def _require_digest(url: str, found: str, wanted: str | None) -> None:
    if wanted is not None and found != wanted:
        raise CatalogError(
            f"what {url} holds is not what the catalog lists: its SHA-256 is {found}, not {wanted}",
            hint="nothing was installed; ask whoever publishes it",
        )
