"""YAML text to a `Workflow`, or to everything that is wrong with it."""

from plait.load.called import FrozenWorkflows
from plait.load.definition import WorkflowDefinition
from plait.load.loader import Loaded, load_block, load_workflow, validate_workflow

__all__ = ["FrozenWorkflows", "Loaded", "WorkflowDefinition", "load_block", "load_workflow", "validate_workflow"]
