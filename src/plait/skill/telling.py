"""What `plait skill` says of places, as lines and as objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.text import one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.skill.installing import Installed, Removed, Standing
    from plait.skill.places import Place
    from plait.views.palette import Palette

_NAMED = 5
_STATES = {
    "absent": "not installed",
    "current": "up to date",
    "outdated": "out of date: `plait skill install` renews it",
    "newer": "of a newer plait",
}


def installed_lines(done: Sequence[Installed]) -> Iterator[str]:
    """Yield what became of each place; nothing is said twice."""
    for each in done:
        count = plural(len(each.written), "file")
        what = f"{count} written" if each.written or each.removed or each.kept else "as it should be"
        renewed = f", before that of plait {one_line(each.before)}" if each.before and each.written else ""
        yield f"{_shown(each.place)}: {what}{renewed}"
        yield from (f"  kept {one_line(path)}: somebody has changed it" for path in each.kept)
    if any(each.kept for each in done):
        yield "  --force overwrites them"


def installed_payload(done: Sequence[Installed]) -> dict[str, Any]:
    """Return the same as an object."""
    return {
        "places": [
            _place(each.place)
            | {
                "written": list(each.written),
                "kept": list(each.kept),
                "unchanged": list(each.unchanged),
                "removed": list(each.removed),
                "version_before": each.before,
            }
            for each in done
        ]
    }


def removed_lines(done: Sequence[Removed]) -> Iterator[str]:
    """Yield what was taken away from each place."""
    for each in done:
        yield f"{_shown(each.place)}: {plural(len(each.removed), 'file')} removed"
        yield from (f"  kept {one_line(path)}: somebody has changed it" for path in each.kept)
    if not done:
        yield "it is installed nowhere"


def removed_payload(done: Sequence[Removed]) -> dict[str, Any]:
    """Return the same as an object."""
    return {"places": [_place(each.place) | {"removed": list(each.removed), "kept": list(each.kept)} for each in done]}


def standing_lines(found: Sequence[Standing], palette: Palette) -> Iterator[str]:
    """Yield where the skill is installed and how it stands there."""
    installed = [each for each in found if each.state != "absent"]
    for each in installed:
        version = f" {one_line(each.version)}" if each.version else ""
        style = "green" if each.state == "current" else "yellow"
        yield f"{_shown(each.place)}:{version} {palette.paint(_STATES[each.state], style)}"
        yield from (f"  {one_line(name)}: somebody has changed it" for name in each.changed)
    if not installed:
        yield "it is installed nowhere; `plait skill install` puts it where coding agents look"


def standing_payload(found: Sequence[Standing]) -> dict[str, Any]:
    """Return the same as an object, the places without the skill included."""
    return {
        "places": [
            _place(each.place) | {"state": each.state, "version": each.version, "changed": list(each.changed)}
            for each in found
        ]
    }


def _shown(place: Place) -> str:
    named = ", ".join(map(one_line, place.agents[:_NAMED]))
    more = f" and {len(place.agents) - _NAMED} more" if len(place.agents) > _NAMED else ""
    return f"{one_line(place.shown)} ({named}{more})"


def _place(place: Place) -> dict[str, Any]:
    return {"folder": place.shown, "path": str(place.root / place.path), "agents": list(place.agents)}
