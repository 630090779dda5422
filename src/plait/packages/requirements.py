"""What a workflow says it needs, against what there is: told, and refused only where that is asked for (REQ-01..04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

SPEC_KIT_LEVEL = "1.2.3"
"""The release of Spec Kit that Plait follows."""
_GROUPS = ("any", "all")


def unmet(requires: Mapping[object, object], agents: Collection[str], default_agent: str | None) -> list[str]:
    """Return what is required and is not so, a sentence each; `agents` are those that are known."""
    return [*_unmet_version(requires.get("speckit_version")), *_unmet_agents(requires, agents, default_agent)]


def _unmet_version(wanted: object) -> Iterator[str]:
    if wanted is None:
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - few files require anything

    try:
        fits = isinstance(wanted, str) and SpecifierSet(wanted).contains(SPEC_KIT_LEVEL, prereleases=True)
    except InvalidSpecifier:
        yield f"it requires speckit_version {wanted!r}, which is no version specifier such as '>=1.0,<2'"
        return
    if not fits:
        yield f"it requires speckit_version {wanted!r}, and Plait follows Spec Kit {SPEC_KIT_LEVEL}"


def _unmet_agents(
    requires: Mapping[object, object], agents: Collection[str], default_agent: str | None
) -> Iterator[str]:
    wanted = requires.get("integrations")
    if wanted is None:
        return
    groups = wanted if isinstance(wanted, dict) else {"all": wanted}
    for group, names in groups.items():
        listed = [names] if isinstance(names, str) else names
        if group not in _GROUPS or not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            yield f"its `requires.integrations` cannot be understood: {group!r}"
            continue
        unknown = [name for name in listed if name not in agents]
        if unknown and (group == "all" or len(unknown) == len(listed)):
            yield f"it requires {group} of the agents {', '.join(listed)}; unknown: {', '.join(unknown)}"
        elif group == "any" and default_agent is not None and default_agent not in listed:
            yield f"it requires one of the agents {', '.join(listed)}, and the project's is {default_agent}"
