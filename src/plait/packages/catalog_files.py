"""Which catalogs are asked: the files that list them, read and changed (CAT-01..05, CAT-14, CAT-15)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from plait.errors import InvalidWorkflowError, UsageError
from plait.load.compose import compose_any
from plait.load.nodes import Mapping, Sequence
from plait.load.source import Source, read_source
from plait.load.yaml_text import to_yaml
from plait.packages.addresses import DownloadError, check_url
from plait.packages.catalog_entries import shown_text
from plait.packages.registry import write_at_once

if TYPE_CHECKING:
    from pathlib import Path

    from plait.load.nodes import Node
    from plait.packages.catalog_entries import CatalogKind

Layer = Literal["environment", "project", "user", "built-in"]
_HOME = "https://raw.githubusercontent.com/github/spec-kit/main/workflows/"
_BUILT_IN = {
    "workflow": (("catalog.json", "Official workflows"), ("catalog.community.json", "Community-contributed workflows")),
    "step": (
        ("step-catalog.json", "Official step types"),
        ("step-catalog.community.json", "Community-contributed step types"),
    ),
}
_YES = frozenset({"true", "yes", "1"})
_PUBLIC = 0o644


class CatalogFileError(UsageError):
    """A file that lists catalogs is wrong."""

    def __init__(self, path: Path, reason: str, *, line: int = 1, hint: str = "") -> None:
        super().__init__(f"{path}:{line}: {reason}", hint=hint)


class CatalogSource(NamedTuple):
    """A catalog: where it is, what it is called and whether what it lists may be installed.

    `place` is its place in the file of its layer, from 0.
    """

    name: str
    url: str
    priority: int
    install_allowed: bool
    description: str
    layer: Layer
    place: int = 0


class CatalogFile(NamedTuple):
    """What a file says: its catalogs, first the one that is asked first, and whether they replace all others."""

    sources: tuple[CatalogSource, ...] = ()
    replace: bool = False


def built_in_sources(kind: CatalogKind) -> tuple[CatalogSource, ...]:
    """Return the catalogs that are there without any file (CAT-02)."""
    (official, about), (community, about_community) = _BUILT_IN[kind]
    return (
        CatalogSource("default", _HOME + official, 1, True, about, "built-in"),
        CatalogSource("community", _HOME + community, 2, False, f"{about_community} (discovery only)", "built-in", 1),
    )


def sources_in(path: Path, layer: Layer) -> CatalogFile:
    """Read a file that lists catalogs; one that is missing or empty lists none. Raises `CatalogFileError`."""
    root = _read(path)
    if root is None:
        return CatalogFile()
    replace = root.value.get("replace")
    if replace is not None and not isinstance(replace, bool):
        raise _fault(path, root.get("replace") or root, "`replace` must be true or false")
    listed = _listed(path, root)
    found = [_source(path, node, place, layer) for place, node in enumerate(listed.items)] if listed else []
    sources = [source for source in found if source is not None]
    if found and not sources:
        raise _fault(path, listed or root, "none of the catalogs has a `url`")
    return CatalogFile(tuple(sorted(sources, key=lambda source: source.priority)), bool(replace))


def add_to(path: Path, entry: dict[str, Any]) -> None:
    """Append a catalog to a file, which is made if need be; comments in it stay. Raises `CatalogFileError`."""
    _refuse_link(path)
    root = _read(path)
    data: dict[Any, Any] = {} if root is None else dict(root.value)
    wanted = {**data, "catalogs": [*(data.get("catalogs") or []), entry]}
    text = "" if root is None else root.source.text
    _write(path, _appended(text, entry, wanted))


def remove_from(path: Path, place: int) -> None:
    """Take the catalog at a place out of a file; comments elsewhere in it stay."""
    _refuse_link(path)
    root = _read(path)
    listed = None if root is None else _listed(path, root)
    if root is None or listed is None or not 0 <= place < len(listed.items):
        raise CatalogFileError(path, "it has changed meanwhile")
    rest = [item.value for index, item in enumerate(listed.items) if index != place]
    wanted = {**root.value, "catalogs": rest}
    text, marks = root.source.text, [root.source.mark(item.start).line - 1 for item in listed.items]
    lines = text.splitlines(keepends=True)
    end = marks[place + 1] if place + 1 < len(marks) else root.source.mark(max(listed.items[place].end - 1, 0)).line
    candidate = "".join(lines[: marks[place]] + lines[end:])
    _write(path, candidate if _means(candidate, wanted) else to_yaml(wanted))


def priority_after(path: Path) -> int:
    """Return the priority of a catalog that is asked after all others of a file; garbage counts as 0 (CAT-14)."""
    root = _read(path)
    items = None if root is None else _listed(path, root)
    written = [node.value.get("priority") for node in items.items if isinstance(node, Mapping)] if items else []
    return max((_integer(value) or 0 for value in written), default=0) + 1


def _read(path: Path) -> Mapping | None:
    try:
        if path.exists() and not path.is_file():
            raise CatalogFileError(path, "it is not a file")
        root = compose_any(read_source(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CatalogFileError(path, f"it cannot be read: {error.strerror}") from None
    except InvalidWorkflowError as error:
        raise CatalogFileError(path, error.problems[0].message, line=error.problems[0].mark.line) from None
    if root is None or root.value is None:
        return None
    if not isinstance(root, Mapping):
        raise _fault(path, root, "it must be a mapping with the key `catalogs`")
    return root


def _listed(path: Path, root: Mapping) -> Sequence | None:
    node = root.get("catalogs")
    if node is None or node.value is None:
        return None
    if not isinstance(node, Sequence):
        raise _fault(path, node, "`catalogs` must be a list")
    return node


def _source(path: Path, node: Node, place: int, layer: Layer) -> CatalogSource | None:
    """Return one catalog, None if its address is blank (CAT-05)."""
    if not isinstance(node, Mapping):
        raise _fault(path, node, "a catalog must be a mapping with the key `url`")
    entry = node.value
    url = entry.get("url")
    if url is None or (isinstance(url, str) and not url.strip()):
        return None
    if not isinstance(url, str):
        raise _fault(path, node.get("url") or node, "`url` must be a text")
    try:
        check_url(url.strip())
    except DownloadError as error:
        raise _fault(path, node.get("url") or node, f"{error.url}: {error.reason}", error.hint) from None
    priority = place + 1 if entry.get("priority") is None else _integer(entry["priority"])
    if priority is None:
        raise _fault(path, node.get("priority") or node, "`priority` must be a whole number")
    allowed = entry.get("install_allowed", False)
    allowed = allowed.strip().lower() in _YES if isinstance(allowed, str) else bool(allowed)
    name = shown_text(entry.get("name")) or f"catalog-{place + 1}"
    return CatalogSource(name, url.strip(), priority, allowed, shown_text(entry.get("description")), layer, place)


def _integer(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return int(value) if not isinstance(value, float) or math.isfinite(value) else None
    except ValueError:
        return None


def _fault(path: Path, node: Node, reason: str, hint: str = "") -> CatalogFileError:
    return CatalogFileError(path, reason, line=node.source.mark(node.start).line, hint=hint)


def _appended(text: str, entry: dict[str, Any], wanted: dict[Any, Any]) -> str:
    """Return the text with an entry at its end; as a whole anew where that would not do."""
    item = to_yaml([entry]).splitlines(keepends=True)
    for indent in ("", "  "):
        candidate = f"{text.rstrip()}\n{''.join(indent + line for line in item)}"
        if _means(candidate, wanted):
            return candidate
    return to_yaml(wanted)


def _means(text: str, wanted: dict[Any, Any]) -> bool:
    try:
        root = compose_any(Source(text, "<new>"))
    except InvalidWorkflowError:
        return False
    return root is not None and root.value == wanted


def _refuse_link(path: Path) -> None:
    for place in (path.parent, path):
        if place.is_symlink():
            raise CatalogFileError(path, f"{place} is a symbolic link, and nothing is written through one")


def _write(path: Path, text: str) -> None:
    write_at_once(path, text.encode(), mode=_PUBLIC)
