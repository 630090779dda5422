"""What a catalog says of its packages (CAT-12, CAT-16, STP-05): read strictly, whoever wrote it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from plait.errors import PlaitError
from plait.packages.addresses import DownloadError, check_url
from plait.packages.step_manifest import flaw_of_id
from plait.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plait.packages.catalog_files import CatalogSource

CatalogKind = Literal["workflow", "step"]
_OF_ALL_VERSIONS = ("name", "description", "author", "tags")
_FACTS = ("repository", "documentation", "changelog", "license", "created_at", "updated_at")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)
_LONGEST_TEXT = 2000
_MOST_TAGS = 50
_CODE = "__init__.py"
_MANIFEST = "step.yml"


class CatalogError(PlaitError):
    """A catalog cannot be read, or does not let a package be installed."""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A package as a catalog lists it; its texts hold nothing that would steer a terminal.

    `url` is where the package is: a workflow's file or archive, a step type's `step.yml` or archive. `digests` are
    SHA-256 in lower-case hexadecimal digits by file; that of `url` itself is under the empty name. `problem` is why
    the package cannot be installed, empty if it can. `releases` are its other versions, in the order of the catalog.
    """

    id: str
    name: str
    version: str
    description: str
    author: str
    tags: tuple[str, ...]
    url: str
    catalog_name: str
    catalog_url: str
    install_allowed: bool
    digests: Mapping[str, str] = field(default_factory=dict)
    init_url: str = ""
    extra_files: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    releases: tuple[CatalogEntry, ...] = ()

    @property
    def sha256(self) -> str | None:
        """The digest of the file at `url`, None if the catalog has none, empty if what it has is no digest."""
        return self.digests.get("")

    @property
    def step_yml_url(self) -> str:
        """Where the `step.yml` of a step type is."""
        return self.url

    def require_installable(self) -> None:
        """Raise `CatalogError` unless the catalog lets the package be installed and says where it is (ADD-16)."""
        if not self.install_allowed:
            raise CatalogError(
                f"{self.id!r} is in the catalog {self.catalog_name!r}, which is for discovery only",
                hint="add the package by its address or, if you trust the catalog, set `install_allowed: true` for it",
            )
        if self.problem:
            raise CatalogError(f"{self.id!r} in the catalog {self.catalog_name!r} cannot be installed: {self.problem}")


def parse_catalog(content: bytes, kind: CatalogKind) -> dict[str, Any]:
    """Return the object that a catalog is; raises `CatalogError` unless it lists packages of this kind."""
    try:
        payload = json.loads(content, parse_constant=_refuse_constant)
    except RecursionError:
        raise CatalogError("it is nested too deeply") from None
    except ValueError:
        raise CatalogError("it is not JSON") from None
    if not isinstance(payload, dict):
        raise CatalogError("it is not a JSON object")
    if not isinstance(payload.get(f"{kind}s"), (dict, list)):
        raise CatalogError(f"it has no mapping or list `{kind}s`")
    return payload


def entries_in(
    payload: Mapping[str, Any], source: CatalogSource, kind: CatalogKind
) -> tuple[list[CatalogEntry], list[str]]:
    """Return the packages that a catalog lists and, for those that are left out, why."""
    found: dict[str, CatalogEntry] = {}
    left_out: list[str] = []
    for place, key, written in _listed(payload[f"{kind}s"]):
        if not isinstance(written, dict):
            left_out.append(f"{place} is not an object")
        elif not isinstance(key, str):
            left_out.append(f"{place} has no `id`")
        elif flaw := flaw_of_id(key):
            left_out.append(f"{place} has an id that cannot be used: {flaw}")
        elif key in found:
            left_out.append(f"{place} is listed twice")
        else:
            entry = _entry(key, written, source, kind)
            found[key] = _with_releases(entry, written, source) if kind == "workflow" else entry
    return list(found.values()), left_out


def shown_text(value: object) -> str:
    """Return a text on one line, made safe to show; empty for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return one_line(str(value)[:_LONGEST_TEXT])


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _listed(packages: dict[str, Any] | list[Any]) -> Iterator[tuple[str, object, object]]:
    if isinstance(packages, dict):
        for key, written in packages.items():
            yield repr(shown_text(key)[:80]), key, written
        return
    for index, written in enumerate(packages):
        listed_id = written.get("id") if isinstance(written, dict) else None
        yield f"entry {index + 1}", listed_id, written


def _entry(key: str, written: dict[str, Any], source: CatalogSource, kind: CatalogKind) -> CatalogEntry:
    url = written.get("url") if kind == "workflow" else written.get("step_yml_url") or written.get("url")
    init_url, extra_files, flaw = _step_files(written) if kind == "step" else ("", {}, "")
    digests, bad_digest = _digests(written.get("sha256"))
    flaw = flaw or _flaw_of_url(url) or bad_digest
    tags = written.get("tags")
    tags = tags if isinstance(tags, list) else []
    texts = [shown_text(tag) for tag in tags[:_MOST_TAGS] if isinstance(tag, str)]
    requires = written.get("requires")
    return CatalogEntry(
        id=key,
        name=shown_text(written.get("name")) or key,
        version=shown_text(written.get("version")),
        description=shown_text(written.get("description")),
        author=shown_text(written.get("author")) if isinstance(written.get("author"), str) else "",
        tags=tuple(text for text in texts if text),
        url=url if isinstance(url, str) else "",
        catalog_name=source.name,
        catalog_url=source.url,
        install_allowed=source.install_allowed,
        digests=digests,
        init_url=init_url,
        extra_files=extra_files,
        requires=requires if isinstance(requires, dict) else {},
        facts={fact: text for fact in _FACTS if (text := shown_text(written.get(fact)))},
        problem=flaw,
    )


def _with_releases(entry: CatalogEntry, package: dict[str, Any], source: CatalogSource) -> CatalogEntry:
    """Return a workflow's entry with its other versions, which must each have a digest."""
    written = package.get("releases")
    if written is None:
        return entry
    if not isinstance(written, dict):
        return replace(entry, problem=entry.problem or "its `releases` are not a mapping of versions")
    common = {key: package.get(key) for key in _OF_ALL_VERSIONS}
    releases = []
    for version, own in written.items():
        own_keys = own if isinstance(own, dict) else {}
        release = _entry(entry.id, {**common, **own_keys, "version": version}, source, "workflow")
        problem = release.problem or ("" if release.sha256 else "it has no `sha256`, which each of `releases` needs")
        releases.append(replace(release, problem=problem))
    return replace(entry, releases=tuple(each for each in releases if each.version != entry.version))


def _flaw_of_url(url: object) -> str:
    if not isinstance(url, str) or not url:
        return "it has no `url`"
    try:
        check_url(url)
    except DownloadError as error:
        return f"its address {error.url} is refused: {error.reason}"
    return ""


def _step_files(written: dict[str, Any]) -> tuple[str, dict[str, str], str]:
    """Return the address of the code, if it is given, the other files, and what is wrong with them (STP-05, STP-07)."""
    init_url, extra = written.get("init_url"), written.get("extra_files")
    if not isinstance(init_url, (str, type(None))):
        return "", {}, "its `init_url` is not a text"
    if not isinstance(extra, (dict, type(None))):
        return "", {}, "its `extra_files` are not a mapping of paths to addresses"
    files: dict[str, str] = {}
    for path, url in (extra or {}).items():
        if not path or not isinstance(url, str) or not url:
            return "", {}, "its `extra_files` have an entry that is not a path and an address"
        files[path] = url
    addresses = [*([init_url] if init_url else []), *files.values()]
    return init_url or "", files, next(filter(None, map(_flaw_of_url, addresses)), "")


def _digests(written: object) -> tuple[dict[str, str], str]:
    """Return digests by file and what is wrong with them (ADD-17); in place of one that is none, one no file has."""
    if written is None:
        return {}, ""
    if not isinstance(written, dict):
        written = {"": written}
    found: dict[str, str] = {}
    for name, text in written.items():
        match = _DIGEST.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            return {"": ""}, "its `sha256` is not a SHA-256 digest, which has 64 hexadecimal digits"
        found["" if name == _MANIFEST else name] = match[1].lower()
    return found, ""
