"""Where a project keeps what it has installed: the places and names of Spec Kit (FIL-01..18)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.install_lock import INSTALL_LOCK

if TYPE_CHECKING:
    from pathlib import Path

RESERVED_IDS = frozenset({"overlays", "runs", "steps"})
"""Names in the folder of workflows that are none (FIL-19)."""
PACKAGE_ID = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
"""What the ids of workflows and overlays are made of."""


def is_workflow_id(text: str) -> bool:
    """Whether a text can be the id of a workflow."""
    return PACKAGE_ID.fullmatch(text) is not None and text not in RESERVED_IDS


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
    def workflow_schema(self) -> Path:
        """The JSON Schema with which editors check the project's workflow files."""
        return self.root / ".specify" / "workflow.schema.json"

    @property
    def install_lock(self) -> Path:
        """The file whose lock keeps two installations apart."""
        return self.root / INSTALL_LOCK

    @property
    def lock_file(self) -> Path:
        """What the project is pinned to."""
        return self.root / "plait.lock"
