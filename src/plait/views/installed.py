"""The installed workflows, as `list` shows them (LST-01)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plait.views.palette import Palette

_LONGEST = 200
_TEXTS = ("name", "version", "description", "source", "installed_at", "updated_at", "catalog_name", "url")


def installed_lines(entries: Mapping[str, Mapping[str, Any]], palette: Palette) -> Iterator[str]:
    """Yield the workflows by id."""
    if not entries:
        yield "no workflow is installed; `plait search` shows what the catalogs have, `plait add` installs one"
    for key, entry in sorted(entries.items()):
        name, version = _text(entry, "name"), _text(entry, "version")
        head = palette.paint(one_line(key), "bold") + (f" {version}" if version else "")
        head += f" - {clip(name, 80)}" if name and name != key else ""
        yield head + (palette.paint(" [disabled]", "yellow") if _is_disabled(entry) else "")
        if description := _text(entry, "description"):
            yield f"    {clip(description, _LONGEST)}"


def installed_payload(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the same as an object."""
    return {
        "workflows": [
            {"id": key, "enabled": not _is_disabled(entry), **{name: entry.get(name) for name in _TEXTS}}
            for key, entry in sorted(entries.items())
        ]
    }


def corrupted_line(name: str) -> str:
    """Return the warning about an entry of the registry that is none."""
    return f"warning: the entry {one_line(name)!r} of the registry is damaged, and is left out"


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return one_line(str(value)) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _is_disabled(entry: Mapping[str, Any]) -> bool:
    return entry.get("enabled", True) is False
