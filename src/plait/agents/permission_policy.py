"""What an agent that asks for permission is told, by the level that the step gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.agents.streams.documents import text_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.model.workflow import Permission

_READING = frozenset({"read", "search", "think"})
_ALLOWED: Mapping[Permission, frozenset[str]] = {
    "read": _READING,
    "edit": _READING | {"edit", "delete", "move", "fetch", "switch_mode"},
}


def allows(permission: Permission, kind: str) -> bool:
    """Return whether a tool of that kind may be used; one of no known kind may with `full` alone."""
    return permission == "full" or kind in _ALLOWED[permission]


def choose(
    permission: Permission, call: Mapping[str, object], options: Sequence[Mapping[str, object]]
) -> tuple[str | None, bool]:
    """Return the id of the option to take, and whether it lets the agent go on.

    An answer that is good for this once is preferred; where nothing fits the id is None, which cancels the call.
    """
    allowed = allows(permission, text_at(call, "kind"))
    for kind in ("allow_once", "allow_always") if allowed else ("reject_once", "reject_always"):
        for option in options:
            if option.get("kind") == kind and (chosen := text_at(option, "optionId")):
                return chosen, allowed
    return None, False
