"""What is known of the installed step packages, for those who only want to know (STP-09, STP-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.packages.registry import Registry, RegistryError

if TYPE_CHECKING:
    from plait.packages.project import Project
    from plait.packages.registry import Entry


def registered_steps(project: Project) -> dict[str, Entry]:
    """Return the entries by step type; empty if the registry is missing, damaged, or a link."""
    try:
        return Registry(project, "steps").sound
    except RegistryError:
        return {}
