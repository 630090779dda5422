"""The catalogs of a project: which there are, in which order, and what they list (section 34).

Unlike Spec Kit, which takes the catalogs of one file alone, all files count: the project's catalogs are asked first,
then the user's, then the built-in ones. A file with `replace: true` hides those that come after it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plait.errors import PlaitError, UsageError
from plait.packages.addresses import DownloadError, check_url
from plait.packages.catalog_cache import CatalogCache
from plait.packages.catalog_entries import (
    CatalogEntry,
    CatalogError,
    CatalogKind,
    entries_in,
    parse_catalog,
    shown_text,
)
from plait.packages.catalog_files import (
    CatalogSource,
    add_to,
    priority_after,
    remove_from,
    sources_in,
)
from plait.packages.catalog_sources import origin_of, sources_of
from plait.packages.credentials import credentials_of
from plait.packages.fetch import CATALOG_LIMIT, fetch
from plait.packages.releases import versions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from plait.packages.project import Project

__all__ = ["CatalogEntry", "CatalogError", "CatalogKind", "CatalogSource", "CatalogStack", "Reading"]

TIMEOUT = 30.0
"""Seconds that one catalog may take (CAT-08)."""
_SHOWN_LEFT_OUT = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a catalog: its packages or, if there was nothing to use, the reason in `failure`."""

    source: CatalogSource
    entries: tuple[CatalogEntry, ...] = ()
    failure: str = ""


@dataclass
class CatalogStack:
    """The catalogs of a project, first the one whose word counts most.

    Each is read once, when it is first needed. `warnings` collects what is wrong with them, and `warn` is told at
    once. `progress` is told the bytes so far and the bytes expected of a long download.
    """

    project: Project
    kind: CatalogKind
    environ: Mapping[str, str]
    home: Path
    sources: tuple[CatalogSource, ...] = ()
    warn: Callable[[str], None] | None = None
    progress: Callable[[int, int | None], None] | None = None
    warnings: list[str] = field(default_factory=list)
    _readings: dict[str, Reading] = field(default_factory=dict)
    _refreshed: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        project: Project,
        kind: CatalogKind,
        environ: Mapping[str, str],
        home: Path,
        *,
        warn: Callable[[str], None] | None = None,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> CatalogStack:
        """Find the catalogs of a project, asking none; raises `CatalogFileError` for a file that is wrong."""
        stack = cls(project, kind, environ, home, warn=warn, progress=progress)
        stack.sources = stack._found()
        return stack

    @property
    def file(self) -> Path:
        """The project's own list of catalogs."""
        return self.project.workflow_catalogs if self.kind == "workflow" else self.project.step_catalogs

    @property
    def user_file(self) -> Path:
        """The user's list of catalogs, for all projects."""
        return self.home / ".specify" / self.file.name

    def entries(self, *, refresh: bool = False) -> list[CatalogEntry]:
        """Return every package by name; of one that several catalogs list, the first's (CAT-06).

        Raises `CatalogError` if no catalog at all can be read (CAT-11).
        """
        found: dict[str, CatalogEntry] = {}
        for reading in self.readings(refresh=refresh):
            for entry in reading.entries:
                found.setdefault(entry.id, entry)
        return sorted(found.values(), key=lambda entry: (entry.name.casefold(), entry.id))

    def find(self, package_id: str, *, refresh: bool = False) -> CatalogEntry | None:
        """Return a package as the first catalog that lists it has it; catalogs after that one are not asked.

        Raises `CatalogError` if no catalog at all can be read, and if one of an earlier file cannot: whoever listed
        that catalog first must not get another's package of the same name because it is out of reach.
        """
        failed: list[Reading] = []
        for source in self.sources:
            reading = self.read(source, refresh=refresh)
            if reading.failure:
                failed.append(reading)
                continue
            entry = next((entry for entry in reading.entries if entry.id == package_id), None)
            if entry is not None:
                self._require_earlier(entry, source, failed)
                return entry
        self._require_any(failed)
        return None

    def versions(self, package_id: str, *, refresh: bool = False) -> list[CatalogEntry]:
        """Return every version of a package, those of the catalog that counts first; raises as `entries`."""
        readings = self.readings(refresh=refresh)
        listed = [entry for reading in readings for entry in reading.entries if entry.id == package_id]
        return [version for entry in listed for version in versions_of(entry)]

    def search(
        self, query: str | None = None, tag: str | None = None, author: str | None = None, *, refresh: bool = False
    ) -> list[CatalogEntry]:
        """Return the packages that hold a text, have a tag and an author; case never matters (SEA-02..04)."""
        wanted, tag, author = ((text or "").strip().casefold() for text in (query, tag, author))
        return [
            entry
            for entry in self.entries(refresh=refresh)
            if wanted in f"{entry.name} {entry.description} {entry.id}".casefold()
            and (not tag or tag in (each.casefold() for each in entry.tags))
            and (not author or author == entry.author.casefold())
        ]

    def readings(self, *, refresh: bool = False) -> list[Reading]:
        """Read every catalog; raises `CatalogError` if there are some and none can be read."""
        readings = [self.read(source, refresh=refresh) for source in self.sources]
        self._require_any([reading for reading in readings if reading.failure])
        return readings

    def read(self, source: CatalogSource, *, refresh: bool = False) -> Reading:
        """Read one catalog: from the cache while that is fresh, else from its address, else from the cache after all.

        `refresh` asks the address in any case, but only once.
        """
        known = self._readings.get(source.url)
        if known is None or (refresh and source.url not in self._refreshed):
            known = self._readings[source.url] = self._read(source, refresh=refresh)
            if refresh:
                self._refreshed.add(source.url)
        return known

    def add(
        self,
        url: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        install_allowed: bool = True,
        description: str = "",
    ) -> CatalogSource | None:
        """Put a catalog into the project's file, after those that are there (CAT-14); None if it is there already.

        Raises `DownloadError` for an address that may not be asked, `CatalogFileError`, `StorageError`.
        """
        url = url.strip()
        check_url(url)
        present = sources_in(self.file, "project").sources
        if any(source.url == url for source in present):
            return None
        entry: dict[str, Any] = {
            "name": shown_text(name or "") or _free_name(present),
            "url": url,
            "priority": priority_after(self.file) if priority is None else priority,
            "install_allowed": install_allowed,
            "description": shown_text(description),
        }
        add_to(self.file, entry)
        self.sources = self._found()
        return next(source for source in sources_in(self.file, "project").sources if source.url == url)

    def remove(self, which: str) -> CatalogSource:
        """Take a catalog out of the project's file, named by its name, address or number in the list (CAT-15).

        Raises `UsageError` if there is no such catalog, there are several, or it is not the project's.
        """
        source = self.named(which)
        if source.layer != "project":
            origin = origin_of(source, self.kind, self.file, self.user_file)
            raise UsageError(f"the catalog {source.name!r} is not of this project: {origin}")
        remove_from(self.file, source.place)
        self.sources = self._found()
        return source

    def named(self, which: str) -> CatalogSource:
        """Return the catalog with a name, an address or a number in the list, from 0; raises `UsageError`."""
        which = which.strip()
        found = [source for source in self.sources if source.name == which] or [
            source for source in self.sources if source.url == which
        ]
        if len(found) > 1:
            raise UsageError(f"{len(found)} catalogs are named {which!r}", hint="use the number that the list shows")
        if found:
            return found[0]
        if which.isascii() and which.isdecimal() and int(which[:9]) < len(self.sources):
            return self.sources[int(which[:9])]
        raise UsageError(f"there is no catalog {which!r}", hint="the list shows their names, addresses and numbers")

    def _require_any(self, failed: list[Reading]) -> None:
        if failed and len(failed) == len(self.sources):
            reasons = "; ".join(f"{reading.source.name}: {reading.failure}" for reading in failed)
            raise CatalogError(f"no catalog can be read: {reasons}")

    def _require_earlier(self, entry: CatalogEntry, source: CatalogSource, failed: list[Reading]) -> None:
        ahead = next((reading for reading in failed if reading.source.layer != source.layer), None)
        if ahead is not None:
            raise CatalogError(
                f"{entry.id!r} is in the catalog {source.name!r}, but the catalog {ahead.source.name!r}, which counts "
                f"more, cannot be read: {ahead.failure}",
                hint="try again later, or remove that catalog",
            )

    def _found(self) -> tuple[CatalogSource, ...]:
        return sources_of(self.kind, self.environ, self.file, self.user_file)

    def _read(self, source: CatalogSource, *, refresh: bool) -> Reading:
        cache = CatalogCache(self.project, self.kind)
        cached = cache.load(source.url)
        now = time.time()
        if cached is not None and not refresh and cached.is_fresh(now):
            return self._reading(source, cached.payload)
        try:
            payload = self._fetched(source)
        except PlaitError as error:
            reason = error.reason if isinstance(error, DownloadError) else error.message
            if cached is None:
                self._tell(f"the catalog {source.name!r} ({source.url}) cannot be read: {reason}")
                return Reading(source, failure=reason)
            then = _ago(now, cached.fetched_at)
            self._tell(f"the catalog {source.name!r} cannot be read: {reason}; what it said {then} is used")
            return self._reading(source, cached.payload)
        cache.store(source.url, payload, now)
        return self._reading(source, payload)

    def _fetched(self, source: CatalogSource) -> dict[str, Any]:
        answer = fetch(
            source.url,
            limit=CATALOG_LIMIT,
            credentials=credentials_of(self.home),
            environ=self.environ,
            progress=self.progress,
            warn=self._tell,
            seconds=TIMEOUT,
        )
        return parse_catalog(answer.data, self.kind)

    def _reading(self, source: CatalogSource, payload: dict[str, Any]) -> Reading:
        entries, left_out = entries_in(payload, source, self.kind)
        if left_out:
            more = f" and {len(left_out) - _SHOWN_LEFT_OUT} more" if len(left_out) > _SHOWN_LEFT_OUT else ""
            shown = "; ".join(left_out[:_SHOWN_LEFT_OUT])
            self._tell(f"the catalog {source.name!r} has entries that are left out: {shown}{more}")
        return Reading(source, tuple(entries))

    def _tell(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)
            if self.warn is not None:
                self.warn(text)


def _free_name(present: tuple[CatalogSource, ...]) -> str:
    names = {source.name for source in present}
    number = len(present) + 1
    while f"catalog-{number}" in names:
        number += 1
    return f"catalog-{number}"


def _ago(now: float, then: float) -> str:
    hours = (now - then) / 3600
    if hours < 0:
        return "earlier"
    return f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} days ago"  # noqa: PLR2004 - two days in hours
