"""Where a project keeps what it has installed: the places and names of Spec Kit (FIL-01..18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RESERVED_IDS = frozenset({"overlays", "runs", "steps"})
"""Names in the folder of workflows that are none (FIL-19)."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that holds `.specify/`, or is about to."""

    root: Path

    @property
    def workflows(self) -> Path:
        """The folder of installed workflows, one folder each."""
        return self.root / ".specify" / "workflows"

    @property
    def registry(self) -> Path:
        """What is known of the installed workflows."""
        return self.workflows / "workflow-registry.json"

    @property
    def overlays(self) -> Path:
        """The folder of overlays, one folder a workflow."""
        return self.workflows / "overlays"

    @property
    def steps(self) -> Path:
        """The folder of custom step types, one folder each."""
        return self.workflows / "steps"

    @property
    def step_registry(self) -> Path:
        """What is known of the installed step types."""
        return self.steps / "step-registry.json"

    @property
    def workflow_catalogs(self) -> Path:
        """The project's own list of catalogs of workflows."""
        return self.root / ".specify" / "workflow-catalogs.yml"

    @property
    def step_catalogs(self) -> Path:
        """The project's own list of catalogs of step types."""
        return self.root / ".specify" / "step-catalogs.yml"

    @property
    def install_lock(self) -> Path:
        """The file whose lock keeps two installations apart."""
        return self.root / ".specify" / ".workflow-install.lock"

    @property
    def lock_file(self) -> Path:
        """What the project is pinned to."""
        return self.root / "plait.lock"
