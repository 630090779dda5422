"""Setting up a project: `.specify`, an agent's commands for spec-driven work, and the workflow that runs them."""

from plait.scaffold.setup import WORKFLOW_ID, Scaffolded, Script, for_folder, scaffold

__all__ = ["WORKFLOW_ID", "Scaffolded", "Script", "for_folder", "scaffold"]
