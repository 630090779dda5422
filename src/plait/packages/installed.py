"""Reading the workflows that a project has installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plait.errors import UsageError
from plait.packages.compose import resolve
from plait.packages.registry import installed_workflows, is_disabled
from plait.packages.transaction import settle

if TYPE_CHECKING:
    from plait.load import WorkflowDefinition
    from plait.packages.project import Project


def load_installed(project: Project, workflow_id: str) -> WorkflowDefinition:
    """Return an installed workflow with its overlays, to be run.

    Raises `UsageError` if it is not installed or disabled, `RegistryError` if nobody can tell, and as `resolve` does.
    """
    settle(project)
    if os.sep in workflow_id or not (project.workflows / workflow_id / "workflow.yml").is_file():
        raise UsageError(
            f"no workflow {workflow_id!r} is installed in {project.root}",
            hint="name a .yml file, or the id of an installed workflow",
        )
    require_enabled(project, workflow_id)
    return resolve(project, workflow_id).definition


def require_enabled(project: Project, workflow_id: str) -> None:
    """Raise `UsageError` for an installed workflow that is disabled, `RegistryError` if nobody can tell (ENA-02)."""
    if is_disabled(installed_workflows(project).get(workflow_id, {})):
        raise UsageError(f"workflow {workflow_id!r} is disabled", hint=f"plait enable {workflow_id}")
