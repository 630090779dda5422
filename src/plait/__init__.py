"""Durable, parallel workflows for coding agents.

from plait import WorkflowDefinition, WorkflowEngine

engine = WorkflowEngine()
state = engine.execute(WorkflowDefinition.from_yaml("workflow.yml"), {"name": "value"})
print(state.status, state.outputs)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from plait._version import __version__

if TYPE_CHECKING:
    from plait.api import WorkflowEngine, validate_workflow
    from plait.errors import PlaitError
    from plait.expressions import evaluate_condition, evaluate_expression
    from plait.journal import RunState
    from plait.load import WorkflowDefinition
    from plait.model.fields import StepConfig
    from plait.model.outcome import StepResult
    from plait.model.status import RunStatus, StepStatus
    from plait.model.step_type import StepBase, StepContext
    from plait.runs import RunSummary

__all__ = [
    "PlaitError",
    "RunState",
    "RunStatus",
    "RunSummary",
    "StepBase",
    "StepConfig",
    "StepContext",
    "StepResult",
    "StepStatus",
    "WorkflowDefinition",
    "WorkflowEngine",
    "__version__",
    "evaluate_condition",
    "evaluate_expression",
    "validate_workflow",
]

_HOMES = {
    "PlaitError": "plait.errors",
    "RunState": "plait.journal",
    "RunStatus": "plait.model.status",
    "RunSummary": "plait.runs",
    "StepBase": "plait.model.step_type",
    "StepConfig": "plait.model.fields",
    "StepContext": "plait.model.step_type",
    "StepResult": "plait.model.outcome",
    "StepStatus": "plait.model.status",
    "WorkflowDefinition": "plait.load",
    "WorkflowEngine": "plait.api",
    "evaluate_condition": "plait.expressions",
    "evaluate_expression": "plait.expressions",
    "validate_workflow": "plait.api",
}


def __getattr__(name: str) -> object:
    # `plait --version` must not pay for the whole package, so the names are found when they are asked for.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'plait' has no attribute {name!r}")
    return getattr(import_module(home), name)
