"""Catalogs as they were last read: two files each, in Spec Kit's places and format (FIL-12, FIL-13, CAT-09)."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.errors import PlaitError
from plait.packages.catalog_entries import CatalogError, parse_catalog
from plait.packages.fetch import CATALOG_LIMIT
from plait.packages.registry import write_at_once

if TYPE_CHECKING:
    from pathlib import Path

    from plait.packages.catalog_entries import CatalogKind
    from plait.packages.project import Project

FRESH = 3600.0
"""Seconds for which a catalog is not asked again."""
_LONGEST_META = 64 * 1024


class Cached(NamedTuple):
    """A catalog from the cache, and when it was read, in seconds since the epoch."""

    payload: dict[str, Any]
    fetched_at: float

    def is_fresh(self, now: float) -> bool:
        """Whether the catalog need not be asked again; one from the future does."""
        return 0 <= now - self.fetched_at < FRESH


class CatalogCache:
    """The cache of a project; what cannot be read is not there, and what cannot be written is left."""

    def __init__(self, project: Project, kind: CatalogKind) -> None:
        self._kind = kind
        self._root = project.root / ".specify"
        self._folder = (project.workflows if kind == "workflow" else project.steps) / ".cache"

    def load(self, url: str) -> Cached | None:
        """Return what is kept of a catalog, however old; None if there is nothing sound."""
        if self._leads_elsewhere():
            return None
        path, meta_path = self._paths(url)
        try:
            meta = json.loads(_content(meta_path, _LONGEST_META))
            fetched_at = meta["fetched_at"] if isinstance(meta, dict) and meta.get("url") == url else None
            if isinstance(fetched_at, bool) or not isinstance(fetched_at, (int, float)):
                return None
            return Cached(parse_catalog(_content(path, CATALOG_LIMIT), self._kind), float(fetched_at))
        except (OSError, ValueError, KeyError, OverflowError, RecursionError, CatalogError):
            return None

    def store(self, url: str, payload: dict[str, Any], now: float) -> None:
        """Keep a catalog, if that can be done; outside of a project nothing is kept."""
        if not self._root.is_dir() or self._leads_elsewhere():
            return
        path, meta_path = self._paths(url)
        with suppress(OSError, PlaitError, ValueError, RecursionError):
            write_at_once(path, json.dumps(payload, indent=2).encode())
            write_at_once(meta_path, json.dumps({"url": url, "fetched_at": now}).encode())

    def _paths(self, url: str) -> tuple[Path, Path]:
        name = f"{self._kind}-catalog-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
        return self._folder / f"{name}.json", self._folder / f"{name}-meta.json"

    def _leads_elsewhere(self) -> bool:
        places = [place for place in self._folder.parents if place.is_relative_to(self._root)]
        return any(place.is_symlink() for place in (self._folder, *places))


def _content(path: Path, limit: int) -> bytes:
    """Return the bytes of a plain file, which must not be a link or larger than `limit`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    if not content or len(content) > limit:
        raise OSError(f"{path} is no file that can be a cache")
    return content
